//! The study on small made logs.

use super::judged::adjustment;
use super::ways::EQUAL;
use super::*;
use crate::data::reference::oracle;
use crate::progress::Silent;

fn plan() -> MarginsPlan {
    MarginsPlan {
        train_rows: vec![40, 1000],
        widths: vec![0, 6],
        penalties: vec![1e-7],
        taus: vec![Tau::Max, Tau::One],
        iterations: 25,
        seeds: 2,
    }
}

fn logs() -> [StudiedLog; 1] {
    let (config, data) = crate::intake::testing::log(80, 60);
    [StudiedLog { name: "log".to_owned(), config, data }]
}

#[test]
fn every_way_is_judged_in_every_setting_that_a_log_has_rows_for() {
    let study = study(&logs(), &plan(), &Silent).unwrap();
    assert_eq!(study.by_log.len(), 4 * ways().len());
    assert_eq!(study.over_logs.len(), study.by_log.len(), "one log");
    for (one, over) in study.by_log.iter().zip(&study.over_logs) {
        assert_eq!((one.setting, &one.margins), (over.setting, &over.margins));
        assert_eq!((one.plain, one.tuned, 1), (over.plain, over.tuned, over.logs));
        assert!((0.0..=1.1).contains(&one.plain) && one.excess_on_train > -1e-9, "{one:?}");
        let difference = one.plain_against_equal.difference;
        assert!(one.margins != EQUAL || (difference.mean, difference.low) == (0.0, 0.0));
    }
    let equal = study.by_log.iter().filter(|one| one.margins == EQUAL);
    assert!(equal.map(|one| one.excess_on_train).fold(0.0, f64::max) < 0.1, "a linear truth");
    let text = study.render();
    let tables = text.lines().filter(|line| line.starts_with("|---")).count();
    assert_eq!(tables, 2, "{text}");
    assert!(text.contains("| log | 40 | 6 | 0.0000001 | max | N:balance | "), "{text}");
    let csv = study.csv().unwrap();
    assert_eq!(csv.lines().count(), 1 + study.by_log.len());
    assert!(csv.contains("\nlog,40,0,0.0000001,one,I:spread^1/3,"), "{csv}");
}

#[test]
fn the_same_study_twice_is_the_same_and_a_log_alone_has_the_lines_that_it_has_beside_others() {
    let small = MarginsPlan { train_rows: vec![40], widths: vec![6], ..plan() };
    let [one] = logs();
    let (config, data) = crate::intake::testing::log(90, 50);
    let both = [StudiedLog { name: "other".to_owned(), config, data }, one];
    let beside = study(&both, &small, &Silent).unwrap();
    let alone = study(&logs(), &small, &Silent).unwrap();
    let lines = |study: &MarginsStudy| study.csv().unwrap();
    let (beside, alone) = (lines(&beside), lines(&alone));
    assert!(alone.lines().all(|line| beside.contains(line)), "{alone}\n{beside}");
}

#[test]
fn logit_adjustment_favours_those_that_are_rarely_cheapest() {
    let (_, data) = crate::intake::testing::log(200, 20);
    let added = adjustment(&data.train);
    let cheapest = oracle(&data.train).iter().filter(|&&k| k == 0).count();
    assert_eq!(added[0] < added[1], cheapest > 100);
    assert!((added.iter().map(|a| (-a).exp()).sum::<f64>() - 1.0).abs() < 1e-12);
}
