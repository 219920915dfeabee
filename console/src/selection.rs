//! The rows of the list on screen, and which of them is selected.

use crate::app::{App, Overlay, Screen};
use crate::filter::Filter;
use crate::rows::{self, List, Row, Sort};
use std::borrow::Cow;
use std::collections::HashMap;

impl App {
    /// The rows of a list as they are shown now.
    pub(crate) fn rows(&self, list: List, now_ms: i64) -> Vec<Row> {
        let Some(state) = self.lists.get(&list) else { return Vec::new() };
        #[cfg(test)]
        self.rows_made.set(self.rows_made.get() + 1);
        let filter = Filter::new(&state.filter);
        let form = self.form(now_ms);
        let mut rows = rows::rows(list, &self.model, self.board(), form, &filter, state.sort);
        if let Some(queue) = &state.scope {
            rows.retain(|row| row.fields.iter().any(|(field, value)| *field == "queue" && value == queue));
        }
        // While a question is open the list keeps its order.
        if let Some(Overlay::Confirm(asked)) = &self.overlay {
            let known = asked.order.iter().enumerate().map(|(at, id)| (id.as_str(), at));
            let places: HashMap<&str, usize> = known.collect();
            rows.sort_by_cached_key(|row| places.get(row.id.as_str()).copied().unwrap_or(usize::MAX));
        }
        rows
    }

    /// The same as they were when the screen was last brought in line; made anew for a list that is not on it.
    pub(crate) fn rows_shown(&self, list: List, now_ms: i64) -> Cow<'_, [Row]> {
        match &self.shown {
            Some((shown, rows)) if *shown == list => Cow::Borrowed(rows),
            _ => Cow::Owned(self.rows(list, now_ms)),
        }
    }

    /// Rows of the list that are visible at once.
    pub(crate) fn page(&self) -> usize {
        let layout = self.layout();
        let title = u16::from(!layout.is_compact);
        usize::from(layout.list.height.saturating_sub(title)).max(1)
    }

    /// Brings selection and scroll of the list on screen in line with its rows.
    pub(crate) fn settle(&mut self, now_ms: i64) {
        let Screen::List(list) = self.screen else {
            self.shown = None;
            return;
        };
        let rows = match self.shown.take() {
            Some((shown, rows)) if shown == list && self.only_moves => rows,
            _ => self.rows(list, now_ms),
        };
        let page = self.page();
        let mut rested = false;
        if let Some(state) = self.lists.get_mut(&list) {
            let before = state.selected.clone();
            let found = state.selected.as_ref().and_then(|id| rows.iter().position(|row| &row.id == id));
            let last = rows.len().saturating_sub(1);
            state.index = match found {
                _ if state.follows => last,
                Some(index) => index,
                None => state.index.min(last),
            };
            state.selected = rows.get(state.index).map(|row| row.id.clone());
            state.top = scrolled(state.top, state.index, page, rows.len());
            rested = before != state.selected;
        }
        if rested {
            self.rested_ms = now_ms;
        }
        self.shown = Some((list, rows));
    }

    /// Moves the selection of the list on screen to a row.
    pub(crate) fn select_index(&mut self, list: List, index: usize, now_ms: i64) {
        let rows = self.rows_shown(list, now_ms);
        let last = rows.len().saturating_sub(1);
        let index = index.min(last);
        let selected = rows.get(index).map(|row| row.id.clone());
        if let Some(state) = self.lists.get_mut(&list) {
            (state.index, state.selected) = (index, selected);
            state.follows = list == List::Log && state.index == last && state.sort == Sort::default();
        }
        self.rested_ms = now_ms;
    }

    pub(crate) fn selected_index(&self, list: List) -> usize {
        self.lists.get(&list).map_or(0, |state| state.index)
    }

    pub(crate) fn selected(&self, list: List) -> Option<&str> {
        self.lists.get(&list).and_then(|state| state.selected.as_deref())
    }
}

/// The first row shown, so that row `index` is among the `page` visible ones and no room is left over.
pub(crate) fn scrolled(top: usize, index: usize, page: usize, count: usize) -> usize {
    let lowest = index.saturating_sub(page.saturating_sub(1));
    top.clamp(lowest, index.max(lowest)).min(count.saturating_sub(page))
}
