//! The margins that are compared, and what stands beside them.

use crate::loss::{ClassBalanced, Form, Loss, Margins, Mild, RhoRule, TwoStage};

/// The name of equal margins, which all others are compared with.
pub(super) const EQUAL: &str = "equal";

/// What is compared with them.
pub(super) enum Way {
    /// A network with a loss of its own.
    Loss(Loss),
    /// The network of equal margins with the logarithm of each expert's share of cheapest choices
    /// taken from its scores.
    LogitAdjustment,
}

/// All ways, equal margins of 1 first. Beside the margins stand their controls, other things that
/// may make the difference: equal margins of another size, which are the same as another scale of
/// the scores, and equal margins with an optimiser that begins anew where it does for `balance`.
pub(super) fn ways() -> Vec<(String, Way)> {
    const THIRD: f64 = 1.0 / 3.0;
    let of = |form, margins| Way::Loss(Mild { form, margins }.into());
    let equal = Margins::PLAIN;
    let balance = Margins { rule: RhoRule::Balance, gamma: 0.5, ..equal };
    let rules = [
        ("count^-1/3", Margins { gamma: -THIRD, ..equal }),
        ("count^1/3", Margins { gamma: THIRD, ..equal }),
        ("mass^1/3", Margins { rule: RhoRule::Mass, gamma: THIRD, ..equal }),
        ("spread^1/3", Margins { rule: RhoRule::Spread, gamma: THIRD, ..equal }),
        ("balance", balance),
    ];
    let mut ways = vec![(EQUAL.to_owned(), Way::Loss(TwoStage::LOG.into()))];
    for form in [Form::N, Form::I] {
        ways.extend(rules.map(|(name, margins)| (format!("{form}:{name}"), of(form, margins))));
    }
    // Where all experts count as rare they share one margin.
    let anew = Margins { min_wins: usize::MAX, ..balance };
    let controls = [
        ("equal-of-0.3", of(Form::N, Margins { rho_bar: 0.3, ..equal })),
        ("equal-of-3", of(Form::N, Margins { rho_bar: 3.0, ..equal })),
        ("equal-begun-anew", of(Form::N, anew)),
        ("class-balanced-weights", Way::Loss(ClassBalanced.into())),
        ("logit-adjustment", Way::LogitAdjustment),
    ];
    ways.extend(controls.map(|(name, way)| (name.to_owned(), way)));
    ways
}
