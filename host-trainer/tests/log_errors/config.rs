//! Configurations.

use crate::{DATA, EXPERTS, config, says};

#[track_caller]
fn config_says(text: &str, parts: &[&str]) {
    says(config(text).unwrap_err(), parts);
}

#[test]
fn configurations_that_are_not_toml() {
    config_says(
        "[data]\nlog = \n",
        &["dir/mild.toml:2: found text that is not TOML", "expected `key = value`"],
    );
    config_says("[data]\nlog = \"a\"\nlog = \"b\"\n", &["dir/mild.toml:3:", "duplicate key"]);
}

#[test]
fn unknown_keys() {
    let parts = [
        "dir/mild.toml:2: found unknown key `data.lable` (did you mean `label`?)",
        "expected one of `log`",
    ];
    config_says("[data]\nlable = \"y\"\n", &parts);
    config_says(
        "[trian]\n",
        &[":1: found unknown key `trian` (did you mean `train`?)", "`quantize`"],
    );
    config_says("top = 1\n", &[":1: found unknown key `top`, expected one of `data`"]);
    let text = format!("{DATA}{EXPERTS}prize = 1\n");
    config_says(&text, &[":13: found unknown key `expert[1].prize`", "`price_column`"]);
}

#[test]
fn budgets_are_positive_integers() {
    let budget = |text: &str| format!("{DATA}{EXPERTS}[budget]\n{text}\n");
    for (text, parts) in [
        ("image_bytes = 0", [":14: `budget.image_bytes`: found integer 0", "integer of 1..="]),
        ("macs = 10.5", [":14: `budget.macs`: found float 10.5", "integer of 1..="]),
        (
            "feature_instructions = 9000",
            [":14: `budget.feature_instructions`: found 9000", "`feature_core` beside it"],
        ),
        ("feature_core = 'm0'", ["`budget.feature_core`: found `m0`", "`feature_instructions`"]),
        ("scratch = 9", ["unknown key `budget.scratch`", "`scratch_bytes`"]),
    ] {
        config_says(&budget(text), &parts);
    }
    let read = config(&budget("macs = 500\nscratch_bytes = 64")).unwrap().budget;
    assert_eq!(read.image_bytes, None);
    assert_eq!(read.macs.map(|limit| (limit.most, limit.line)), Some((500, 14)));
    assert_eq!(read.scratch_bytes.map(|limit| (limit.most, limit.line)), Some((64, 15)));
}

#[test]
fn only_the_device_says_how_sure_it_is() {
    let other = ["only expert 0, the device itself"];
    let text = format!("{DATA}{EXPERTS}confidence = \"c\"\n");
    config_says(&text, &["mild.toml:13: `expert[1].confidence`: found `c`", other[0]]);
    let text = format!("{DATA}{EXPERTS}probabilities = [\"c\", \"d*\"]\n");
    config_says(&text, &["mild.toml:13: `expert[1].probabilities`: found `c`, `d*`", other[0]]);
    for (keys, parts) in [
        (
            "confidence = 'c'\nprobabilities = ['d*']",
            ["`probabilities` beside `confidence`", "at most one"],
        ),
        (
            "probabilities = []",
            ["`expert[0].probabilities`: found nothing", "one column per class"],
        ),
        (
            "probabilities = ['[']",
            ["`expert[0].probabilities[0]`: found `[`", "a column name or glob"],
        ),
        ("probabilities = 'c'", ["`expert[0].probabilities`: found text", "an array of texts"]),
        ("confidence = ''", ["`expert[0].confidence`: found text", "not empty"]),
    ] {
        // Into the section of the device, before that of the other.
        let experts = EXPERTS.replacen("\n[[expert]]", &format!("\n{keys}\n[[expert]]"), 1);
        config_says(&format!("{DATA}{experts}"), &parts);
    }
}

#[test]
fn windows_that_make_no_sense() {
    const WINDOW: &str = "[[window]]\nname = 'a'\nsamples = ['s*']\nstatistics = ['mean']\n";
    for (from, to, parts) in [
        ("name = 'a'\n", "", ["`window[0].name`: found nothing", "a name for its features"]),
        ("['s*']", "[]", ["`window[0].samples`: found nothing", "at least one name or glob"]),
        ("['mean']", "[]", ["`window[0].statistics`: found nothing", "at least one statistic"]),
        (
            "'mean'",
            "'maen'",
            ["`window[0].statistics[0]`: found text \"maen\"", "did you mean `mean`"],
        ),
        ("'mean'", "'rms', 'rms'", ["`window[0].statistics[1]`: found `rms` again", "once"]),
        (
            "'mean'",
            "'quantile-101'",
            ["`window[0].statistics[0]`: found text \"quantile-101\"", "`quantile-PERCENT`"],
        ),
        (
            "['mean']",
            "['mean']\nchanges = ['rms']",
            ["`window[0].changes`: found one window a row", "`windows`"],
        ),
    ] {
        config_says(&format!("{DATA}{EXPERTS}{}", WINDOW.replace(from, to)), &parts);
    }
    config_says(
        &format!("{DATA}{EXPERTS}{WINDOW}{WINDOW}"),
        &["`window[1].name`: found `a` again"],
    );
    config_says(&format!("{DATA}{EXPERTS}[window]\n"), &["one `[[window]]` per window"]);
}

