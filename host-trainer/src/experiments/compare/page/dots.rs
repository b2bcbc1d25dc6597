//! Losses with their intervals, drawn in the cells of a table.

use maud::{Markup, html};

use crate::arithmetic::statistics::Estimate;
use crate::judge::page::number::loss;
use crate::judge::page::plot::at;

/// The scale that all cells of a table share. It does not begin at 0: it shows differences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// One that holds all values, with some room.
    pub(super) fn holding(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = (0.03 * (high - low)).max(1e-6);
        Self { low: low - room, high: high + room }
    }

    fn x(self, value: f64) -> String {
        at((100.0 * (value - self.low) / (self.high - self.low)).clamp(0.0, 100.0))
    }

    /// The heading of the column.
    pub(super) fn heading(self) -> String {
        format!("{} to {}", loss(self.low.max(0.0)), loss(self.high))
    }

    /// A dot on its interval, and a line at the reference.
    pub(super) fn cell(self, of: &Estimate, reference: f64) -> Markup {
        html! {
            svg class="dots" aria-hidden="true" {
                line class="reference" x1=(self.x(reference)) x2=(self.x(reference))
                    y1="0" y2="100%" {}
                line class="interval" x1=(self.x(of.low)) x2=(self.x(of.high))
                    y1="50%" y2="50%" {}
                circle class="own" cx=(self.x(of.mean)) cy="50%" r="4" {}
            }
        }
    }
}
