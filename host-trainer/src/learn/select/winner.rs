//! Which of the judged candidates is taken.

use super::bench::Judged;
use crate::arithmetic::network::Shape;
use crate::arithmetic::statistics::paired_difference;
use crate::data::part::Part;
use crate::learn::candidate::Candidate;

/// The best of the linear candidates with a penalty for each expert.
pub(super) fn best_linear(ranking: &[Judged]) -> Option<usize> {
    ranking.iter().position(|judged| judged.candidate.is_solved())
}

/// Whether the best of `tried` candidates is no further ahead of the best linear one with a penalty
/// for each expert than luck may bring it. The largest of n independent standard normal numbers is
/// about `sqrt(2 ln n)`; candidates that resemble each other count as the root of their number,
/// which leaves `sqrt(ln n)` standard errors of the paired difference.
pub(super) fn beaten_by_luck(ranking: &[Judged], tried: usize) -> bool {
    let Some(linear) = best_linear(ranking) else { return false };
    let (behind, error) = paired_difference(&ranking[linear].losses, &ranking[0].losses);
    behind <= libm::sqrt(libm::log(tried as f64)) * error
}

/// The one-standard-error rule (Breiman et al. 1984) along one path at a time: first the loss with
/// the fewest chosen margins in the best one's network, then the smallest network with that loss,
/// regularisation and tau. Over all candidates at once it would take the luckiest of the many small
/// ones, which look better than they are.
pub(super) fn simplest_within_one_error(ranking: &[Judged], part: &Part) -> usize {
    let best = &ranking[0];
    let within: Vec<(usize, &Candidate)> = ranking
        .iter()
        .enumerate()
        .filter(|(_, judged)| {
            let (behind, error) = paired_difference(&judged.losses, &best.losses);
            behind <= error
        })
        .map(|(index, judged)| (index, &judged.candidate))
        .collect();
    let simplest = within
        .iter()
        .filter(|(_, candidate)| candidate.hidden == best.candidate.hidden)
        .min_by_key(|&&(index, candidate)| (candidate.loss.complexity(), index));
    let Some(&(_, simplest)) = simplest else { return 0 };
    let same_but_for_network = |candidate: &Candidate| {
        *candidate == Candidate { hidden: candidate.hidden.clone(), ..simplest.clone() }
    };
    let parameters = |candidate: &Candidate| {
        Shape::new(part.inputs(), &candidate.hidden, part.experts()).parameters()
    };
    within
        .iter()
        .filter(|(_, candidate)| same_but_for_network(candidate))
        .min_by_key(|&&(index, candidate)| (parameters(candidate), index))
        .map_or(0, |&(index, _)| index)
}
