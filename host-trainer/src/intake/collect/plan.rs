//! What is to be asked, in which order, and how far a budget goes.

use std::collections::HashSet;

/// What an expert is asked about a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) expert: usize,
    pub(super) row: usize,
    /// The digest under which its answer is kept.
    pub(super) key: String,
    pub(super) price: f64,
    /// Whether the limit of calls counts it.
    pub(super) counts: bool,
}

/// What is known of an expert's answer about a row.
pub(super) enum Known {
    /// The table has it.
    Column,
    /// It was asked before.
    Answered,
    Open(Question),
}

/// What is left of a budget.
pub(super) struct Limits {
    pub(super) calls: Option<u64>,
    pub(super) money: Option<f64>,
}

/// What is asked.
pub(super) struct Plan {
    /// Row by row, so that a budget that ends leaves complete rows.
    pub(super) questions: Vec<Question>,
    /// The rows that will have been asked about.
    pub(super) rows: Vec<usize>,
    /// The rows that will not, for want of calls or money.
    pub(super) beyond_budget: usize,
    /// What it costs.
    pub(super) money: f64,
    /// Of each expert the questions that are answered already.
    pub(super) known: Vec<usize>,
}

/// Sums of prices are not exact.
const TOLERANCE: f64 = 1e-9;

/// Plans the questions about some rows. The budget ends with the first row that it cannot pay whole.
pub(super) fn plan(
    rows: &[usize],
    experts: usize,
    limits: &Limits,
    known: impl Fn(usize, usize) -> Known,
) -> Plan {
    let mut plan = Plan {
        questions: Vec::new(),
        rows: Vec::new(),
        beyond_budget: 0,
        money: 0.0,
        known: vec![0; experts],
    };
    // Rows with the same content ask one question.
    let (mut asked, mut calls) = (HashSet::new(), 0);
    for (index, &row) in rows.iter().enumerate() {
        let (mut open, mut answered) = (Vec::new(), Vec::new());
        for expert in 0..experts {
            match known(expert, row) {
                Known::Column => {}
                Known::Answered => answered.push(expert),
                Known::Open(question) if asked.contains(&question.key) => answered.push(expert),
                Known::Open(question) => open.push(question),
            }
        }
        let more = open.iter().filter(|question| question.counts).count() as u64;
        let price: f64 = open.iter().map(|question| question.price).sum();
        let too_many = limits.calls.is_some_and(|most| more > 0 && calls + more > most);
        let too_dear =
            limits.money.is_some_and(|most| price > 0.0 && plan.money + price > most + TOLERANCE);
        if too_many || too_dear {
            plan.beyond_budget = rows.len() - index;
            break;
        }
        calls += more;
        plan.money += price;
        asked.extend(open.iter().map(|question| question.key.clone()));
        answered.into_iter().for_each(|expert| plan.known[expert] += 1);
        plan.questions.extend(open);
        plan.rows.push(row);
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two experts, the second of which costs 0.1; row 2 has the content of row 0, and row 1 is known
    /// of the second.
    fn known(expert: usize, row: usize) -> Known {
        match (expert, row) {
            (1, 1) => Known::Answered,
            _ => Known::Open(Question {
                expert,
                row,
                key: format!("{expert} {}", if row == 2 { 0 } else { row }),
                price: [0.0, 0.1][expert],
                counts: expert > 0,
            }),
        }
    }

    fn asked(calls: Option<u64>, money: Option<f64>) -> (Vec<usize>, usize, usize) {
        let plan = plan(&[0, 1, 2, 3, 4], 2, &Limits { calls, money }, known);
        (plan.rows, plan.questions.len(), plan.beyond_budget)
    }

    #[test]
    fn the_budget_ends_between_rows() {
        let all = vec![0, 1, 2, 3, 4];
        assert_eq!(asked(None, None), (all.clone(), 7, 0));
        assert_eq!(asked(Some(3), None), (all.clone(), 7, 0));
        assert_eq!(asked(None, Some(0.3)), (all, 7, 0));
        assert_eq!(asked(Some(2), None), (vec![0, 1, 2, 3], 5, 1));
        assert_eq!(asked(None, Some(0.29)), (vec![0, 1, 2, 3], 5, 1));
        assert_eq!(asked(Some(0), None), (vec![], 0, 5));
    }

    #[test]
    fn equal_rows_are_asked_once() {
        let plan = plan(&[0, 2], 2, &Limits { calls: None, money: None }, known);
        assert_eq!((plan.questions.len(), plan.known, plan.money), (2, vec![1, 1], 0.1));
    }
}
