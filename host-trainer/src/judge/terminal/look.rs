//! What a terminal can show.

use unicode_width::UnicodeWidthStr as _;

/// The columns of text. It does not depend on the terminal, so that a file holds what a screen
/// shows.
pub(crate) const WIDTH: usize = 80;

/// What a place can show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Block characters; or else ASCII.
    pub(crate) blocks: bool,
    /// Colours.
    pub(crate) colours: bool,
}

impl Look {
    /// ASCII without colours, for pipes and files.
    pub(crate) const PLAIN: Self = Self { blocks: false, colours: false };

    /// A text that stands out.
    pub(super) fn strong(self, text: &str) -> String {
        if self.colours { format!("\u{1b}[1;36m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}
