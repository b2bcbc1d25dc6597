//! Cells that follow the handles: one text for each operating point, and where the image has
//! probabilities also what they count, so that the script can count anew at other prices.

use maud::{Markup, html};

use super::measures::{Groups, Measure};
use super::points::{Point, Points};
use super::prices::{Block, Prices};
use crate::data::part::Part;
use crate::judge::page::number::percent;
use crate::judge::page::plot::at;

/// Texts that a page holds at most, so that it stays small however many classes and experts there
/// are.
const MOST_TEXTS: usize = 60_000;

/// All cells of a page.
pub(super) struct Live {
    texts: Vec<Vec<String>>,
    own: usize,
    /// What the script needs for other prices, if it can change them.
    pub(super) prices: Option<Prices>,
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
    pub(super) fn new(points: &Points, prices: Option<Prices>) -> Self {
        Self { texts: Vec::new(), own: points.own, prices }
    }

    /// The texts, cell by cell.
    pub(super) fn texts(&self) -> &[Vec<String>] {
        &self.texts
    }

    /// Cells of shares: for each group all measures. Whether they follow the handles depends on
    /// the room that is left.
    pub(super) fn shares(
        &mut self,
        points: &Points,
        part: &Part,
        groups: &Groups<'_>,
        measures: &[Measure],
    ) -> Table {
        let divisions: Vec<&[Vec<usize>]> = match *groups {
            Groups::Fixed(divisions) => divisions.to_vec(),
            Groups::Cheapest(groups) => vec![groups],
        };
        let shares = |point: &Point| -> Vec<Option<f64>> {
            let groups = divisions.iter().flat_map(|groups| groups.iter().enumerate());
            let of_group = |(group, rows): (usize, &Vec<usize>)| {
                measures.iter().map(move |one| one.of(part, point, group, rows)).collect::<Vec<_>>()
            };
            groups.flat_map(of_group).collect()
        };
        let own = shares(points.own());
        let used = self.texts.len() * points.list.len();
        let follows = points.list.len() > 1 && used + own.len() * points.list.len() <= MOST_TEXTS;
        let first = self.texts.len();
        if follows {
            let at: Vec<Vec<Option<f64>>> = points.list.iter().map(&shares).collect();
            let cells = 0..own.len();
            self.texts.extend(cells.map(|cell| at.iter().map(|of| text(of[cell])).collect()));
        }
        let follows_prices = follows
            && self.prices.as_mut().is_none_or(|prices| prices.follow(first, groups, measures));
        let cell = |(index, &share): (usize, &Option<f64>)| Cell {
            index: follows.then_some(first + index),
            text: text(share),
            share: share.unwrap_or(0.0),
        };
        Table { cells: own.iter().enumerate().map(cell).collect(), follows, follows_prices }
    }

    /// The figures of the operating point, one text each.
    pub(super) fn figures(
        &mut self,
        points: &Points,
        figures: &[&dyn Fn(&Point) -> String],
    ) -> Vec<Cell> {
        let first = self.texts.len();
        if let Some(prices) = &mut self.prices {
            prices.blocks.push(Block::figures(first));
        }
        let cell = |(place, figure): (usize, &&dyn Fn(&Point) -> String)| {
            self.texts.push(points.list.iter().map(figure).collect());
            let text = self.texts[first + place][self.own].clone();
            Cell { index: Some(first + place), text, share: 0.0 }
        };
        figures.iter().enumerate().map(cell).collect()
    }
}

/// Cells that belong together.
pub(super) struct Table {
    pub(super) cells: Vec<Cell>,
    /// Whether they follow the operating point.
    pub(super) follows: bool,
    /// Whether they follow the prices, where these can be changed.
    pub(super) follows_prices: bool,
}

impl Table {
    /// What the table does not follow.
    pub(super) fn note(&self) -> Markup {
        html! {
            @if !self.follows {
                p class="note" { "At the image\u{2019}s own threshold and prices." }
            } @else if !self.follows_prices {
                p class="note" { "At the image\u{2019}s own prices." }
            }
        }
    }
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
