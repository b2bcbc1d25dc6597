//! What a new expert is worth when it is known from some labelled answers only, on logs that know
//! the truth.
//!
//! An expert is left out of a log and comes back by answers to train rows drawn at random; the
//! rejectors that take it in are judged on the test rows by its real answers there.

use serde::Serialize;

use crate::arithmetic::random::Random;
use crate::data::dataset::Dataset;
use crate::data::reference::best_single;
use crate::error::{Error, Result, list};
use crate::experiments::compare::paired::{Against, Paired, SeedLosses};
use crate::intake::config::Config;
use crate::learn::store::Forgetful;
use crate::new_expert::{
    ClassAccuracies, Extension, ExtensionMethod, LabelledAnswer, check, classes, losses,
};
use crate::pipeline::{self, Trained};
use crate::progress::{Progress, Silent};

/// A log, and one of its experts to leave out.
#[derive(Debug, Clone)]
pub(crate) struct StudiedLog<'a> {
    /// Its name in the table.
    pub name: String,
    /// Its configuration.
    pub config: Config,
    /// Its rows.
    pub data: &'a Dataset,
    /// The index of the expert.
    pub expert: usize,
}

/// One expert of one log, known from so many answers. Losses are mean deferral losses of images on
/// the test rows, by the real answers, over all seeds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewExpertResult {
    /// The log.
    pub log: String,
    /// The expert.
    pub expert: String,
    /// Answers that it is known from.
    pub answers: usize,
    /// Without the expert.
    pub without: f64,
    /// With one more row in the last layer.
    pub extended: f64,
    /// Trained anew on the expected errors.
    pub anew: f64,
    /// What `mild extend` takes of the two.
    pub taken: f64,
    /// Share of the seeds on which that is the one trained anew.
    pub anew_taken: f64,
    /// Trained with all its answers.
    pub whole: f64,
    /// Of the best single expert in hindsight, it included.
    pub best_single: f64,
    /// Its name.
    pub best_single_name: String,
    /// Extended minus without.
    pub extended_against: Against,
    /// Anew minus without.
    pub anew_against: Against,
    /// Taken minus without.
    pub taken_against: Against,
    /// Shares of the test rows given to the expert: extended, anew, trained with all its answers.
    pub asked: [f64; 3],
}

/// All outcomes; also the JSON document of `mild study new-expert`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewExpertStudy {
    /// Seeds of trainings and draws.
    pub seeds: u64,
    /// By log, expert and number of answers.
    pub outcomes: Vec<NewExpertResult>,
}

/// The experts of a log to leave out in turn: the named one, or all but `local`.
///
/// # Errors
/// [`Error::Argument`] if there is no such expert, [`Error::FewExperts`] if no other would be left.
pub(crate) fn experts(config: &Config, data: &Dataset, name: Option<&str>) -> Result<Vec<usize>> {
    if data.experts.len() < 3 {
        return Err(Error::FewExperts { config: config.path.clone(), found: data.experts.len() });
    }
    let Some(name) = name else { return Ok((1..data.experts.len()).collect()) };
    match data.experts.iter().skip(1).position(|expert| expert.name == name) {
        Some(index) => Ok(vec![index + 1]),
        None => {
            let names = data.experts.iter().skip(1).map(|expert| expert.name.as_str());
            let expected = format!("one of {}", list(names));
            Err(Error::Argument { option: "--expert", found: format!("`{name}`"), expected })
        }
    }
}

