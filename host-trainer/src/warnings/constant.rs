//! A feature that is the same on every train row: nothing can be learned from it.

use super::look::{Look, Warning, some};

pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    let train = &look.data.train;
    let is_constant = |input: usize| {
        let mut column = train.features().column(input);
        let first = column.next();
        column.all(|value| Some(value) == first)
    };
    let constant: Vec<&str> =
        look.numbers().filter(|&(input, _)| is_constant(input)).map(|(_, name)| name).collect();
    if constant.is_empty() {
        return Vec::new();
    }
    let (are, them) = if constant.len() == 1 { ("is", "it") } else { ("are", "them") };
    let text = format!(
        "{} of {} inputs {are} constant on the train rows: {}. Leave {them} out: each takes bytes and \
         time, and carries no information",
        constant.len(),
        look.data.inputs(),
        some(&constant)
    );
    vec![Warning::new("constant", text)]
}

#[cfg(test)]
mod tests {
    use super::super::look::Judged;
    use super::super::testing::{log, set_feature, warns};

    #[test]
    fn a_constant_feature() {
        let mut data = log(400);
        set_feature(&mut data, |_, _, _| 3.5);
        warns(&data, Judged::ByLabel, "constant", &["1 of 2 inputs is constant", "`a`"]);
    }
}
