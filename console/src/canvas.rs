//! Cells to bytes: only what changed, in one synchronized update, and nothing at all when nothing changed.

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::io::{self, Write};

const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// A terminal's screen and what is on it.
pub(crate) struct Canvas<W: Write> {
    backend: CrosstermBackend<W>,
    shown: Buffer,
    cursor: Option<Position>,
    /// Nothing on the screen can be relied on.
    is_dirty: bool,
}

impl<W: Write> Canvas<W> {
    pub(crate) fn new(writer: W) -> Self {
        // `NO_COLOR` is the theme's business; crossterm's way of honouring it would take bold and reverse as well.
        crossterm::style::force_color_output(true);
        Self {
            backend: CrosstermBackend::new(writer),
            shown: Buffer::empty(Rect::default()),
            cursor: None,
            is_dirty: true,
        }
    }

    /// Writes everything again at the next frame.
    pub(crate) fn invalidate(&mut self) {
        self.is_dirty = true;
    }

    pub(crate) fn writer(&mut self) -> &mut impl Write {
        &mut self.backend
    }

    /// Shows a frame. Returns whether anything was written.
    pub(crate) fn show(&mut self, next: Buffer, cursor: Option<Position>) -> io::Result<bool> {
        let whole = self.is_dirty || *next.area() != *self.shown.area();
        if !whole && next == self.shown && cursor == self.cursor {
            return Ok(false);
        }
        self.backend.write_all(BEGIN_UPDATE)?;
        self.backend.hide_cursor()?;
        if whole {
            self.shown = Buffer::empty(*next.area());
            self.backend.clear()?;
        }
        self.backend.draw(self.shown.diff(&next).into_iter())?;
        if let Some(at) = cursor {
            self.backend.set_cursor_position(at)?;
            self.backend.show_cursor()?;
        }
        self.backend.write_all(END_UPDATE)?;
        Write::flush(&mut self.backend)?;
        self.shown = next;
        self.cursor = cursor;
        self.is_dirty = false;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_without_change_writes_nothing() {
        let sink = Sink::default();
        let mut canvas = Canvas::new(sink.clone());
        let frame = |text: &str| Buffer::with_lines([text]);
        let at = Some(Position { x: 0, y: 0 });
        assert!(canvas.show(frame("one"), at).unwrap());
        let written = sink.0.borrow().len();
        assert!(!canvas.show(frame("one"), at).unwrap());
        assert_eq!(sink.0.borrow().len(), written);
        assert!(canvas.show(frame("two"), at).unwrap());
        canvas.invalidate();
        assert!(canvas.show(frame("two"), at).unwrap());
        let text = String::from_utf8_lossy(&sink.0.borrow()).into_owned();
        assert_eq!(text.matches("\u{1b}[?2026h").count(), 3);
        assert_eq!(text.matches("\u{1b}[?2026l").count(), 3);
    }
}