#[test]
fn values_of_the_wrong_kind() {
    for (text, parts) in [
        ("data = 3", ["`data`: found integer 3", "a section, `[data]`"]),
        ("[expert]\nname = 'a'", ["`expert`: found a table", "one `[[expert]]` per expert"]),
        (
            "[data]\nfeatures = 'x*'",
            [":2: `data.features`: found text \"x*\"", "an array of texts"],
        ),
        (
            "[data]\nfeatures = [\n1]",
            [":3: `data.features[0]`: found integer 1", "a text that is not empty"],
        ),
        ("[data]\nlabel = true", ["`data.label`: found boolean true", "a text that is not empty"]),
        ("[data]\nclasses = 0", ["`data.classes`: found integer 0", "an integer of 1..=65536"]),
        (
            "[[expert]]\nprice = -0.1",
            ["`expert[0].price`: found float -0.1", "a finite number >= 0"],
        ),
        (
            "[[expert]]\n[[expert]]\nprice = inf",
            [":3: `expert[1].price`: found float inf", "a finite number >= 0"],
        ),
        (
            "[[expert]]\nprice = 'low'",
            ["`expert[0].price`: found text \"low\"", "a finite number >= 0"],
        ),
        ("[raw]\nscale = 0", ["`raw.scale`: found integer 0", "a finite number > 0, or a table"]),
        (
            "[raw]\nscale = { 'x*' = -1.0 }",
            ["`raw.scale.x*`: found float -1.0", "a finite number > 0"],
        ),
        ("[raw]\noffset = nan", ["`raw.offset`: found float nan", "a finite number"]),
        ("[rejector]\nmethod = 'milt'", ["found text \"milt\"", "`auto` (did you mean `mild`?)"]),
        (
            "[rejector]\nhidden = [8, 0]",
            ["`rejector.hidden[1]`: found integer 0", "an integer of 1..=1024"],
        ),
        ("[rejector]\nhidden = [1,1,1,1,1]", ["found an array of 5", "at most 4 integers"]),
        ("[train]\nseed = -1", ["`train.seed`: found integer -1", "an integer of 0..="]),
        (
            "[train]\ntau = 'mean'",
            ["`train.tau`: found text \"mean\"", "one of `one`, `sum`, `max`"],
        ),
        ("[train]\nform = 'i'", ["`train.form`: found text \"i\"", "one of `I`, `N`"]),
        ("[train]\nrho_rule = 1", ["`train.rho_rule`: found integer 1", "one of `mass`, `count`"]),
        ("[train]\nrho_bar = 0.0", ["`train.rho_bar`: found float 0.0", "a finite number > 0"]),
        ("[train]\nl2 = -1", ["`train.l2`: found integer -1", "a finite number >= 0"]),
        ("[train]\nfolds = 1", ["`train.folds`: found integer 1", "an integer of 2..=20"]),
        ("[train]\nmax_iterations = 0.5", ["found float 0.5", "an integer of 1..="]),
        ("[train]\neffort = 'slow'", ["`train.effort`: found text \"slow\"", "`thorough`"]),
        (
            "[quantize]\ntolerance = -1.0",
            ["`quantize.tolerance`: found float -1.0", "a finite number >= 0"],
        ),
        (
            "[quantize]\nranges = \"percentile\"\npercentile = 50.0",
            ["`quantize.percentile`: found float 50.0", "above 50 and up to 100"],
        ),
    ] {
        config_says(text, &["dir/mild.toml:", parts[0], "expected", parts[1]]);
    }
}

