//! The deferral loss over the share deferred.

use super::look::{Look, columns};

/// Columns of the area.
const ACROSS: usize = 61;

/// Lines of the area.
const DOWN: usize = 7;

/// Each line has an upper and a lower half.
const LEVELS: usize = 2 * DOWN;

/// A constant has up to three points: nobody, itself, everybody. There is no curve then.
const FEWEST: usize = 3;

/// What a chart shows. A point is a share deferred, 0 to 1, with the mean deferral loss there.
#[derive(Debug, Clone)]
pub(crate) struct Curve<'a> {
    /// In the order of rising deferral.
    pub(crate) points: &'a [(f64, f64)],
    /// The point that is used.
    pub(crate) own: (f64, f64),
    /// The best single expert, with its deferral loss.
    pub(crate) best_single: (&'a str, f64),
}

/// The chart, or nothing if there is no curve to see.
pub(crate) fn curve(curve: &Curve<'_>, look: Look) -> String {
    let Curve { points, own, best_single: (best, best_loss) } = *curve;
    if points.len() <= FEWEST {
        return String::new();
    }
    let scale = Scale::new(points.iter().map(|&(_, loss)| loss).chain([own.1, best_loss]));
    let mut area = vec![[' '; ACROSS]; DOWN];
    area[scale.level(best_loss) / 2] = ['-'; ACROSS];
    let seen = (0..ACROSS)
        .filter_map(|column| Some((column, between(points, column as f64 / (ACROSS - 1) as f64)?)));
    for (column, loss) in seen {
        let level = scale.level(loss);
        area[level / 2][column] = half(level.is_multiple_of(2), look);
    }
    let at = (scale.level(own.1) / 2, across(own.0));
    let mut text = "deferral loss by share deferred\n".to_owned();
    for (line, cells) in area.iter().enumerate() {
        let label = match line {
            0 => format!("{:.4}", scale.high),
            line if line == DOWN - 1 => format!("{:.4}", scale.low),
            _ => String::new(),
        };
        let cells: String = cells.iter().collect();
        let cells = if line == at.0 {
            let part = |from: usize, to: usize| cells.chars().take(to).skip(from);
            let (before, after) = (part(0, at.1), part(at.1 + 1, ACROSS));
            let after: String = after.collect();
            format!("{}{}{}", before.collect::<String>(), look.strong("X"), after.trim_end())
        } else {
            cells.trim_end().to_owned()
        };
        text += format!("{label:>9} |{cells}").trim_end();
        text.push('\n');
    }
    text += &format!("{:>9} +{}\n", "", "-".repeat(ACROSS));
    let mut ticks = String::new();
    for (share, name) in [(0.0, "0%"), (0.25, "25%"), (0.5, "50%"), (0.75, "75%"), (1.0, "100%")] {
        // The middle of the name under its place.
        let place = 11 + across(share) - columns(name) / 2;
        ticks += &format!("{:1$}{name}", "", place - columns(&ticks));
    }
    let (share, loss) = (100.0 * own.0, own.1);
    text + &format!(
        "{ticks}\n{:11}X this image: {share:.1}% deferred, deferral loss {loss:.4}\n{:11}--- always \
         {best}, the best single expert: {best_loss:.4}\n",
        "", ""
    )
}

/// From the lowest to the highest loss.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn new(losses: impl Iterator<Item = f64>) -> Self {
        let (low, high) = losses.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| {
            (f64::min(low, loss), f64::max(high, loss))
        });
        Self { low, high }
    }

    /// The half line, from the top.
    fn level(&self, loss: f64) -> usize {
        let range = self.high - self.low;
        let share = if range > 0.0 { (self.high - loss) / range } else { 0.5 };
        (libm::round(share * (LEVELS - 1) as f64) as usize).min(LEVELS - 1)
    }
}

/// The column of a share.
fn across(share: f64) -> usize {
    (libm::round(share * (ACROSS - 1) as f64) as usize).min(ACROSS - 1)
}

/// The loss on the straight line between the two points beside a share.
fn between(points: &[(f64, f64)], share: f64) -> Option<f64> {
    let after = points.partition_point(|&(rate, _)| rate < share);
    let &(right, above) = points.get(after)?;
    let Some(&(left, below)) = after.checked_sub(1).and_then(|before| points.get(before)) else {
        return (right <= share).then_some(above);
    };
    Some(below + (above - below) * (share - left) / (right - left))
}

/// A mark in the upper or the lower half of a line.
fn half(upper: bool, look: Look) -> char {
    match (look.blocks, upper) {
        (true, true) => '\u{2580}',
        (true, false) => '\u{2584}',
        (false, true) => '\'',
        (false, false) => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::super::look::WIDTH;
    use super::*;

    fn chart(look: Look) -> String {
        let points: Vec<(f64, f64)> =
            (0..=40).map(|i| f64::from(i) / 40.0).map(|x| (x, 0.2 + (x - 0.6).powi(2))).collect();
        let best_single = ("an expert with a name", 0.3);
        curve(&Curve { points: &points, own: (0.6, 0.2), best_single }, look)
    }

    #[test]
    fn the_curve_falls_and_rises_and_the_point_stands_in_it() {
        let text = chart(Look::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + DOWN + 4, "{text}");
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{text}");
        // The highest loss is that of deferring nothing, the lowest that of the point.
        assert!(lines[1].starts_with("   0.5600 |'"), "{text}");
        assert!(lines[DOWN].starts_with("   0.2000 |"), "{text}");
        assert_eq!(lines[DOWN].find('X'), Some(11 + 36), "{text}");
        assert_eq!(text.matches('X').count(), 2, "{text}");
        assert_eq!(lines[DOWN + 2].find("50%"), Some(11 + 30 - 1), "{text}");
        assert!(text.contains("X this image: 60.0% deferred, deferral loss 0.2000"), "{text}");
        assert!(lines[5].contains("---") && text.contains("best single expert: 0.3000"), "{text}");
        assert!(text.is_ascii(), "{text}");
    }

    #[test]
    fn blocks_and_colours_only_where_they_are_shown() {
        let blocks = chart(Look { blocks: true, colours: false });
        assert!(blocks.contains('\u{2580}') && !blocks.contains('\u{1b}'), "{blocks}");
        let colours = chart(Look { blocks: false, colours: true });
        assert_eq!(colours.matches("\u{1b}[1;36mX\u{1b}[0m").count(), 1, "{colours}");
        assert!(colours.replace("\u{1b}[1;36mX\u{1b}[0m", "X") == chart(Look::PLAIN));
    }

    #[test]
    fn a_constant_has_no_curve() {
        let points = [(0.0, 0.3), (0.0, 0.3), (1.0, 0.2)];
        let constant = Curve { points: &points, own: (0.0, 0.3), best_single: ("local", 0.3) };
        assert_eq!(curve(&constant, Look::PLAIN), "");
    }

    #[test]
    fn a_share_between_two_points_lies_on_their_line() {
        let points = [(0.0, 1.0), (0.5, 0.0), (0.5, 0.25), (1.0, 1.0)];
        assert_eq!(between(&points, 0.0), Some(1.0));
        assert_eq!(between(&points, 0.25), Some(0.5));
        assert_eq!(between(&points, 0.5), Some(0.0));
        assert_eq!(between(&points, 0.75), Some(0.625));
        assert_eq!(between(&points[1..], 0.25), None);
        assert_eq!(between(&points[..2], 0.75), None);
    }
}
