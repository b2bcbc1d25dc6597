//! Selections on small made parts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::bench::is_over;
use super::*;
use crate::arithmetic::random::Random;
use crate::data::part::PartColumns;
use crate::error::Error;
use crate::learn::store::{Forgetful, HeldOut, Memory};
use crate::loss::{Form, Loss, Margins, Mild, OneVsAll, Realizable, TwoStage};

/// The first feature says which of two experts is right.
fn part(rows: usize) -> Part {
    let mut random = Random::new(20);
    let features: Vec<f32> = (0..rows * 2).map(|_| random.normal() as f32).collect();
    let errors = (0..rows)
        .flat_map(|row| {
            let right = features[row * 2] > 0.0;
            [f32::from(u8::from(right)), f32::from(u8::from(!right))]
        })
        .collect();
    let prices = (0..rows).flat_map(|_| [0.0, 0.1]).collect();
    let lines = (0..rows as u32).collect();
    PartColumns {
        rows,
        inputs: 2,
        experts: 2,
        features,
        errors,
        prices,
        lines,
        ..PartColumns::default()
    }
    .padded()
}

/// Nothing but these candidates, folds and checkpoints.
fn grid(candidates: &[Candidate], folds: u8, checkpoints: &[usize]) -> Grid {
    Grid::only(candidates.to_vec(), folds, checkpoints.to_vec())
}

#[derive(Default)]
struct Counter(AtomicU64, AtomicU64);

impl Progress for Counter {
    fn total(&self, work: u64) {
        self.1.store(work, Ordering::Relaxed);
    }
    fn step(&self, work: u64) {
        self.0.fetch_add(work, Ordering::Relaxed);
    }
    fn finish(&self) {}
}

#[test]
fn the_hopeless_go_no_further_and_the_simplest_good_one_wins() {
    let part = part(600);
    // So little that it keeps no network from the steep scores of its rule.
    let good = Candidate { l2: 1e-5, ..Candidate::default() };
    let wide = Candidate { hidden: vec![12], ..good.clone() };
    // So much regularisation that all scores stay equal.
    let hopeless = Candidate { l2: 1e4, ..good.clone() };
    let counter = Counter::default();
    let grid = grid(&[hopeless.clone(), wide, good.clone()], 5, &[10, 30]);
    let selection = select(&part, &grid, 0, &Forgetful, &counter).unwrap();
    let chosen = &selection.ranking[selection.chosen];
    assert_eq!(chosen.candidate, good);
    assert!(chosen.loss < 0.1 && chosen.folds == 5, "{}", chosen.loss);
    let last = selection.ranking.last().unwrap();
    assert_eq!((&last.candidate, last.folds), (&hopeless, 2));
    let (done, total) = (counter.0.into_inner(), counter.1.into_inner());
    assert!(done == total && done > 0, "{done} of {total}");
    assert!((selection.constants[1] - selection.constants[0] - 0.1).abs() < 0.1);
}

#[test]
fn the_best_go_on_to_wider_networks_and_those_alone() {
    let mut part = part(900);
    // Who is right changes twice along a feature: nothing for a linear network.
    let right = |row: &[f32]| row[0].abs() > 0.7;
    let errors = part.features().iter_rows().map(right);
    let errors = errors.flat_map(|right| [right, !right].map(|wrong| f32::from(u8::from(wrong))));
    let errors = errors.collect();
    part.edit(|columns| columns.errors = errors);
    let narrow = Candidate::default();
    let hopeless = Candidate { l2: 1e4, ..narrow.clone() };
    let narrow_alone = grid(&[hopeless, narrow.clone()], 4, &[20, 80]);
    let growing = Grid { wider: vec![vec![], vec![6]], grown: 1, ..narrow_alone.clone() };
    let selected = |grid: &Grid| {
        let counter = Counter::default();
        let selection = select(&part, grid, 0, &Forgetful, &counter).unwrap();
        let chosen = selection.ranking[selection.chosen].clone();
        assert_eq!(counter.0.into_inner(), counter.1.into_inner());
        (chosen.candidate, chosen.loss, selection.ranking.len())
    };
    let (before, loss, _) = selected(&narrow_alone);
    assert_eq!(before, narrow);
    let (after, less, tried) = selected(&growing);
    assert_eq!(after, Candidate { hidden: vec![6], ..narrow });
    assert!(less < 0.5 * loss, "{less} {loss}");
    // Neither twice in the same network, nor the hopeless one.
    assert_eq!(tried, 3);
}

