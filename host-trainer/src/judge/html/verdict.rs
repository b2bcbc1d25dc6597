//! The verdict: one sentence with its uncertainty, what it rests on, and what would help.

use maud::{Markup, html};

use super::splits::Splits;
use super::subject::Subject;
use crate::arithmetic::statistics::Estimate;
use crate::data::reference::best_single;
use crate::judge::evaluate::{RowFigures, resamples};
use crate::judge::page::number::{about, and, count, counted, interval, loss, percent};
use crate::judge::report::imbalance::cheapest_right_of;

/// What an image turned out to be worth, beside the best single expert on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The log has no test rows.
    Unknown,
    /// It always asks the same expert.
    Constant(usize),
    /// The whole interval of the gain is above 0.
    Pays,
    /// The interval contains 0.
    Unproven,
    /// The whole interval is below 0.
    Costs,
}

fn kind(subject: &Subject<'_>) -> Kind {
    let own = subject.points.own();
    if subject.evaluation.rows == 0 {
        return Kind::Unknown;
    }
    match (own.constant(), own.gain) {
        (Some(expert), _) => Kind::Constant(expert),
        (None, Estimate { low, .. }) if low > 0.0 => Kind::Pays,
        (None, Estimate { high, .. }) if high < 0.0 => Kind::Costs,
        _ => Kind::Unproven,
    }
}

/// The headline.
pub(super) fn headline(subject: &Subject<'_>) -> String {
    let own = subject.points.own();
    let Estimate { mean, low, high } = own.gain;
    let reference = subject.evaluation.best_single_loss;
    // As a share of what the best single expert costs, where no end of the interval is more than all
    // of it.
    let (size, range) = if reference > 1e-6 && high <= reference {
        let share = |gain: f64| gain / reference;
        let ends = |a: f64, b: f64| format!("{} to {}", signed(share(a)), signed(share(b)));
        (about(share(mean)), if mean < 0.0 { ends(-high, -low) } else { ends(low, high) })
    } else {
        (loss(mean.abs()), interval(low, high))
    };
    let best = format!("always {}", subject.name(subject.best));
    let of = own.deferral_loss;
    let costs = format!(
        "deferral loss {}, 95\u{a0}% interval {}",
        loss(of.mean),
        interval(of.low, of.high)
    );
    match kind(subject) {
        Kind::Unknown => "Nothing is known: the log has no test rows".into(),
        Kind::Constant(0) => {
            format!("Nothing to gain from asking: the device answers every input itself ({costs})")
        }
        Kind::Constant(k) => {
            format!("Always ask {}: no rule was clearly better ({costs})", subject.name(k))
        }
        Kind::Pays => format!(
            "Choosing whom to ask pays: the deferral loss is {size} below that of {best}, the best \
             single choice (95\u{a0}% interval: {range})"
        ),
        Kind::Unproven if mean < 0.0 => format!(
            "No gain is proven: the deferral loss is {size} above that of {best}, and the \
             95\u{a0}% interval, {range}, contains 0"
        ),
        Kind::Unproven => format!(
            "Not proven yet: the deferral loss is {size} below that of {best}, but the 95\u{a0}% \
             interval, {range}, contains 0"
        ),
        Kind::Costs => format!(
            "Choosing whom to ask does not pay here: the deferral loss is {size} above that of \
             {best} (95\u{a0}% interval: {range})"
        ),
    }
}

fn signed(share: f64) -> String {
    let text = about(share);
    if share < 0.0 && !text.starts_with('0') { format!("\u{2212}{text}") } else { text }
}

/// The section.
pub(super) fn section(subject: &Subject<'_>, splits: &Splits) -> Markup {
    let helps = helps(subject, splits);
    html! {
        section class="verdict" aria-labelledby="verdict" {
            h1 id="verdict" { (headline(subject)) "." }
            @for sentence in grounds(subject) { p class="lead" { (sentence) } }
            p class="say" {
                "Deferral loss is the mean of error plus price, in units of one error; lower is \
                 better. All figures are for rows that training has not seen, decided with the \
                 device\u{2019}s integers."
            }
            h2 { "What would make it better" }
            ul class="helps" { @for help in &helps { li { (help) } } }
        }
    }
}

