//! Small logs for the tests of warnings.

use super::look::{Judged, Look, Warning};
use crate::arithmetic::random::Random;
use crate::data::dataset::{Dataset, Expert};
use crate::data::notes::LogNotes;
use crate::data::part::{Part, PartColumns};

/// A log of `rows` rows, dealt to train, train, calibration and test in turn: two features of
/// noise, three classes, `local` right on half of the rows and `cloud` on most.
pub(super) fn log(rows: usize) -> Dataset {
    let mut random = Random::new(7);
    let mut parts = [0, 1, 2].map(|_| PartColumns {
        inputs: 2,
        experts: 2,
        labels: Some(Vec::new()),
        ..PartColumns::default()
    });
    for row in 0..rows {
        let part = &mut parts[[0, 0, 1, 2][row % 4]];
        part.rows += 1;
        part.features.extend([random.normal() as f32, random.normal() as f32]);
        let (local, cloud) = (random.normal() > 0.0, random.normal() > 1.0);
        part.errors.extend([local, cloud].map(|wrong| f32::from(u8::from(wrong))));
        part.prices.extend([0.0, 0.1]);
        if let Some(labels) = &mut part.labels {
            labels.push((random.normal().abs() * 1.5).min(2.0) as u16);
        }
        part.lines.push(row as u32 + 2);
    }
    let [train, calibration, test] = parts.map(|part| part.build().unwrap());
    let expert =
        |name: &str, mean_price| Expert { name: name.to_owned(), mean_price, price_varies: false };
    Dataset {
        feature_names: vec!["a".to_owned(), "b".to_owned()],
        class_names: ["0", "1", "2"].map(str::to_owned).to_vec(),
        experts: vec![expert("local", 0.0), expert("cloud", 0.1)],
        notes: LogNotes::default(),
        log_digest: [0; 8],
        train,
        calibration,
        test,
        raw: None,
        windows: vec![],
    }
}

/// Sets the first feature of every row to `value(row of the log, label, errors)`.
pub(super) fn set_feature(data: &mut Dataset, value: impl Fn(usize, u16, &[f32]) -> f32) {
    edit(data, |part, row, line| {
        let label = part.labels.as_ref().unwrap()[row];
        let errors = part.errors[2 * row..][..2].to_vec();
        part.features[2 * row] = value(line, label, &errors);
    });
}

/// Changes every row of every part; the change gets the row's place in the part and in the log.
pub(super) fn edit(data: &mut Dataset, change: impl Fn(&mut PartColumns, usize, usize)) {
    for part in [&mut data.train, &mut data.calibration, &mut data.test] {
        Part::edit(part, |columns| {
            for row in 0..columns.rows {
                let line = columns.lines[row] as usize - 2;
                change(columns, row, line);
            }
        });
    }
}

/// All that looks wrong, with the experts judged like this.
pub(super) fn warnings(data: &Dataset, judged: Judged) -> Vec<Warning> {
    let look = Look { data, judged: vec![judged; 2], categorical: &[], groups: Vec::new() };
    super::warnings(&look)
}

/// The log gives one warning, of this kind and with these parts; the log without the change gives
/// none.
#[track_caller]
pub(super) fn warns(data: &Dataset, judged: Judged, kind: &str, parts: &[&str]) {
    assert_eq!(warnings(&log(400), judged), [], "the usual log");
    let found = warnings(data, judged);
    let kinds: Vec<&str> = found.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [kind], "{found:?}");
    for part in parts {
        assert!(found[0].text.contains(part), "`{part}` is not in:\n{}", found[0].text);
    }
}