/// Leaves each log's expert out and takes it in again, for each number of answers and each seed.
///
/// # Errors
/// [`Error::FractionalErrors`] if an expert's answers are not right or wrong, [`Error::BeyondLog`]
/// if there are fewer train rows than answers; and those of a training.
pub(crate) fn study(
    logs: &[StudiedLog<'_>],
    answers: &[usize],
    seeds: u64,
    progress: &dyn Progress,
) -> Result<NewExpertStudy> {
    for log in logs {
        log.check(answers)?;
    }
    progress.total(logs.len() as u64 * seeds * (2 + answers.len() as u64));
    let mut outcomes = Vec::new();
    for log in logs {
        outcomes.extend(log.outcomes(answers, seeds, progress)?);
    }
    progress.finish();
    Ok(NewExpertStudy { seeds, outcomes })
}

/// A rejector's choices on the test rows, for each seed.
type Choices = Vec<Vec<usize>>;

impl StudiedLog<'_> {
    fn check(&self, answers: &[usize]) -> Result<()> {
        let Self { config, data, expert, .. } = self;
        let name = &data.experts[*expert].name;
        check(config, &data.without_expert(*expert), name)?;
        let errors = data.train.errors().column(*expert);
        if let Some(error) = errors.copied().find(|&error| error != 0.0 && error != 1.0) {
            return Err(Error::FractionalErrors {
                config: config.path.clone(),
                expert: name.clone(),
                found: error,
            });
        }
        match answers.iter().max() {
            Some(&found) if found > data.train.rows() => Err(Error::BeyondLog {
                config: config.path.clone(),
                argument: "--answers",
                found,
                most: data.train.rows(),
                of: "train rows",
            }),
            _ => Ok(()),
        }
    }

    fn outcomes(
        &self,
        answers: &[usize],
        seeds: u64,
        progress: &dyn Progress,
    ) -> Result<Vec<NewExpertResult>> {
        let truth = self.data.with_expert_last(self.expert);
        let rest = self.data.without_expert(self.expert);
        let new = &truth.experts[rest.experts.len()];
        let classes = classes(&rest);
        let mut without = Choices::new();
        let mut whole = Choices::new();
        let mut rounds: Vec<Rounds> = answers.iter().map(|_| Rounds::default()).collect();
        for seed in 0..seeds {
            let mut config = self.config.clone();
            config.train.seed = config.train.seed.wrapping_add(seed);
            // A rise of the loss by quantization is a result here, not an error.
            let train = |data: &Dataset| -> Result<Trained> {
                let trained = pipeline::attempt(&config, data, &Forgetful, &Silent)?.trained;
                progress.step(1);
                Ok(trained)
            };
            let old = train(&rest)?;
            without.push(old.int8_choices(&rest.test));
            whole.push(train(&truth)?.int8_choices(&truth.test));
            let drawn = draw(&truth, config.train.seed);
            for (&answers, rounds) in answers.iter().zip(&mut rounds) {
                let known = ClassAccuracies::of(&drawn[..answers], &classes);
                let new = (new.name.as_str(), new.mean_price);
                let extension = Extension::new(&old, &config, &rest, new, &known, &Silent)?;
                progress.step(1);
                let choices = |trained: &Trained| trained.int8_choices(&truth.test);
                // Which of the two is taken is a matter of losses alone here.
                let method = extension.weighed.method();
                rounds.extended.push(choices(&extension.last_row.trained));
                rounds.anew.push(choices(&extension.anew.trained));
                rounds.anew_taken.push(method == ExtensionMethod::Anew);
            }
        }
        let outcomes = answers.iter().zip(rounds);
        Ok(outcomes
            .map(|(&answers, rounds)| self.outcome(answers, &truth, &without, &rounds, &whole))
            .collect())
    }

    fn outcome(
        &self,
        answers: usize,
        truth: &Dataset,
        without: &Choices,
        rounds: &Rounds,
        whole: &Choices,
    ) -> NewExpertResult {
        let test = &truth.test;
        let Rounds { extended, anew, anew_taken } = rounds;
        let ways = extended.iter().zip(anew).zip(anew_taken);
        let taken: Choices =
            ways.map(|((row, anew), &taken)| if taken { anew } else { row }.clone()).collect();
        let of = |choices: &Choices| -> SeedLosses {
            choices.iter().map(|choices| losses(test, choices)).collect()
        };
        let lines = [without, extended, anew, &taken, whole].map(of);
        let paired = Paired::new(test, &lines);
        let new = test.experts() - 1;
        let asked = |choices: &Choices| {
            let count = choices.iter().flatten().filter(|&&k| k == new).count();
            count as f64 / (test.rows() * choices.len()).max(1) as f64
        };
        let single = best_single(test);
        let anew_count = anew_taken.iter().filter(|&&taken| taken).count();
        NewExpertResult {
            log: self.name.clone(),
            expert: truth.experts[new].name.clone(),
            answers,
            without: paired.means[0],
            extended: paired.means[1],
            anew: paired.means[2],
            taken: paired.means[3],
            anew_taken: anew_count as f64 / anew_taken.len().max(1) as f64,
            whole: paired.means[4],
            best_single: test.mean_deferral_loss(|_| single),
            best_single_name: truth.experts[single].name.clone(),
            extended_against: paired.against(1, 0),
            anew_against: paired.against(2, 0),
            taken_against: paired.against(3, 0),
            asked: [asked(extended), asked(anew), asked(whole)],
        }
    }
}

/// What came of one number of answers, for each seed.
#[derive(Default)]
struct Rounds {
    extended: Choices,
    anew: Choices,
    anew_taken: Vec<bool>,
}

/// The last expert's answers to all train rows in a random order: the first so many of them are a
/// sample, and larger samples hold the smaller ones.
fn draw(truth: &Dataset, seed: u64) -> Vec<LabelledAnswer> {
    let train = &truth.train;
    let mut order: Vec<usize> = (0..train.rows()).collect();
    Random::new(seed ^ 0x0a45_3e25).shuffle(&mut order);
    let labels = train.labels().unwrap_or_default();
    let answer = |row: usize| LabelledAnswer {
        label: labels[row],
        right: train.errors().row(row)[train.experts() - 1] == 0.0,
    };
    order.into_iter().map(answer).collect()
}

