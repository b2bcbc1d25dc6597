//! What the words of reports mean: one line each, for the page and for `mild explain`.

/// A word of a report and its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// The word, as reports write it.
    pub name: &'static str,
    /// Sentences.
    pub meaning: &'static str,
}

macro_rules! terms {
    ($($name:literal: $meaning:literal,)+) => {
        &[$(Term { name: $name, meaning: $meaning }),+]
    };
}

/// All words, in the order of the alphabet.
pub(crate) const TERMS: &[Term] = terms! {
    "accuracy": "The share of rows that are answered correctly by whoever is asked.",
    "advantage": "By how much the best score of the other experts exceeds that of the device, each \
        with its offset.",
    "agreement": "The share of rows on which the float network and the image ask the same expert.",
    "always": "Asking the same expert on every row, without a rejector.",
    "APGR": "Average performance gap recovered: how much of the gap between always local and the best \
        expert a method closes, averaged over all deferral rates. 1 closes it everywhere.",
    "balance": "How evenly the experts are needed, from 0 (always the same one) to 1 (all equally \
        often): the entropy of how often each is the cheapest right one, over the largest possible.",
    "best single": "The expert with the lowest mean deferral loss, asked on every row. \"On \
        calibration\" it is chosen beforehand, as you would have to; \"in hindsight\" it is chosen on \
        the test rows themselves, which favours it.",
    "budget": "The deferral rate that a governor keeps.",
    "calibration rows": "Rows that the network is not fitted on. Offsets, thresholds and promises come \
        from them.",
    "candidate": "A loss, a network and a penalty that the search tries.",
    "cheapest right": "How often an expert is the cheapest of those that answer a row correctly.",
    "coverage": "The share of rows that the device answers itself.",
    "CPT": "Call-performance threshold: the share of rows that a method must defer to close a given \
        part of the gap between always local and the best expert. Lower is better.",
    "cross-validated": "Measured on rows that were kept out of the fitting, in turn. The best of many \
        candidates looks a little better than it is.",
    "deferral loss": "Error plus price. Training keeps its mean over rows low.",
    "deferral rate": "The share of rows on which an expert other than the device is asked.",
    "deferred": "Not answered by the device: an expert is asked.",
    "drift flags": "How often a governor reported that the stream no longer looks like the rows that \
        the image was calibrated on.",
    "error": "0 if an answer is right, 1 if it is wrong, or a loss in between.",
    "expert": "Whoever can answer an input; the first one is the device itself.",
    "governor": "Keeps the deferral rate at a budget while the stream changes, by moving the threshold.",
    "image": "The file that a device runs: network, offsets, prices and operating points, all integers.",
    "int8": "The image's own integers: what a device computes, bit for bit.",
    "interval": "The range in which the figure lies for 95 of 100 samples that are drawn from these \
        rows (bootstrap). Groups of rows are drawn whole.",
    "local": "The device's own model, expert 0.",
    "margin": "In a decision: by how much the score of the expert that is asked exceeds the next best, \
        each with its offset. In a loss: how much confidence it demands of an expert's score (rho).",
    "minority recall": "On rows where a minority expert is the cheapest right one: the share on which \
        it is asked. A minority expert is needed on fewer rows than an even share.",
    "multiply-accumulates": "Products that one decision adds up, the usual measure of its work.",
    "nobody right": "The share of rows that no expert answers correctly.",
    "offset": "What is added to an expert's score before the scores are compared.",
    "operating points": "The table of deferral rates and thresholds in an image, for changing the rate \
        on the device.",
    "oracle": "The cheapest choice on each row, known only afterwards. No rule reaches it.",
    "permutation importance": "By how much the deferral loss rises if the values of one feature are \
        shuffled among the rows, so that they say nothing about their row. Features that say the same \
        stand in for each other: each alone seems to matter little.",
    "Platt scaling": "The map from a network's output to the probability that an expert is right.",
    "price": "What one use of an expert costs, in units of one error.",
    "promise": "A limit that holds on new data with a stated confidence.",
    "rank": "A method's place among the methods on one log, averaged over logs; 1 is best.",
    "rejector": "The small network that decides whom to ask.",
    "score": "The rejector's output for one expert. The highest score plus offset wins.",
    "scratch": "The memory that a decision works in, in bytes. The caller provides it.",
    "threshold": "What the advantage must exceed for a deferral, in score units; 0 is the image\u{2019}s \
        own.",
    "ties": "The share of rows on which several experts cost the least.",
    "weight": "An expert's share of the squared weights of the training loss: how much the expert \
        counts in training.",
};

/// The term of this name, whatever its case, with spaces, hyphens or underscores.
pub(crate) fn term(name: &str) -> Option<&'static Term> {
    let plain = |name: &str| name.replace(['-', '_'], " ").to_lowercase();
    TERMS.iter().find(|term| plain(term.name) == plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_in_order_and_end_in_a_full_stop() {
        let names: Vec<String> = TERMS.iter().map(|term| term.name.to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for Term { name, meaning } in TERMS {
            assert!(meaning.ends_with('.') && !meaning.contains("  "), "{name}: {meaning}");
        }
    }

    #[test]
    fn terms_are_found_however_they_are_written() {
        let recall = term("minority recall").unwrap();
        assert_eq!(term("minority-recall"), Some(recall));
        assert_eq!(term("Minority_Recall"), Some(recall));
        assert_eq!(term("apgr").unwrap().name, "APGR");
        assert_eq!(term("majority recall"), None);
    }
}
