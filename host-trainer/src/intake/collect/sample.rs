//! Which rows experts are asked about.

use crate::arithmetic::random::Random;

/// The rows, in an order by chance. With a number `most` of rows so many are drawn: where the
/// confidence of all is known, one from each of as many strata of equal size, so that sure and unsure
/// rows are there in the proportion in which they are in the table.
pub(super) fn draw(confidence: &[Option<f64>], most: Option<usize>, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut rows: Vec<usize> = (0..confidence.len()).collect();
    // Rows that are equally sure are in no order.
    random.shuffle(&mut rows);
    let Some(most) = most.filter(|&most| most < rows.len()) else { return rows };
    let known: Option<Vec<f64>> = confidence.iter().copied().collect();
    let Some(known) = known else {
        rows.truncate(most);
        return rows;
    };
    rows.sort_by(|&a, &b| known[a].total_cmp(&known[b]));
    let edge = |stratum: usize| stratum * rows.len() / most;
    let mut drawn: Vec<usize> = (0..most)
        .map(|stratum| {
            let (from, to) = (edge(stratum), edge(stratum + 1));
            rows[from + random.below(to - from)]
        })
        .collect();
    random.shuffle(&mut drawn);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_keep_the_proportion_of_sure_and_unsure_rows() {
        // A tenth of the rows is unsure.
        let confidence: Vec<Option<f64>> =
            (0..1000).map(|row| Some(if row % 10 == 3 { 0.4 } else { 0.9 })).collect();
        for seed in 0..20 {
            let drawn = draw(&confidence, Some(50), seed);
            let unsure = drawn.iter().filter(|&&row| row % 10 == 3).count();
            assert_eq!((drawn.len(), unsure), (50, 5), "seed {seed}");
            let mut distinct = drawn.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), 50);
        }
        assert_eq!(draw(&confidence, Some(50), 1), draw(&confidence, Some(50), 1));
        assert_ne!(draw(&confidence, Some(50), 1), draw(&confidence, Some(50), 2));
    }

    #[test]
    fn without_a_confidence_rows_are_drawn_alike() {
        let mut confidence = vec![Some(0.5); 100];
        confidence[7] = None;
        let mut all = draw(&confidence, None, 3);
        assert_eq!(draw(&confidence, Some(10), 3), all[..10]);
        assert_eq!(draw(&confidence, Some(200), 3), all);
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }
}
