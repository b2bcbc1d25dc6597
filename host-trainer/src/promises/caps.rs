//! Offsets under which no expert is asked much more often than it may be.

use crate::data::matrix::Matrix;

/// Of an expert's cap, the share that is aimed at on the train rows: the rest is for their noise.
const AIM: f64 = 0.95;

/// Lowers the offsets of capped experts so that on these rows (scores: rows x experts) each is
/// chosen no more often than nearly its cap. Made on the train rows; the threshold then promises it
/// on the calibration rows.
#[must_use]
pub(crate) fn lower(scores: &Matrix<i32>, offsets: &[i32], caps: &[(u8, f64)]) -> Vec<i32> {
    let mut offsets = offsets.to_vec();
    // What one expert loses goes to others, which may have caps too.
    for &(expert, cap) in caps.iter().cycle().take(3 * caps.len()) {
        let expert = usize::from(expert);
        let lead = |scores: &[i32]| {
            let sum = |k: usize| i64::from(scores[k]) + i64::from(offsets[k]);
            let others = (0..scores.len()).filter(|&k| k != expert).map(sum).max();
            sum(expert) - others.unwrap_or(i64::MIN)
        };
        let mut leads: Vec<i64> = scores.iter_rows().map(lead).filter(|&lead| lead > 0).collect();
        let most = (AIM * cap * scores.rows() as f64) as usize;
        if most < leads.len() {
            let (_, least, _) =
                leads.select_nth_unstable_by_key(most, |&lead| std::cmp::Reverse(lead));
            let lowered = i64::from(offsets[expert]) - *least;
            let limit = i64::from(mild::image::MAX_OFFSET);
            offsets[expert] = lowered.clamp(-limit, limit) as i32;
        }
    }
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capped_expert_keeps_the_rows_it_leads_most_on() {
        let scores = Matrix::from_fn(100, 3, |row, k| [0, row as i32, 10][k]);
        let offsets = lower(&scores, &[0; 3], &[(1, 0.2), (2, 0.9)]);
        let chosen: Vec<usize> = scores
            .iter_rows()
            .map(|s| (0..3).rev().max_by_key(|&k| s[k] + offsets[k]).unwrap())
            .collect();
        assert!(chosen[81..].iter().all(|&k| k == 1), "{chosen:?}");
        assert!(chosen[..80].iter().all(|&k| k == 2));
        assert_eq!(lower(&scores, &[0; 3], &[(1, 1.0)]), [0; 3]);
    }
}