#[test]
fn one_standard_error_buys_a_plainer_loss_and_a_smaller_network_with_it_but_no_other_loss() {
    let part = part(4);
    let of = |loss: Loss, hidden: &[usize], losses: [f64; 4]| Judged {
        candidate: Candidate { loss, hidden: hidden.to_vec(), ..Candidate::default() },
        iterations: 20,
        loss: losses.iter().sum::<f64>() / 4.0,
        folds: 2,
        losses: losses.to_vec(),
    };
    let plain = TwoStage::LOG.into();
    let margins = Margins { gamma: 0.5, ..Margins::PLAIN };
    let margins = Mild { form: Form::N, margins }.into();
    let best = [0.1, 0.1, 0.2, 0.2];
    // Now better, now worse, and so within a standard error; and worse on all rows.
    let near = [0.1, 0.15, 0.1, 0.3];
    let behind = [0.2, 0.2, 0.3, 0.3];
    let chosen = |ranking: &[Judged]| simplest_within_one_error(ranking, &part);
    assert_eq!(chosen(&[of(margins, &[8], best), of(plain, &[8], near)]), 1);
    assert_eq!(chosen(&[of(margins, &[8], best), of(plain, &[8], behind)]), 0);
    assert_eq!(chosen(&[of(plain, &[8], best), of(plain, &[2], near)]), 1);
    assert_eq!(chosen(&[of(plain, &[8], best), of(plain, &[2], behind)]), 0);
    let other = of(Realizable.into(), &[2], near);
    assert_eq!(chosen(&[of(plain, &[8], best), other.clone()]), 0, "another path");
    let both = [of(margins, &[8], best), of(plain, &[8], near), other, of(plain, &[2], near)];
    assert_eq!(chosen(&both), 3);
}

#[test]
fn a_fit_ends_when_it_only_gets_worse() {
    assert!(!is_over(&[]));
    assert!(!is_over(&[0.2, 0.3]));
    assert!(is_over(&[0.2, 0.3, 0.21]));
    assert!(!is_over(&[0.2, 0.3, 0.2]), "as good as ever");
    assert!(!is_over(&[0.4, 0.3, 0.35]));
    assert!(is_over(&[0.4, 0.3, 0.35, 0.31]));
    assert!(!is_over(&[0.5; 6]), "a constant may yet become a rule");
}

#[test]
fn few_groups_leave_folds_empty_and_that_is_fine() {
    let mut part = part(60);
    part.edit(|columns| columns.groups = Some((0..60).map(|row| row % 2).collect()));
    let judged = |part: &Part| {
        let grid = grid(&[Candidate::default()], 5, &[10]);
        let selection = select(part, &grid, 0, &Forgetful, &Counter::default()).unwrap();
        (selection.ranking[0].losses.len(), selection.ranking[0].folds)
    };
    assert_eq!(judged(&part), (60, 2));
    part.edit(|columns| columns.groups = Some(vec![7; 60]));
    assert_eq!(judged(&part), (60, 5), "one group: folds of rows");
}

