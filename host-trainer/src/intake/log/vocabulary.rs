//! The classes of a log: what the labels say, and the answers that none of them is.

use std::collections::HashMap;

use super::cell;
use super::numbered::Numbered;
use crate::data::notes::Strangers;

/// The most classes.
const MOST: usize = 1 << 16;

/// The most different wrong answers of an expert that are remembered.
const REMEMBERED: usize = 1 << 16;

/// Examples of answers that are no class.
const EXAMPLES: usize = 3;

/// The classes that labels have had, numbered in the order of their first appearance, and the wrong
/// answers of each expert.
pub(super) struct Vocabulary {
    codes: Numbered,
    /// The number of classes that the configuration states.
    stated: Option<u32>,
    answers: Vec<Answers>,
}

/// The answers of an expert.
#[derive(Default)]
struct Answers {
    given: usize,
    /// Wrong ones. A label of a later row may still make a class of one.
    wrong: Numbered,
    /// How often each wrong one was given.
    counts: Vec<usize>,
    /// Those beyond the ones that are remembered.
    beyond: usize,
}

/// The classes in their order.
pub(super) struct Classes {
    pub(super) names: Vec<String>,
    /// The class of every code.
    pub(super) of_code: Vec<u16>,
}

impl Vocabulary {
    pub(super) fn new(experts: usize, stated: Option<u32>) -> Self {
        let answers = std::iter::repeat_with(Answers::default).take(experts).collect();
        Self { codes: Numbered::default(), stated, answers }
    }

    /// The code of a label, or what it should have been.
    pub(super) fn label(&mut self, class: &str) -> Result<u16, String> {
        if let Some(code) = self.codes.get(class) {
            return Ok(code as u16);
        }
        let most = self.stated.map_or(MOST, |stated| stated as usize);
        if let (Some(stated), Some(number)) = (self.stated, cell::integer(class))
            && !(0..i64::from(stated)).contains(&number)
        {
            return Err(format!("a class, an integer of 0..={}", stated - 1));
        }
        if self.codes.texts().len() == most {
            return Err(format!("at most {most} classes, and this is one more"));
        }
        Ok(self.codes.push(class) as u16)
    }

    /// Whether an answer is wrong; it is counted.
    pub(super) fn is_wrong(&mut self, expert: usize, answer: &str, label: &str) -> bool {
        let answers = &mut self.answers[expert];
        answers.given += 1;
        if answer == label {
            return false;
        }
        if let Some(number) = answers.wrong.get(answer) {
            answers.counts[number] += 1;
        } else if answers.counts.len() < REMEMBERED {
            answers.wrong.push(answer);
            answers.counts.push(1);
        } else {
            answers.beyond += 1;
        }
        true
    }

    /// The classes: integers in their order, else by their letters. If the configuration states
    /// their number and all are integers, those that no label has are classes as well.
    pub(super) fn classes(&self) -> Classes {
        let number = |name: &String| name.parse::<i64>().ok();
        let labels = self.codes.texts();
        let integers = labels.iter().all(|name| number(name).is_some());
        let mut names = match self.stated {
            Some(stated) if integers => (0..stated).map(|class| class.to_string()).collect(),
            _ => labels.to_vec(),
        };
        if integers {
            names.sort_by_key(number);
        } else {
            names.sort_unstable();
        }
        let place: HashMap<&str, u16> =
            (0..).zip(&names).map(|(place, name)| (name.as_str(), place)).collect();
        let of_code = labels.iter().map(|name| place[name.as_str()]).collect();
        Classes { names, of_code }
    }

    /// The answers of each expert that no label has.
    pub(super) fn strangers(&self, experts: &[&str]) -> Vec<Strangers> {
        let of = |(expert, answers): (&&str, &Answers)| {
            let wrong = answers.wrong.texts().iter().zip(&answers.counts);
            let strange = wrong.filter(|(text, _)| self.codes.get(text).is_none());
            let mut strange: Vec<(&String, &usize)> = strange.collect();
            strange.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            let known = strange.iter().map(|(_, count)| **count).sum::<usize>();
            let alike = strange.iter().find_map(|(text, _)| {
                let class = self.codes.texts().iter().find(|name| plain(name) == plain(text))?;
                Some((text.to_string(), class.clone()))
            });
            let examples = strange.iter().take(EXAMPLES).map(|(text, _)| text.to_string());
            Strangers {
                expert: (*expert).to_owned(),
                rows: known + answers.beyond,
                answers: answers.given,
                examples: examples.collect(),
                alike,
            }
        };
        let all = experts.iter().zip(&self.answers).map(of);
        all.filter(|strangers| strangers.rows > 0).collect()
    }
}

/// Letters and digits alone, without case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(labels: &[&str], stated: Option<u32>) -> Vocabulary {
        let mut vocabulary = Vocabulary::new(1, stated);
        for label in labels {
            vocabulary.label(label).unwrap();
        }
        vocabulary
    }

    #[test]
    fn classes_are_in_the_order_of_numbers_or_of_letters() {
        let classes = |labels: &[&str], stated| {
            let Classes { names, of_code } = read(labels, stated).classes();
            (names.join(" "), of_code)
        };
        assert_eq!(classes(&["10", "9", "-1", "9"], None), ("-1 9 10".to_owned(), vec![2, 1, 0]));
        assert_eq!(classes(&["dog", "10", "9"], None), ("10 9 dog".to_owned(), vec![2, 0, 1]));
        assert_eq!(classes(&["2", "0"], Some(4)), ("0 1 2 3".to_owned(), vec![2, 0]));
    }

    #[test]
    fn a_stated_number_of_classes_is_kept() {
        assert!(read(&["0"], Some(2)).label("2").unwrap_err().contains("0..=1"));
        assert!(read(&["a", "b"], Some(2)).label("c").unwrap_err().contains("at most 2 classes"));
    }

    #[test]
    fn answers_that_are_no_class_are_counted() {
        let mut vocabulary = Vocabulary::new(2, None);
        for (label, answer) in [("cat", "Cat"), ("cat", "bird"), ("cat", "dog"), ("dog", "dog")] {
            vocabulary.label(label).unwrap();
            assert_eq!(vocabulary.is_wrong(1, answer, label), answer != label);
        }
        let strangers = vocabulary.strangers(&["local", "cloud"]);
        let expected = Strangers {
            expert: "cloud".to_owned(),
            rows: 2,
            answers: 4,
            examples: vec!["Cat".to_owned(), "bird".to_owned()],
            alike: Some(("Cat".to_owned(), "cat".to_owned())),
        };
        assert_eq!(strangers, [expected]);
    }
}
