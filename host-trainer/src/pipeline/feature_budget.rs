//! Whether the features of windows take no more of the device than they may.

use crate::data::dataset::Dataset;
use crate::error::{ConfigError, Error, Result, list};
use crate::intake::config::{Config, FeatureBudget};
use crate::integers::window_costs::{dearest_beyond, window_costs};

/// # Errors
/// [`ConfigError::Value`] if they take more, with the dearest ones, which are to be left out.
pub(super) fn check(config: &Config, data: &Dataset) -> Result<()> {
    let Some(FeatureBudget { instructions, core }) = config.feature_budget else { return Ok(()) };
    let total = window_costs(&data.windows, core).total;
    let most = instructions.most as f64;
    if total <= most {
        return Ok(());
    }
    let (left_out, rest) = dearest_beyond(&data.windows, core, most);
    let advice = match rest > 0.0 {
        true => format!("{} left out, they take {rest:.0}", with(&left_out)),
        false => "no window feature fits".to_owned(),
    };
    Err(Error::from(ConfigError::Value {
        file: config.path.clone(),
        line: instructions.line,
        excerpt: config.line(instructions.line),
        key: "budget.feature_instructions".to_owned(),
        found: format!("window features that take {total:.0} instructions on `{core}`, estimated"),
        expected: format!("at most {}; {advice}", instructions.most),
    }))
}

fn with(left_out: &[String]) -> String {
    format!("with {}", list(left_out.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use mild::window_features::{SpectralStatistic, Statistic};

    use super::*;
    use crate::data::window::{LogWindow, Window};
    use crate::intake::testing;

    #[test]
    fn what_is_beyond_is_named_with_what_to_leave_out() {
        let (_, mut data) = testing::log(40, 20);
        let window = Window {
            name: "sound".to_owned(),
            statistics: vec![Statistic::Rms],
            spectrum: vec![SpectralStatistic::Dominant],
            ..Window::default()
        };
        data.windows = vec![LogWindow { window, length: 256, first: 0 }];
        let config = |most: u32| {
            let text = format!(
                "[data]\nlog = 'l'\nfeatures = ['a', 'b']\nlabel = 'y'\n[[expert]]\nname = \
                 'local'\nprediction = 'p'\n[[expert]]\nname = 'cloud'\nprediction = 'q'\n\
                 [budget]\nfeature_core = 'm0'\nfeature_instructions = {most}\n"
            );
            Config::parse(&text, Path::new("mild.toml")).unwrap()
        };
        check(&config(10_000_000), &data).unwrap();
        let error = check(&config(1_000_000), &data).unwrap_err().to_string();
        for part in [
            "mild.toml:13: `budget.feature_instructions`: found window features that take 1",
            "on `m0`, estimated, expected at most 1000000; with `sound.dominant` left out, they take",
        ] {
            assert!(error.contains(part), "{error}");
        }
        let error = check(&config(1), &data).unwrap_err().to_string();
        assert!(error.ends_with("at most 1; no window feature fits"), "{error}");
    }
}
