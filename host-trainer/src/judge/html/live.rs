//! Cells that follow the handle: one text for each operating point.

use maud::{Markup, html};
use serde::Serialize;

use super::points::{Point, Points};
use crate::judge::page::number::percent;
use crate::judge::page::plot::at;

/// Texts that a page holds at most, so that it stays small however many classes and experts there
/// are.
const MOST_TEXTS: usize = 60_000;

/// All cells of a page.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Live {
    texts: Vec<Vec<String>>,
    #[serde(skip)]
    own: usize,
}

/// A cell, and what it shows at the image's own threshold.
#[derive(Clone)]
pub(super) struct Cell {
    /// None: it stays as it is.
    index: Option<usize>,
    text: String,
    /// The share behind the text, 0 to 1, which tints it.
    share: f64,
}

impl Live {
    pub(super) fn new(points: &Points) -> Self {
        Self { texts: Vec::new(), own: points.own }
    }

    /// Cells of shares. `shares` says those of one point, always in the same order. Whether they
    /// follow the handle depends on the room that is left.
    pub(super) fn shares(
        &mut self,
        points: &Points,
        shares: impl Fn(&Point) -> Vec<Option<f64>>,
    ) -> Table {
        let own = shares(points.own());
        let used = self.texts.len() * points.list.len();
        let follows = points.list.len() > 1 && used + own.len() * points.list.len() <= MOST_TEXTS;
        let first = self.texts.len();
        if follows {
            let at: Vec<Vec<Option<f64>>> = points.list.iter().map(&shares).collect();
            let cells = 0..own.len();
            self.texts.extend(cells.map(|cell| at.iter().map(|of| text(of[cell])).collect()));
        }
        let cell = |(index, &share): (usize, &Option<f64>)| Cell {
            index: follows.then_some(first + index),
            text: text(share),
            share: share.unwrap_or(0.0),
        };
        Table { cells: own.iter().enumerate().map(cell).collect(), follows }
    }

    /// One cell with other texts than shares.
    pub(super) fn texts(&mut self, points: &Points, text: impl Fn(&Point) -> String) -> Cell {
        self.texts.push(points.list.iter().map(text).collect());
        let index = self.texts.len() - 1;
        Cell { index: Some(index), text: self.texts[index][self.own].clone(), share: 0.0 }
    }
}

/// Cells that belong together.
pub(super) struct Table {
    pub(super) cells: Vec<Cell>,
    /// Whether they follow the handle.
    pub(super) follows: bool,
}

fn text(share: Option<f64>) -> String {
    share.map_or_else(|| "\u{2013}".to_owned(), percent)
}

impl Cell {
    /// The text, which the script may replace.
    pub(super) fn span(&self) -> Markup {
        html! { span data-live=[self.index] { (self.text) } }
    }

    /// A cell of a table, tinted by its share.
    pub(super) fn tinted(&self) -> Markup {
        let tint = format!("n t{:.0}", (10.0 * self.share).clamp(0.0, 10.0));
        html! { td class=(tint) data-live=[self.index] { (self.text) } }
    }

    /// A cell of a table.
    pub(super) fn plain(&self) -> Markup {
        html! { td class="n" data-live=[self.index] { (self.text) } }
    }

    /// A bar that is as high as the share. `x` and `width` are percentages.
    pub(super) fn bar(&self, x: f64, width: f64) -> Markup {
        let height = 100.0 * self.share;
        html! {
            rect data-bar=[self.index] x=(at(x)) width=(at(width))
                y=(at(100.0 - height)) height=(at(height)) {}
        }
    }

    /// A bar that is as long as the share.
    pub(super) fn strip(&self) -> Markup {
        html! {
            rect data-strip=[self.index] x="0" y="0" height="100%"
                width=(at(100.0 * self.share)) {}
        }
    }
}