/// What the headline rests on.
fn grounds(subject: &Subject<'_>) -> Vec<String> {
    let own = subject.points.own();
    let evaluation = &subject.evaluation;
    let best = subject.name(subject.best);
    let Estimate { low, high, .. } = own.deferral_loss;
    let costs = format!(
        "An input costs {} in error plus price (95\u{a0}% interval {})",
        loss(evaluation.deferral_loss),
        interval(low, high),
    );
    let mut sentences = Vec::new();
    if evaluation.rows == 0 {
        return sentences;
    }
    match own.constant() {
        Some(expert) => {
            let rows = counted(evaluation.rows, "test row");
            sentences.push(format!("{costs}, measured on {rows}."));
            let reason = subject.facts.as_ref().and_then(|facts| facts.reason.as_ref());
            sentences.extend(reason.map(|reason| format!("Why no rule was taken: {reason}.")));
            let refused =
                subject.facts.as_ref().and_then(|facts| facts.policy.as_ref()?.refused.as_ref());
            if let Some(reason) = refused {
                sentences.push(format!(
                    "The limits of the policy cannot be promised, so the image always takes the \
                     fallback: {reason}."
                ));
            }
            if expert != subject.best {
                sentences.push(format!(
                    "On these rows, always {best} would have cost {}; the rows that training saw \
                     favoured another expert.",
                    loss(evaluation.best_single_loss),
                ));
            }
        }
        None => {
            sentences.push(format!(
                "On {}, {}.",
                counted(evaluation.rows, "test row"),
                whom(subject)
            ));
            sentences.push(format!(
                "{costs}; always {best} costs {}. The difference is {} (95\u{a0}% interval {}).",
                loss(evaluation.best_single_loss),
                loss(own.gain.mean.abs()),
                if own.gain.mean < 0.0 {
                    interval(-own.gain.high, -own.gain.low)
                } else {
                    interval(own.gain.low, own.gain.high)
                },
            ));
            sentences.extend(bill(subject));
        }
    }
    sentences
}

/// Whom the image asks how often.
fn whom(subject: &Subject<'_>) -> String {
    const NAMED: usize = 5;
    let shares = &subject.points.own().shares;
    let mut asked: Vec<usize> = (1..shares.len()).filter(|&k| shares[k] > 0.0).collect();
    asked.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    let mut parts: Vec<String> = asked
        .iter()
        .take(NAMED)
        .map(|&k| format!("{} on {}", subject.name(k), percent(shares[k])))
        .collect();
    if asked.len() > NAMED {
        let rest: f64 = asked[NAMED..].iter().map(|&k| shares[k]).sum();
        parts.push(format!("{} others on {}", asked.len() - NAMED, percent(rest)));
    }
    format!("the image answers {} by itself and asks {}", percent(shares[0]), and(&parts))
}

/// What is saved against always asking the most accurate expert.
fn bill(subject: &Subject<'_>) -> Option<String> {
    let part = subject.part();
    let right = |k: usize| {
        1.0 - crate::arithmetic::statistics::mean(
            &part.errors().column(k).map(|&error| f64::from(error)).collect::<Vec<_>>(),
        )
    };
    let accurate =
        (0..part.experts()).max_by(|&a, &b| right(a).total_cmp(&right(b)).then(b.cmp(&a)))?;
    let always = RowFigures::new(part, &vec![accurate; part.rows()]);
    let bill = crate::arithmetic::statistics::mean(&always.price);
    if accurate == 0 || bill <= 0.0 {
        return None;
    }
    let own: Vec<usize> = subject.choices().iter().map(|&k| usize::from(k)).collect();
    let own = RowFigures::new(part, &own);
    let pairs = own.accuracy.iter().zip(&always.accuracy);
    let differences: Vec<f64> = pairs.map(|(own, always)| own - always).collect();
    let Estimate { mean, low, high } = resamples(part, subject.seed).estimate(&differences);
    let points = |share: f64| {
        let text = format!("{:.1}", (100.0 * share).abs());
        if share < 0.0 && text != "0.0" { format!("\u{2212}{text}") } else { text }
    };
    let share = 1.0 - subject.evaluation.price / bill;
    let saved = if share >= 0.0 {
        format!("saves {} of the bill", about(share))
    } else {
        format!("costs {} more", about(share))
    };
    let right = if low <= 0.0 && high >= 0.0 {
        format!(
            "is right about as often ({} points of difference, interval {} to {})",
            points(mean),
            points(low),
            points(high)
        )
    } else {
        let word = if mean < 0.0 { "less" } else { "more" };
        let (a, b) = if mean < 0.0 { (-high, -low) } else { (low, high) };
        format!(
            "is right {} points {word} often (interval {} to {})",
            points(mean.abs()),
            points(a),
            points(b)
        )
    };
    Some(format!(
        "Compared with always asking {}, the most accurate expert, it {saved} and {right}.",
        subject.name(accurate)
    ))
}

