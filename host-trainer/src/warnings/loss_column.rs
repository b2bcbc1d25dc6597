//! A column of losses that looks like one of scores, so that training would learn the inverse.

use super::look::{Judged, Look, Warning, some};

pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    let train = &look.data.train;
    let experts = || (0..train.experts()).filter(|&k| look.judged[k] == Judged::ByLoss);
    let mean = |k: usize| {
        let losses = train.asked_rows(k).map(|row| f64::from(train.errors()[(row, k)]));
        let (sum, rows) = losses.fold((0.0, 0usize), |(sum, rows), loss| (sum + loss, rows + 1));
        sum / rows.max(1) as f64
    };
    let price = |k: usize| look.data.experts[k].mean_price;
    let Some(dearest) = experts().max_by(|&a, &b| price(a).total_cmp(&price(b))) else {
        return Vec::new();
    };
    // Who costs more is mostly better, and an answer is mostly right.
    let others = || experts().filter(|&k| k != dearest);
    let looks_like_scores = others().count() > 0
        && others().all(|k| price(k) < price(dearest) && mean(k) < mean(dearest))
        && experts().all(|k| mean(k) > 0.5);
    if !looks_like_scores {
        return Vec::new();
    }
    let names: Vec<&str> = experts().map(|k| look.data.experts[k].name.as_str()).collect();
    let text = format!(
        "the losses of {} look like scores: the mean of each is above one half, and `{}`, the dearest, \
         has the highest ({:.3}). If 1 is a right answer, write `score_column` in place of \
         `loss_column`",
        some(&names),
        look.data.experts[dearest].name,
        mean(dearest)
    );
    vec![Warning::new("loss-column", text)]
}

#[cfg(test)]
mod tests {
    use super::super::look::Judged;
    use super::super::testing::{edit, log, warnings, warns};

    #[test]
    fn scores_that_are_called_losses() {
        let mut data = log(400);
        edit(&mut data, |part, row, line| {
            part.errors[2 * row..][..2].copy_from_slice(&[
                if line % 5 < 3 { 1.0 } else { 0.1 },
                if line % 7 == 0 { 0.2 } else { 0.9 },
            ]);
        });
        let parts = ["`local`, `cloud`", "`cloud`, the dearest", "`score_column`"];
        warns(&data, Judged::ByLoss, "loss-column", &parts);
        // The same figures as scores are nothing to wonder at.
        assert_eq!(warnings(&data, Judged::Otherwise), []);
    }
}
