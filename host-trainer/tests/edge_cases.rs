//! Logs at the edge of what makes sense: trained sensibly, or refused with a reason.

use std::fmt::Write;
use std::fs;

use mild_trainer::Silent;
use mild_trainer::Trained;
use mild_trainer::config::Config;
use mild_trainer::{Dataset, Error, read_log};

/// How a log is made up: features, label and answers of a row from its number and three numbers of
/// 0 to 1.
type Row = fn(usize, [f64; 3]) -> (Vec<f64>, u32, Vec<u32>);

fn table(rows: usize, experts: usize, row: Row) -> String {
    let mut state = 7u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    let mut text = String::from("split,y,x0,x1");
    (0..experts).for_each(|expert| write!(text, ",p{expert}").unwrap());
    for index in 0..rows {
        let (features, label, answers) = row(index, std::array::from_fn(|_| uniform()));
        let split = ["train", "train", "calibration", "test"][index % 4];
        write!(text, "\n{split},{label}").unwrap();
        features.iter().for_each(|feature| write!(text, ",{feature:.4}").unwrap());
        answers.iter().for_each(|answer| write!(text, ",{answer}").unwrap());
    }
    text + "\n"
}

fn config(experts: usize) -> String {
    let mut text = String::from(
        "[data]\nlog = 'log.csv'\nlabel = 'y'\nsplit = 'split'\nfeatures = ['x*']\n\
         [train]\neffort = 'quick'\n",
    );
    for expert in 0..experts {
        let price = if expert == 0 { 0.0 } else { 0.1 };
        write!(
            text,
            "[[expert]]\nname = 'e{expert}'\nprediction = 'p{expert}'\nprice = {price:.1}\n"
        )
        .unwrap();
    }
    text.replace("name = 'e0'", "name = 'local'")
}

fn train(text: &str, config: &str) -> Result<(Dataset, Trained), Error> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("log.csv"), text).unwrap();
    fs::write(directory.path().join("mild.toml"), config).unwrap();
    let config = Config::load(directory.path().join("mild.toml"))?;
    let data = read_log(&config)?;
    let trained = mild_trainer::train(&config, &data, &Silent)?;
    Ok((data, trained))
}

/// The deferral loss on the test rows, of what the device would do.
fn loss((data, trained): &(Dataset, Trained)) -> f64 {
    let choices = trained.int8_choices(&data.test);
    data.test.mean_deferral_loss(|row| choices[row])
}

fn constant((data, _): &(Dataset, Trained), expert: usize) -> f64 {
    data.test.mean_deferral_loss(|_| expert)
}

#[test]
fn an_expert_that_is_never_right_is_never_asked() {
    let text = table(400, 2, |_, [a, b, _]| (vec![a, b], 1, vec![u32::from(a > 0.3), 0]));
    let trained = train(&text, &config(2)).unwrap();
    assert_eq!(loss(&trained), constant(&trained, 0));
}

#[test]
fn one_class_only_is_learned_like_any_other() {
    // The device fails where x0 is small.
    let text = table(800, 2, |_, [a, b, _]| (vec![a, b], 0, vec![u32::from(a < 0.5), 0]));
    let trained = train(&text, &config(2)).unwrap();
    assert!(loss(&trained) < 0.07, "{}", loss(&trained));
}

#[test]
fn constant_features_leave_the_best_constant() {
    let text = table(400, 2, |_, [a, _, _]| (vec![3.0, -1.0], 0, vec![u32::from(a < 0.5), 0]));
    let trained = train(&text, &config(2)).unwrap();
    assert_eq!(loss(&trained), constant(&trained, 1));
}

#[test]
fn one_constant_feature_among_others_does_no_harm() {
    let text = table(800, 2, |_, [a, _, _]| (vec![a, 7.0], 0, vec![u32::from(a < 0.5), 0]));
    let trained = train(&text, &config(2)).unwrap();
    assert!(loss(&trained) < 0.07, "{}", loss(&trained));
}

#[test]
fn three_rows_are_refused_and_sixty_are_safe() {
    let row: Row = |index, [a, b, _]| (vec![a, b], 0, vec![(index % 2) as u32, 0]);
    let text = table(4, 2, row);
    let error = train(&text, &config(2)).map(drop).unwrap_err().to_string();
    assert!(error.contains("train rows") && error.contains("at least 20"), "{error}");
    // Three rows leave nothing for the test.
    let three = &text[..text.trim_end().rfind('\n').unwrap()];
    let error = train(three, &config(2)).map(drop).unwrap_err().to_string();
    assert!(error.contains("no rows for split `test`"), "{error}");
    let few = train(&table(60, 2, row), &config(2)).unwrap();
    assert!(loss(&few) <= constant(&few, 0).max(constant(&few, 1)));
}

#[test]
fn two_hundred_experts_are_refused_with_the_limit() {
    let text = table(40, 200, |_, [a, b, _]| (vec![a, b], 0, vec![0; 200]));
    let error = train(&text, &config(200)).map(drop).unwrap_err().to_string();
    assert!(error.contains("200") && error.contains("2 to 32"), "{error}");
}

#[test]
fn as_many_experts_as_there_may_be() {
    // Each expert beside the device knows one cell of a grid.
    let text = table(2000, 32, |_, [a, b, _]| {
        let knows = 1 + (a * 6.0) as usize + 6 * (b * 5.0) as usize;
        (vec![a, b], 0, (0..32).map(|expert| u32::from(expert != knows)).collect())
    });
    let trained = train(&text, &config(32)).unwrap();
    // A constant is right once in 30 times.
    assert!(loss(&trained) < 0.9, "{}", loss(&trained));
}

#[test]
fn a_word_where_a_number_belongs_is_an_error_with_its_place() {
    let text = table(40, 2, |_, [a, b, _]| (vec![a, b], 0, vec![0, 0]));
    let text = text.replacen(",0.", ",warm", 1);
    let error = train(&text, &config(2)).map(drop).unwrap_err().to_string();
    for part in ["log.csv:2", "`x", "warm", "a finite number"] {
        assert!(error.contains(part), "{error}");
    }
}