#[test]
fn keys_that_do_not_fit_each_other() {
    let with = |old: &str, new: &str| {
        let text = format!("{DATA}{EXPERTS}");
        assert!(text.contains(old));
        text.replacen(old, new, 1)
    };
    config_says(EXPERTS, &["`data`: found nothing", "expected a section `[data]`"]);
    config_says(
        &with("log = \"log.csv\"\n", ""),
        &[":1: `data.log`: found nothing", "expected the path"],
    );
    config_says(
        &with("features = [\"x*\"]\n", ""),
        &[":1: `data.features`: found nothing", "expected at least one"],
    );
    config_says(
        &with("x*", "x[0"),
        &[":3: `data.features[0]`: found `x[0`", "expected a column name or glob"],
    );
    config_says(
        &with("[\"x*\"]", "[\"x*\"]\ncategorical = [\"c\", \"c\"]"),
        &["`data.categorical[1]`: found `c` again"],
    );
    config_says(DATA, &["`expert`: found 0 sections", "expected 2 to 32"]);
    let many: String =
        (0..33).map(|i| format!("[[expert]]\nname = \"e{i}\"\nprediction = \"a\"\n")).collect();
    config_says(&format!("{DATA}{many}"), &["`expert`: found 33 sections", "expected 2 to 32"]);
    config_says(
        &with("name = \"cloud\"\n", ""),
        &[":9: `expert[1].name`: found nothing", "expected a name"],
    );
    config_says(&with("\"cloud\"", "\"\""), &["`expert[1].name`: found text \"\"", "not empty"]);
    config_says(
        &with("\"cloud\"", "\"local\""),
        &[":10: `expert[1].name`: found `local`", "expected a unique name"],
    );
    config_says(
        &with("cloud", &"é".repeat(17)),
        &["`expert[1].name`", "of 34 bytes", "expected at most 32 bytes"],
    );
    config_says(
        &with("prediction = \"a\"\n", ""),
        &[":6: `expert[0].prediction`: found nothing", "either"],
    );
    let both = with("prediction = \"a\"", "prediction = \"a\"\nloss_column = \"l\"");
    config_says(
        &both,
        &[":9: `expert[0].loss_column`: found `loss_column` beside `prediction`", "either"],
    );
    let both = with("price = 0.1", "price = 0.1\nprice_column = \"c\"");
    config_says(
        &both,
        &[":13: `expert[1].price_column`: found `price_column` beside `price`", "at most one"],
    );
    // The older spellings are keys as well, and messages use them as the file does.
    config_says(
        &with("price = 0.1", "cost = 0.1\nprice_column = \"c\""),
        &[
            ":13: `expert[1].price_column`: found `price_column` beside `cost`",
            "at most one of `cost`",
        ],
    );
    config_says(&with("price = 0.1", "cost = -1"), &[":12: `expert[1].cost`: found integer -1"]);
    config_says(
        &with("price = 0.1", "price = 0.1\ncost = 0.1"),
        &[":13: found both `expert[1].price` and its older spelling `cost`", "one of them"],
    );
    let older = with("price = 0.1", "cost_column = \"c\"");
    assert_eq!(
        config(&older).unwrap().experts,
        config(&older.replace("cost_column", "price_column")).unwrap().experts
    );
    config_says(
        &with("label = \"label\"\n", ""),
        &["`data.label`: found nothing", "`expert[0].prediction`", "expected"],
    );
    config_says(
        &format!("{DATA}{EXPERTS}[raw]\noffset = 1\n"),
        &[":13: `raw.scale`: found nothing", "expected a scale"],
    );
}

#[test]
fn a_percentile_without_its_rule() {
    let text = format!("{DATA}{EXPERTS}[quantize]\npercentile = 99.0\n");
    config_says(&text, &["`quantize.percentile`: found 99", "or `ranges = \"percentile\"`"]);
}

#[test]
fn an_exponent_beside_a_rule_that_takes_none() {
    let train = |keys: &str| format!("{DATA}{EXPERTS}[train]\nrho_rule = 'balance'\n{keys}\n");
    config_says(
        &train("gamma = 0.25"),
        &[":15: `train.gamma`: found 0.25", "no `gamma`: the rule `balance` has no exponent"],
    );
    assert!(config(&train("rho_bar = 3.0")).is_ok());
}

#[test]
fn scores_ranges_and_money() {
    let expert = |keys: &str| format!("[[expert]]\nname = \"local\"\n{keys}\n{EXPERTS}");
    for (keys, parts) in [
        (
            "loss_column = 'l'\nscore_column = 's'",
            [":9: `expert[0].score_column`: found `score_column` beside `loss_column`", "only one"],
        ),
        (
            "prediction = 'a'\nscore_column = 's'",
            ["found `score_column` beside `prediction`", "either `prediction` or `score_column`"],
        ),
    ] {
        config_says(&format!("{DATA}{}", expert(keys)), &parts);
    }
    let range = |range: &str| format!("{DATA}loss_range = {range}\n{EXPERTS}");
    for found in ["[1, 0]", "[0, 0]", "[0]", "[0, 1, 2]", "['a', 'b']", "5", "[0, inf]"] {
        let parts = [":6: `data.loss_range`", "two finite numbers, the lower one first"];
        config_says(&range(found), &parts);
    }
    config_says(
        &range("[0, 100]"),
        &[":6: `data.loss_range`: found [0, 100], expected a `loss_column` or a `score_column`"],
    );
    let units = |units: &str| format!("{DATA}{EXPERTS}[units]\n{units}\n");
    config_says(
        &units("money_per_error = 0"),
        &["`units.money_per_error`: found integer 0, expected a finite number > 0"],
    );
    config_says(
        &units("money_per_error = 2\nmoney = 0.5"),
        &[":15: `units.money`", "only one of `money` and `money_per_error`"],
    );
}