#[test]
fn the_work_of_a_selection_is_linear_in_its_candidates() {
    let part = part(120);
    let done = |count: usize| {
        let counter = Counter::default();
        let memory = Memory::default();
        // All alike, so that none is clearly behind after the first round; learned apart by a hair.
        let candidate = |index: usize| Candidate {
            hidden: vec![3],
            l2: 1e-3 + 1e-12 * index as f64,
            ..Candidate::default()
        };
        let candidates: Vec<Candidate> = (0..count).map(candidate).collect();
        drop(select(&part, &grid(&candidates, 4, &[5]), 0, &memory, &counter).unwrap());
        (memory.len(), counter.0.into_inner())
    };
    let (fits, work) = done(1);
    assert_eq!(fits, 4);
    for count in [2, 4, 8] {
        assert_eq!(done(count), (count * fits, count as u64 * work));
    }
}

/// Remembers nothing, but holds the first fits until as many as there are threads have begun.
struct Meeting {
    threads: usize,
    begun: Mutex<usize>,
    change: Condvar,
}

impl Store for Meeting {
    fn get(&self, _: &Candidate, _: u8) -> Option<HeldOut> {
        let mut begun = self.begun.lock().unwrap();
        *begun += 1;
        self.change.notify_all();
        let patience = Duration::from_secs(60);
        let (begun, waited) =
            self.change.wait_timeout_while(begun, patience, |begun| *begun < self.threads).unwrap();
        drop(begun);
        assert!(!waited.timed_out(), "a fit that nobody else worked beside");
        None
    }

    fn put(&self, _: &Candidate, _: u8, _: &HeldOut) {}
}

#[test]
fn fits_are_spread_over_the_cores_there_are() {
    let part = part(60);
    let grid = grid(&vec![Candidate::default(); 4], 2, &[5]);
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let store = Meeting { threads, begun: Mutex::new(0), change: Condvar::new() };
        let counter = Counter::default();
        let chosen = |selection: Selection| selection.ranking[0].losses.clone();
        let spread = chosen(pool.install(|| select(&part, &grid, 0, &store, &counter).unwrap()));
        let alone = chosen(select(&part, &grid, 0, &Forgetful, &counter).unwrap());
        assert_eq!(spread, alone, "and it makes no difference");
    }
}

#[test]
fn what_is_remembered_is_not_done_again_and_changes_nothing() {
    let part = part(300);
    let candidates = [Candidate::default(), Candidate { hidden: vec![4], ..Candidate::default() }];
    let memory = Memory::default();
    let selected = |candidates: &[Candidate]| {
        let grid = grid(candidates, 3, &[10]);
        let selection = select(&part, &grid, 0, &memory, &Counter::default()).unwrap();
        let of = |judged: &Judged| (judged.candidate.clone(), judged.losses.clone());
        selection.ranking.iter().map(of).collect::<Vec<_>>()
    };
    let first = selected(&candidates);
    let fits = memory.len();
    assert_eq!(selected(&candidates), first);
    assert_eq!(memory.len(), fits, "nothing was fitted again");
    // A changed memory shows that it is really used.
    memory.put(&candidates[0], 0, &vec![Matrix::filled(100, 2, 0.0)]);
    assert_ne!(selected(&candidates[..1])[0].1, first[0].1);
    // What can't be of this selection is not taken.
    memory.put(&candidates[0], 0, &vec![Matrix::filled(3, 1, 0.0)]);
    let again = selected(&candidates);
    assert_eq!(again, first);
}

/// Gives the work up after so many fits.
struct GiveUp {
    after: usize,
    fits: AtomicU64,
}

impl Progress for GiveUp {
    fn total(&self, _: u64) {}
    fn step(&self, _: u64) {
        self.fits.fetch_add(1, Ordering::Relaxed);
    }
    fn finish(&self) {}
    fn is_cancelled(&self) -> bool {
        self.fits.load(Ordering::Relaxed) >= self.after as u64
    }
}

