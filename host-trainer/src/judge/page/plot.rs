//! Plots as SVG without sizes of their own: positions are percentages of the plot's area, so text
//! stays legible at every width, and a script can move a mark without redrawing.

use maud::{Markup, html};

/// Room above the highest value.
const HEADROOM: f64 = 1.06;

/// A scale from 0 on, with marks at round values.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    high: f64,
    ticks: Vec<f64>,
    percent: bool,
}

impl Axis {
    /// From 0 to a little more than `highest`.
    pub(crate) fn to(highest: f64) -> Self {
        let high = if highest > 0.0 { HEADROOM * highest } else { 1.0 };
        let step = round_step(high / 4.0);
        let ticks = (0..).map(|i| f64::from(i) * step).take_while(|&tick| tick <= high).collect();
        Self { high, ticks, percent: false }
    }

    /// Of shares, from 0 to 1.
    pub(crate) fn shares() -> Self {
        Self { high: 1.0, ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0], percent: true }
    }

    /// The highest value.
    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    /// A position from the left, in percent.
    pub(crate) fn x(&self, value: f64) -> f64 {
        (100.0 * value / self.high).clamp(0.0, 100.0)
    }

    /// A position from the top, in percent.
    pub(crate) fn y(&self, value: f64) -> f64 {
        100.0 - self.x(value)
    }

    fn label(&self, tick: f64) -> String {
        if self.percent {
            return format!("{:.0}%", 100.0 * tick);
        }
        // As many digits as the step has.
        let step = self.ticks.get(1).copied().unwrap_or(1.0);
        let digits = (0..6)
            .find(|&d| (step * libm::pow(10.0, f64::from(d)) + 1e-6).fract() < 2e-6)
            .unwrap_or(6);
        format!("{tick:.*}", digits as usize)
    }
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= least).unwrap_or(power)
}

/// A percentage as an attribute.
pub(crate) fn at(percent: f64) -> String {
    format!("{percent:.2}%")
}

/// Lines across the area, and the values beside and below it.
pub(crate) fn grid(x: Option<&Axis>, y: &Axis) -> Markup {
    html! {
        g class="grid" {
            @for &tick in &y.ticks {
                line x1="0" x2="100%" y1=(at(y.y(tick))) y2=(at(y.y(tick))) {}
                text x="-8" y=(at(y.y(tick))) dy="4" text-anchor="end" { (y.label(tick)) }
            }
            @if let Some(x) = x {
                @for &tick in &x.ticks {
                    text x=(at(x.x(tick))) y="100%" dy="20" text-anchor="middle" { (x.label(tick)) }
                }
            }
        }
    }
}

/// The coordinates of a curve for [`stretched`].
pub(crate) fn points(of: impl Iterator<Item = (f64, f64)>) -> String {
    let pairs: Vec<String> = of.map(|(x, y)| format!("{:.1},{:.1}", 10.0 * x, 10.0 * y)).collect();
    pairs.join(" ")
}

/// Curves over the whole area; their coordinates are thousandths of it.
pub(crate) fn stretched(curves: Markup) -> Markup {
    html! {
        svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%" {
            (curves)
        }
    }
}

/// A mark with a name.
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) class: &'static str,
}

/// Labelled marks, whose names do not lie on each other on the narrowest screen either. `height`: of
/// the area, in pixels.
pub(crate) fn labels(mut of: Vec<Label>, height: f64) -> Markup {
    const LINE: f64 = 17.0;
    of.sort_by(|a, b| a.y.total_cmp(&b.y));
    let tops: Vec<f64> = of.iter().map(|label| label.y * height / 100.0).collect();
    let mut places: Vec<f64> = tops.iter().map(|top| top + 4.0).collect();
    let mut free = f64::NEG_INFINITY;
    for place in &mut places {
        *place = place.max(free);
        free = *place + LINE;
    }
    // What was pushed below the area goes up again, and takes the others with it.
    let mut free = height - 4.0;
    for place in places.iter_mut().rev() {
        *place = place.min(free);
        free = *place - LINE;
    }
    html! {
        @for ((label, top), place) in of.iter().zip(&tops).zip(&places) {
            @let (beside, anchor) = if label.x > 45.0 { ("-10", "end") } else { ("10", "start") };
            circle class=(label.class) cx=(at(label.x)) cy=(at(label.y)) r="4.5" {}
            text class="name" x=(at(label.x)) y=(at(label.y)) dx=(beside)
                dy=(format!("{:.1}", place - top)) text-anchor=(anchor) {
                (shortened(&label.text))
            }
        }
    }
}

/// A name that has room beside its mark on a narrow screen.
fn shortened(name: &str) -> String {
    const MOST: usize = 22;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}\u{2026}", name[..end].trim_end()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let axis = Axis::to(0.31);
        assert_eq!(
            axis.ticks.iter().map(|&t| axis.label(t)).collect::<Vec<_>>(),
            ["0.0", "0.1", "0.2", "0.3"]
        );
        assert!((axis.y(0.0) - 100.0).abs() < 1e-9 && axis.y(0.31) > 0.0);
        assert_eq!(Axis::to(0.0).high(), 1.0);
        let small = Axis::to(0.0105);
        assert!(small.ticks.len() >= 3, "{small:?}");
    }

    #[test]
    fn names_do_not_lie_on_each_other() {
        let label = |x, y| Label { text: "n".into(), x, y, class: "" };
        let all = vec![label(0.0, 99.0), label(50.0, 99.5), label(0.0, 98.0)];
        let svg = labels(all, 300.0).into_string();
        let mut places: Vec<f64> = svg
            .split("<text")
            .skip(1)
            .map(|text| {
                let number = |key: &str| {
                    let rest = text.split_once(key).unwrap().1;
                    rest.split(['"', '%']).next().unwrap().parse::<f64>().unwrap()
                };
                3.0 * number(" y=\"") + number(" dy=\"")
            })
            .collect();
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|two| two[1] - two[0] > 16.0), "{places:?}");
        assert!(places.iter().all(|&place| place < 300.0), "{places:?}");
    }
}
