//! Which column plays which part.

use super::cast::Cast;
use super::facts::Facts;
use super::features;
use super::guessed::{Guess, GuessedExpert, JudgedBy, KnownParts};
use super::names::{self, Word, of_expert};
use crate::data::split::Split;
use crate::warnings::is_group_name;

/// Hands out the parts, the surest first. A column plays one.
pub(super) fn assign(columns: &[Facts], known: Option<&KnownParts>) -> Guess {
    let mut cast = Cast { columns, taken: vec![false; columns.len()], guess: Guess::default() };
    cast.split();
    if let Some(known) = known {
        cast.known(known);
    } else {
        cast.experts_by_name();
        cast.label();
        cast.experts_by_values();
    }
    cast.order();
    cast.group();
    features::assign(&mut cast);
    cast.prices();
    cast.gaps();
    cast.guess
}

impl Cast<'_> {
    /// Gives the parts that are known.
    fn known(&mut self, known: &KnownParts) {
        let answers = known.experts.iter().map(|expert| &expert.column);
        for name in answers.chain([&known.label]) {
            if let Some(column) = self.columns.iter().position(|facts| facts.name == *name) {
                self.taken[column] = true;
            }
        }
        let KnownParts { label, experts, confidence, probabilities, money_per_error } =
            known.clone();
        self.guess.label = Some(label);
        self.guess.experts = experts;
        (self.guess.confidence, self.guess.probabilities) = (confidence, probabilities);
        self.guess.money_per_error = money_per_error;
    }

    fn split(&mut self) {
        let is_split = |facts: &Facts| {
            facts.distinct() == Split::ALL.len()
                && Split::ALL.iter().all(|split| facts.has(split.name()))
        };
        if let Some((column, _)) = self.free().into_iter().find(|(_, facts)| is_split(facts)) {
            let why = "its values are `train`, `calibration` and `test`";
            self.guess.split = Some(self.take(column, "split", why));
            return;
        }
        // Other words for it are not read.
        let nearly =
            |facts: &Facts| facts.has("train") && facts.has("test") && facts.distinct() <= 4;
        if let Some((column, facts)) = self.free().into_iter().find(|(_, facts)| nearly(facts)) {
            self.taken[column] = true;
            let mut values: Vec<String> =
                facts.values().map(|value| format!("`{value}`")).collect();
            values.sort();
            self.guess.open.push(format!(
                "split: `{}` has the values {}; with `train`, `calibration` and `test` it would be used. \
                 A seeded split is drawn instead",
                facts.name,
                values.join(", ")
            ));
        } else {
            let drawn =
                "split: no column of `train`, `calibration` and `test`; a seeded one is drawn";
            self.guess.guessed.push(drawn.to_owned());
        }
    }

    /// Experts by columns such as `pred_cloud`.
    fn experts_by_name(&mut self) {
        let named: Vec<(usize, Word, &str)> = self
            .free()
            .into_iter()
            .filter_map(|(column, facts)| of_expert(&facts.name).map(|(w, e)| (column, w, e)))
            .collect();
        let of = |word: Word| named.iter().filter(move |(_, w, _)| *w == word);
        let judged = [
            (Word::Answer, JudgedBy::Prediction),
            (Word::Loss, JudgedBy::LossColumn),
            (Word::Score, JudgedBy::ScoreColumn),
        ];
        // One kind for all experts: the one that most of them have.
        let most = judged.into_iter().rev().max_by_key(|&(word, _)| of(word).count());
        let Some((word, judged)) = most.filter(|&(word, _)| of(word).count() >= 2) else { return };
        if judged != JudgedBy::Prediction
            && !of(word).all(|&(column, ..)| self.columns[column].numeric)
        {
            return;
        }
        for &(column, _, expert) in of(word) {
            if self.is_second_copy(expert, column) {
                continue;
            }
            let facts = &self.columns[column];
            let why = format!("the name, {}", judged.key().replace('_', " "));
            self.take(column, &format!("expert `{expert}`"), &why);
            self.guess.experts.push(GuessedExpert {
                name: expert.to_owned(),
                judged,
                column: facts.name.clone(),
                price_column: None,
                price: None,
            });
        }
        for &(column, _, expert) in of(Word::Price) {
            let known = self.guess.experts.iter().position(|known| known.name == expert);
            if let Some(known) = known.filter(|_| self.columns[column].numeric) {
                let name = self.take(column, &format!("price of `{expert}`"), "the name");
                self.guess.experts[known].price_column = Some(name);
            }
        }
        self.local_first();
        self.ranges(judged);
    }

    /// Whether an expert has this column already: then this one is a copy, under a name of the
    /// other order (`pred_local` and `local_pred`), and may be a feature. The order that most
    /// columns have goes first.
    fn is_second_copy(&self, expert: &str, column: usize) -> bool {
        let begins = |name: &str| name.len() > expert.len() && !name.starts_with(expert);
        let same = |(other, facts): &(usize, &Facts)| {
            *other != column
                && matches!(of_expert(&facts.name), Some((Word::Answer, e)) if e == expert)
        };
        let Some((_, other)) = self.columns.iter().enumerate().find(same) else { return false };
        let prefixed = self
            .columns
            .iter()
            .filter_map(|facts| Some((of_expert(&facts.name)?, &facts.name)))
            .filter(|((word, _), _)| *word == Word::Answer);
        let (before, all) = prefixed.fold((0, 0), |(before, all), ((_, expert), name)| {
            (before + usize::from(!name.starts_with(expert)), all + 1)
        });
        let usual = 2 * before >= all;
        begins(&self.columns[column].name) != usual && begins(&other.name) == usual
    }

    /// Puts the device's own predictor first.
    fn local_first(&mut self) {
        let experts = &mut self.guess.experts;
        match experts.iter().position(|expert| names::is_local(&expert.name)) {
            Some(local) => {
                let local = experts.remove(local);
                self.guess.guessed.push(format!("the device itself: `{}` (the name)", local.name));
                experts.insert(0, local);
            }
            None if !experts.is_empty() => self.guess.open.push(format!(
                "the device itself: no expert is called `local`, so the first one, `{}`, is taken; put \
                 the right one first",
                experts[0].name
            )),
            None => {}
        }
    }

    /// Losses and scores beyond 0 to 1.
    fn ranges(&mut self, judged: JudgedBy) {
        if judged == JudgedBy::Prediction {
            return;
        }
        let used = |facts: &&Facts| self.guess.experts.iter().any(|e| e.column == facts.name);
        let columns = || self.columns.iter().filter(used);
        let lowest = columns().map(|facts| facts.lowest).fold(0.0, f64::min);
        let highest = columns().map(|facts| facts.highest).fold(0.0, f64::max);
        if lowest < 0.0 || highest > 1.0 {
            self.guess.loss_range = Some([lowest, highest]);
            self.guess.open.push(format!(
                "loss_range: the columns have {lowest} to {highest}; write what is possible"
            ));
        }
    }

    fn label(&mut self) {
        let answers: Vec<&Facts> = self
            .columns
            .iter()
            .filter(|facts| {
                let answers = |e: &&GuessedExpert| e.judged == JudgedBy::Prediction;
                self.guess.experts.iter().filter(answers).any(|e| e.column == facts.name)
            })
            .collect();
        let named = self
            .free()
            .into_iter()
            .filter_map(|(column, facts)| Some((names::label_rank(&facts.name)?, column)))
            .filter(|&(_, column)| !self.columns[column].many)
            .min();
        if let Some((_, column)) = named {
            self.guess.label = Some(self.take(column, "label", "the name"));
            return;
        }
        if answers.is_empty() {
            return;
        }
        // What the experts answer are its values, and most of them agree with it more than by
        // chance.
        let fits = |facts: &Facts| {
            let agreement = answers.iter().filter_map(|answer| facts.agreement(answer));
            let best = agreement.fold(0.0, f64::max);
            let known = answers.iter().filter(|answer| answer.is_within(facts)).count();
            (2 * known > answers.len() && best > facts.majority()).then_some(best)
        };
        let found: Vec<(f64, usize)> = self
            .free()
            .into_iter()
            .filter_map(|(column, facts)| Some((fits(facts)?, column)))
            .collect();
        match found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((_, column)) => {
                self.guess.label = Some(self.take(column, "label", "its values are the answers"));
            }
            None => self.guess.open.push(
                "label: no column is called `label` or the like, and none has the experts' answers; \
                 write `label = \"…\"`"
                    .to_owned(),
            ),
        }
    }

    /// Where no name tells of experts: columns with the values of the label that agree with it.
    fn experts_by_values(&mut self) {
        let Some(label) = &self.guess.label else { return };
        if !self.guess.experts.is_empty() {
            return;
        }
        let Some(label) = self.columns.iter().find(|facts| facts.name == *label) else { return };
        let agrees = |facts: &Facts| {
            !facts.is_constant()
                && facts.is_within(label)
                && facts.agreement(label).is_some_and(|share| share > label.majority().max(0.3))
        };
        let found: Vec<usize> = self
            .free()
            .into_iter()
            .filter(|(_, facts)| agrees(facts))
            .map(|(column, _)| column)
            .collect();
        if found.len() < 2 {
            return;
        }
        for column in found {
            let name = self.columns[column].name.clone();
            self.take(column, &format!("expert `{name}`"), "its values are those of the label");
            self.guess.experts.push(GuessedExpert {
                column: name.clone(),
                name,
                judged: JudgedBy::Prediction,
                price_column: None,
                price: None,
            });
        }
        self.local_first();
    }

    fn order(&mut self) {
        let fits = |(_, facts): &(usize, &Facts)| facts.is_order() && names::is_order(&facts.name);
        let found = self.free().into_iter().find(fits).map(|(column, _)| column);
        if let Some(column) = found {
            let why =
                "the name, and no row is before the one above it; for `mild simulate --order`";
            self.guess.order = Some(self.take(column, "order of time", why));
        }
    }

    fn group(&mut self) {
        let split =
            self.columns.iter().find(|facts| Some(&facts.name) == self.guess.split.as_ref());
        let several = |facts: &Facts| {
            let values = if facts.many { usize::MAX } else { facts.distinct() };
            (2..=facts.rows / 2).contains(&values) && facts.filled == facts.rows
        };
        let found = self
            .free()
            .into_iter()
            .filter(|(_, facts)| is_group_name(&facts.name) && several(facts))
            .min_by_key(|(column, facts)| (facts.name.to_lowercase() != "group", *column));
        let Some((column, facts)) = found else { return };
        if split.is_some_and(|split| !facts.determines(split)) {
            self.taken[column] = true;
            self.guess.open.push(format!(
                "group: `{}` looks like one, but has rows on several sides of the split; leave out \
                 `split` to let it be drawn by group",
                facts.name
            ));
            return;
        }
        let why = format!("the name, and {} values", facts.distinct());
        self.guess.group = Some(self.take(column, "group", &why));
    }

    /// Experts that were not asked on every row.
    fn gaps(&mut self) {
        let columns = |facts: &&Facts| self.guess.experts.iter().any(|e| e.column == facts.name);
        let gaps = self.columns.iter().filter(columns).filter(|facts| facts.filled < facts.rows);
        let names: Vec<String> = gaps.map(|facts| format!("`{}`", facts.name)).collect();
        if names.is_empty() {
            return;
        }
        self.guess.has_gaps = true;
        self.guess.open.push(format!(
            "missing answers in {}: they are taken as not asked, and the rows are left out of training",
            names.join(", ")
        ));
    }

    fn prices(&mut self) {
        let without: Vec<String> = self
            .guess
            .experts
            .iter()
            .skip(1)
            .filter(|expert| expert.price_column.is_none() && expert.price.is_none())
            .map(|expert| format!("`{}`", expert.name))
            .collect();
        if !without.is_empty() {
            self.guess.open.push(format!(
                "prices of {}: a log does not say what one use is worth in units of one error; they are \
                 0 until you write them",
                without.join(", ")
            ));
        }
    }
}