#[test]
fn a_selection_that_is_given_up_says_so_and_remembers_whole_fits_alone() {
    let part = part(300);
    let candidates = [Candidate::default(), Candidate { hidden: vec![4], ..Candidate::default() }];
    let grid = grid(&candidates, 3, &[10, 20]);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let losses = |store: &Memory, progress: &dyn Progress| {
        pool.install(|| select(&part, &grid, 0, store, progress)).map(|selection| {
            selection.ranking.iter().map(|judged| judged.losses.clone()).collect::<Vec<_>>()
        })
    };
    let whole = losses(&Memory::default(), &Counter::default()).unwrap();
    for after in 0..5 {
        let memory = Memory::default();
        let cancelled = losses(&memory, &GiveUp { after, fits: AtomicU64::new(0) }).unwrap_err();
        assert!(matches!(cancelled, Error::Cancelled), "{cancelled}");
        assert_eq!(memory.len(), after);
        assert_eq!(losses(&memory, &Counter::default()).unwrap(), whole);
    }
    let judged = Judged {
        candidate: Candidate::default(),
        iterations: 25,
        loss: 0.0,
        folds: 3,
        losses: Vec::new(),
    };
    let alone: Vec<usize> = (0..part.rows()).collect();
    let at_once = fit_for(&part, &alone, &judged.candidate, 7, judged.iterations);
    let looking = refit(&part, &judged, 7, &Counter::default()).unwrap();
    assert_eq!(looking.parameters, at_once.parameters, "looking changes nothing");
    let given_up = refit(&part, &judged, 7, &GiveUp { after: 0, fits: AtomicU64::new(0) });
    assert!(matches!(given_up, Err(Error::Cancelled)));
}

/// Expert 0 is right by chance, which no feature tells; of expert 1 the first feature tells all.
#[test]
fn an_expert_of_whom_nothing_can_be_learned_gets_a_strong_penalty_of_its_own() {
    let mut part = part(200);
    let mut random = Random::new(4);
    part.edit(|columns| {
        for errors in columns.errors.chunks_exact_mut(2) {
            errors[0] = random.below(2) as f32;
        }
    });
    let of_experts = Candidate { loss: OneVsAll.into(), ..Candidate::default() };
    let grid = Grid { of_experts: vec![of_experts], ..grid(&[Candidate::default()], 4, &[20, 40]) };
    let selection = select(&part, &grid, 3, &Forgetful, &crate::progress::Silent).unwrap();
    let solved = selection.ranking.iter().find(|judged| judged.candidate.is_solved()).unwrap();
    let [chance, learned] = solved.candidate.l2_of_experts[..] else { panic!("{solved:?}") };
    assert!(chance >= 30.0 * learned, "{chance} {learned}");
    assert_eq!(solved.iterations, 40, "not stopped early");
    let outputs = cross_fitted(&part, solved, 4, 3);
    let spread = |k: usize| {
        let of = outputs.column(k);
        of.clone().copied().fold(f64::MIN, f64::max) - of.copied().fold(f64::MAX, f64::min)
    };
    assert!(spread(1) > 10.0 * spread(0), "{} {}", spread(0), spread(1));
}

#[test]
fn luck_grows_with_the_number_tried_and_only_the_linear_candidate_gains_by_it() {
    let judged = |l2_of_experts: Vec<f64>, losses: &[f64]| Judged {
        candidate: Candidate { l2_of_experts, ..Candidate::default() },
        iterations: 20,
        loss: losses.iter().sum::<f64>() / losses.len() as f64,
        folds: 2,
        losses: losses.to_vec(),
    };
    // Ahead by 0.2 a row, with a standard error of 0.1.
    let better: Vec<f64> = (0..100).map(|row| f64::from(row % 2 * 2) - 1.2).collect();
    let ranking = [judged(vec![], &better), judged(vec![1.0], &[0.0; 100])];
    assert!(!beaten_by_luck(&ranking, 20) && beaten_by_luck(&ranking, 200));
    assert_eq!(best_linear(&ranking), Some(1));
    assert!(!beaten_by_luck(&ranking[..1], 200));
}