impl NewExpertStudy {
    /// The table in Markdown.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let mut text = format!(
            "Deferral loss on the test rows, means over {} seeds; differences with paired 95 % intervals\n\n\
             | log | expert | answers | without | extended | anew | taken | all its answers | best single \
             | extended - without | anew - without | taken - without | asked: extended / anew / all |\n\
             |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
            self.seeds,
        );
        let loss = |loss: f64| format!("{loss:.4}");
        for outcome in &self.outcomes {
            let cells = [
                outcome.log.clone(),
                outcome.expert.clone(),
                outcome.answers.to_string(),
                loss(outcome.without),
                loss(outcome.extended),
                loss(outcome.anew),
                loss(outcome.taken),
                loss(outcome.whole),
                format!("{} {}", loss(outcome.best_single), outcome.best_single_name),
                outcome.extended_against.to_string(),
                outcome.anew_against.to_string(),
                outcome.taken_against.to_string(),
                outcome.asked.map(|share| format!("{:.1} %", 100.0 * share)).join(" / "),
            ];
            text += &format!("| {} |\n", cells.join(" | "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing::log;

    /// A third expert who is right on class 1 only, and cheap, where `cloud` is dear.
    fn with_specialist() -> (Config, Dataset) {
        let (config, mut data) = log(300, 150);
        for part in [&mut data.train, &mut data.calibration, &mut data.test] {
            part.edit(|columns| {
                columns.prices.chunks_exact_mut(2).for_each(|prices| prices[1] = 0.4)
            });
        }
        let right = |part: &crate::data::part::Part, row: usize| {
            f32::from(u8::from(part.labels().unwrap()[row] != 1))
        };
        (config, data.with_expert("special", 0.02, right))
    }

    fn studied(hidden: &[u16], answers: &[usize]) -> NewExpertStudy {
        let (mut config, data) = with_specialist();
        config.rejector.hidden = Some(hidden.to_vec());
        let logs = [StudiedLog { name: "log".to_owned(), config, data: &data, expert: 2 }];
        study(&logs, answers, 2, &Silent).unwrap()
    }

    #[test]
    fn a_specialist_comes_back_by_its_answers() {
        let study = studied(&[], &[5, 80]);
        let [few, many] = &study.outcomes[..] else { panic!("{study:?}") };
        assert_eq!((few.answers, many.answers, many.expert.as_str()), (5, 80, "special"));
        assert_eq!((few.without, few.whole), (many.without, many.whole));
        assert!(many.extended < many.without && many.anew < many.without, "{many:?}");
        assert!(many.asked[0] > 0.1, "{many:?}");
        let difference = many.extended_against.difference.mean;
        assert!((difference - (many.extended - many.without)).abs() < 1e-12);
        assert!(study.render().contains("| log | special | 80 |"), "{}", study.render());
    }

    /// The four units have learnt where `local` fails, not the class: one more row does not help,
    /// as the expected errors on the calibration rows show.
    #[test]
    fn where_hidden_layers_do_not_know_the_class_training_anew_is_taken() {
        let study = studied(&[4], &[80]);
        let [outcome] = &study.outcomes[..] else { panic!("{study:?}") };
        assert_eq!(outcome.anew_taken, 1.0, "{outcome:?}");
        assert!(outcome.taken < outcome.extended && outcome.taken < outcome.without, "{outcome:?}");
    }

    #[test]
    fn draws_are_seeded_and_answers_are_those_of_the_rows() {
        let (_, data) = with_specialist();
        let drawn = draw(&data, 1);
        assert_eq!((drawn.len(), &drawn), (300, &draw(&data, 1)));
        assert_ne!(drawn, draw(&data, 2));
        assert!(drawn.iter().all(|answer| answer.right == (answer.label == 1)));
    }

    #[test]
    fn what_cannot_be_studied_is_refused() {
        let (config, data) = with_specialist();
        assert_eq!(experts(&config, &data, None).unwrap(), [1, 2]);
        assert_eq!(experts(&config, &data, Some("cloud")).unwrap(), [1]);
        let error = experts(&config, &data, Some("local")).unwrap_err().to_string();
        assert!(error.contains("found `local`, expected one of `cloud`, `special`"), "{error}");
        let error = experts(&config, &data.without_expert(1), None).unwrap_err().to_string();
        assert!(error.contains("found 2, expected at least 3"), "{error}");
        let refused = |data: &Dataset, answers: usize, part: &str| {
            let logs =
                [StudiedLog { name: String::new(), config: config.clone(), data, expert: 2 }];
            let error = study(&logs, &[answers], 1, &Silent).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        refused(&data, 301, "found 301, expected at most the 300 train rows");
        let mut soft = data.clone();
        soft.train.edit(|columns| columns.errors[2] = 0.5);
        refused(&soft, 10, "errors of `special`: found 0.5, expected 0 or 1");
    }
}
