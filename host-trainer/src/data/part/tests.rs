use super::*;

fn columns(groups: Option<Vec<u32>>, rows: usize) -> PartColumns {
    let confidence = Confidence::new(2, (0..rows * 2).map(|v| v as f32).collect());
    PartColumns {
        rows,
        inputs: 2,
        experts: 2,
        features: (0..rows * 2).map(|v| v as f32).collect(),
        errors: (0..rows * 2).map(|v| (v % 2) as f32).collect(),
        prices: vec![0.25; rows * 2],
        groups,
        labels: Some((0..rows as u16).collect()),
        local_classes: Some((0..rows as u16).map(|row| row / 2).collect()),
        confidence: Some(confidence.unwrap()),
        lines: (2..rows as u32 + 2).collect(),
    }
}

fn part(groups: Option<Vec<u32>>, rows: usize) -> Part {
    columns(groups, rows).build().unwrap()
}

#[test]
fn rows_have_their_values() {
    let part = part(None, 3);
    assert_eq!(part.row(1), [2.0, 3.0]);
    assert_eq!(part.errors().row(2), [0.0, 1.0]);
    assert_eq!(part.prices().row(2), [0.25, 0.25]);
    assert_eq!(part.deferral_loss(0, 1), 1.25);
    assert_eq!(part.mean_deferral_loss(|i| usize::from(i == 0)), (1.25 + 0.25 + 0.25) / 3.0);
    assert_eq!(part.deferral_losses(&[2, 0]).values(), [0.25, 1.25, 0.25, 1.25]);
    assert_eq!(part.clone().into_columns().build(), Ok(part));
}

#[test]
fn columns_that_disagree_are_refused() {
    let refused = |change: &dyn Fn(&mut PartColumns)| {
        let mut columns = columns(Some(vec![0, 0, 1]), 3);
        change(&mut columns);
        columns.build().unwrap_err().to_string()
    };
    let text = refused(&|columns| columns.inputs = 3);
    assert_eq!(text, "features of a part: found 6 values, expected 3 rows of 3");
    assert!(refused(&|columns| columns.experts = 1).starts_with("errors of a part: found 6"));
    assert!(refused(&|columns| columns.prices.truncate(5)).starts_with("prices of a part"));
    assert!(refused(&|columns| columns.groups = Some(vec![0])).starts_with("groups of a part"));
    assert!(refused(&|columns| columns.labels = Some(vec![])).starts_with("labels of a part"));
    assert!(refused(&|columns| columns.lines.push(9)).starts_with("lines of a part"));
    let text = refused(&|columns| columns.local_classes = Some(vec![0; 4]));
    assert!(text.starts_with("local classes of a part: found 4"), "{text}");
    let short = Confidence::new(1, vec![0.5]).unwrap();
    let text = refused(&|columns| columns.confidence = Some(short.clone()));
    assert_eq!(text, "confidence of a part: found 1 values, expected 3 rows of 1");
}

#[test]
fn keep_is_subset_in_place() {
    let whole = part(Some(vec![0, 0, 1, 2, 1]), 5);
    let chosen = whole.subset(&[1, 2, 4]);
    assert_eq!(chosen.row(2), [8.0, 9.0]);
    assert_eq!(chosen.groups(), Some(&[0, 1, 1][..]));
    assert_eq!(chosen.lines(), [3, 4, 6]);
    assert_eq!(chosen.local_classes(), Some(&[0, 1, 2][..]));
    let confidence = Confidence::new(2, vec![2.0, 3.0, 4.0, 5.0, 8.0, 9.0]).unwrap();
    assert_eq!(chosen.confidence(), Some(&confidence));
    let mut kept = whole.clone();
    kept.keep(&[1, 2, 4]);
    assert_eq!(kept, chosen);
}

#[test]
fn experts_keep_their_columns() {
    let mut whole = part(None, 3);
    whole.edit(|columns| columns.errors = vec![0.0, 1.0, 0.5, 0.25, 1.0, 0.0]);
    let one = whole.only_experts(&[0]);
    assert_eq!((one.experts(), one.errors().values()), (1, &[0.0, 0.5, 1.0][..]));
    assert_eq!((one.prices().values().len(), one.inputs()), (3, 2));
    assert_eq!(whole.only_experts(&[0, 1]), whole);
    let swapped = whole.only_experts(&[1, 0]);
    assert_eq!(swapped.errors().values(), [1.0, 0.0, 0.25, 0.5, 0.0, 1.0]);
    let again = one.with_expert(0.25, |row| [1.0, 0.25, 0.0][row]);
    assert_eq!(again, whole, "taken away and put back");
}

#[test]
fn two_halves_are_the_whole() {
    let whole = part(Some(vec![0, 0, 1, 2, 1]), 5);
    let (first, second) = (whole.subset(&[0, 1]), whole.subset(&[2, 3, 4]));
    assert_eq!(first.with_rows(&second), whole);
    let without_groups = part(None, 5);
    assert_eq!(first.with_rows(&without_groups).groups(), None);
}

#[test]
fn new_features_are_0_or_filled() {
    let mut part = part(None, 2);
    part.widen(4, |row, features| features[2 + row] = 1.0);
    assert_eq!(part.features().values(), [0.0, 1.0, 1.0, 0.0, 2.0, 3.0, 0.0, 1.0]);
}
