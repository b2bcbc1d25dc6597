//! Who plays which part so far.

use super::facts::Facts;
use super::guessed::Guess;

/// The parts so far.
pub(super) struct Cast<'a> {
    pub(super) columns: &'a [Facts],
    pub(super) taken: Vec<bool>,
    pub(super) guess: Guess,
}

impl<'a> Cast<'a> {
    /// Takes a column, and says why.
    pub(super) fn take(&mut self, column: usize, part: &str, why: &str) -> String {
        self.taken[column] = true;
        let name = self.columns[column].name.clone();
        self.guess.guessed.push(format!("{part}: `{name}` ({why})"));
        name
    }

    /// The columns that play no part yet.
    pub(super) fn free(&self) -> Vec<(usize, &'a Facts)> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|&(column, _)| !self.taken[column]).collect()
    }
}
