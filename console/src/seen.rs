//! What its user has seen of the screen. What comes by itself is drawn before a key is about it: no difference is applied, no
//! password closed and nothing done to a row that was on no frame yet.

use crate::app::{App, Asked, Overlay, Screen, Target};

/// What the daemon, and not a key, changed since the last frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// Something else lies on top.
    pub(crate) overlay: bool,
    /// Another row of the list is selected.
    pub(crate) row: bool,
}

impl App {
    /// A frame shows all of it.
    pub(crate) fn saw(&mut self) {
        self.unseen = Unseen::default();
    }

    /// Lays what came by itself over the screen. What is typed, asked or told once stays on top; this waits until it is gone.
    pub(crate) fn lay(&mut self, overlay: Overlay) {
        match self.overlay {
            None | Some(Overlay::Text { .. } | Overlay::Help { .. }) => {
                self.overlay = Some(overlay);
                self.unseen.overlay = true;
            }
            Some(_) => self.later.push_back(overlay),
        }
    }

    /// Lays what waited, once there is room for it.
    pub(crate) fn lay_next(&mut self) {
        if self.overlay.is_none()
            && let Some(next) = self.later.pop_front()
        {
            self.lay(next);
        }
    }

    /// The row that the list on screen has selected.
    pub(crate) fn row_in_view(&self) -> Option<String> {
        let Screen::List(list) = self.screen else { return None };
        self.selected(list).map(str::to_owned)
    }

    /// Whether a verb would be done to a row that its user has not seen selected. What is heard is theirs wherever the
    /// selection stands.
    pub(crate) fn is_blind(&self, asked: &Asked) -> bool {
        self.unseen.row && !matches!(asked.target, Target::Heard { .. } | Target::Daemon)
    }
}