/// What would make the result better, the most telling first.
fn helps(subject: &Subject<'_>, splits: &Splits) -> Vec<String> {
    /// Less than this is little, in units of one error.
    const LITTLE: f64 = 0.005;
    let evaluation = &subject.evaluation;
    let own = subject.points.own();
    let mut helps = Vec::new();
    if let Some((calibration, test)) = splits.drift() {
        helps.push(format!(
            "Newer rows. The test rows cost clearly more than the calibration rows ({} against \
             {}): the log drifts, or its splits are not alike. Train again on rows that are like \
             future inputs; a governor on the device flags such a change.",
            loss(test.deferral_loss.mean),
            loss(calibration.deferral_loss.mean),
        ));
    }
    let most = evaluation.best_single_loss - evaluation.oracle_loss;
    if most < LITTLE {
        helps.push(format!(
            "Nothing in the choice of experts: even a rule that knew every answer beforehand would \
             gain only {}.",
            loss(most)
        ));
    } else {
        let won = own.gain.mean / most;
        let won = match won {
            w if w <= 0.005 => "This image gains none of that".to_owned(),
            w => format!("This image gains {} of that", about(w)),
        };
        helps.push(format!(
            "Features that tell more about who is right. A rule that knew every answer beforehand \
             would cost {}, which is {} below the best single choice. {won}; no rule can gain all \
             of it.",
            loss(evaluation.oracle_loss),
            loss(most),
        ));
    }
    let rows = rows_that_tell(evaluation.rows, own.gain);
    if kind(subject) == Kind::Unproven
        && splits.drift().is_none()
        && let Some(rows) = rows
    {
        helps.push(format!(
            "More test rows: if the true difference is as large as it looks, about {} rows would \
             tell it from 0.",
            count(rows)
        ));
    }
    let part = subject.part();
    let nobody = (0..part.rows()).filter(|&row| cheapest_right_of(part, row).is_none()).count();
    let nobody = nobody as f64 / part.rows().max(1) as f64;
    if nobody >= 0.02 {
        helps.push(format!(
            "Another expert, or better ones: on {} of the test rows, no expert is right.",
            percent(nobody)
        ));
    }
    let seen = subject.data.train.rows() + subject.data.calibration.rows();
    if seen < 600 {
        helps.push(format!("More rows to learn from: there are only {}.", count(seen)));
    }
    let idle: Vec<String> = (1..own.shares.len())
        .filter(|&k| own.constant().is_none() && own.shares[k] < 0.001)
        .map(|k| subject.name(k).to_owned())
        .collect();
    if !idle.is_empty() {
        let (verb, its) = if idle.len() == 1 { ("is", "its") } else { ("are", "their") };
        helps.push(format!(
            "A lower price for {0}: at {its} present price, {0} {verb} hardly ever worth asking, \
             and could be left out.",
            and(&idle)
        ));
    }
    let before = best_single(&subject.data.calibration);
    if before != subject.best && splits.drift().is_none() {
        helps.push(format!(
            "Knowing the best single choice beforehand: on the calibration rows it is always {}, \
             on the test rows always {}. The comparison above is with the latter, which is harder \
             to beat.",
            subject.name(before),
            subject.name(subject.best),
        ));
    }
    helps
}

/// About how many rows would tell a gain from 0, if it is what it looks like; none if nobody would
/// collect so many.
fn rows_that_tell(rows: usize, gain: Estimate) -> Option<usize> {
    /// Times the rows at hand.
    const MOST: f64 = 20.0;
    let ratio = 0.5 * (gain.high - gain.low) / gain.mean;
    let times = ratio * ratio;
    (gain.mean > 0.0 && times <= MOST).then(|| round_up((rows as f64 * times).ceil() as usize))
}

/// Two digits, rounded up.
fn round_up(rows: usize) -> usize {
    let mut unit = 1;
    while rows / unit >= 100 {
        unit *= 10;
    }
    rows.div_ceil(unit) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_needed_are_round() {
        assert_eq!([7, 99, 101, 12_345].map(round_up), [7, 99, 110, 13_000]);
        let gain = |mean, low, high| Estimate { mean, low, high };
        assert_eq!(rows_that_tell(400, gain(0.01, -0.01, 0.03)), Some(1_600));
        assert_eq!(rows_that_tell(400, gain(0.001, -0.1, 0.1)), None);
        assert_eq!(rows_that_tell(400, gain(-0.01, -0.03, 0.01)), None);
    }

    #[test]
    fn shares_have_a_sign_unless_they_are_nothing() {
        assert_eq!((signed(-0.05), signed(0.3)), ("\u{2212}5.0\u{a0}%".into(), "30\u{a0}%".into()));
    }
}
