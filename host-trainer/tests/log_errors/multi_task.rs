//! Answers that have a value: what must fit in the configuration, and the cells of the log.

use crate::{config, read, says};

const DATA: &str = "[data]\nlog = \"log.csv\"\nfeatures = [\"x\"]\nlabel = \"label\"\ntarget = \"t\"\n\
    split = \"split\"\n";
const EXPERTS: &str = "[[expert]]\nname = \"local\"\nprediction = \"a\"\nvalue = \"u\"\n[[expert]]\n\
    name = \"cloud\"\nprediction = \"b\"\nvalue = \"v\"\n";
const LOG: &str = "x,label,t,split,a,u,b,v\n1,2,0.5,train,2,0.5,2,1\n3,1,-7,calibration,1,-7,1,-6\n\
    5,0,1e3,test,0,1e3,0,999\n";

/// The usual configuration with one text replaced and more behind it.
#[track_caller]
fn config_says(old: &str, new: &str, more: &str, parts: &[&str]) {
    let text = format!("{DATA}{EXPERTS}{more}");
    assert!(text.contains(old));
    says(config(&text.replacen(old, new, 1)).unwrap_err(), parts);
}

#[test]
fn the_usual_log_reads() {
    let dataset = read(&format!("{DATA}{EXPERTS}"), LOG.as_bytes()).unwrap();
    assert_eq!(dataset.train.errors().values(), [0.0, 0.125 / 6.0]);
}

#[test]
fn values_of_some_experts_only() {
    config_says(
        "value = \"v\"\n",
        "",
        "",
        &[
            ":11: `expert[1].value`: found nothing, although there is `expert[0].value`",
            "of every expert",
        ],
    );
    config_says(
        "value = \"u\"\n",
        "",
        "",
        &[
            ":7: `expert[0].value`: found nothing, although there is `expert[1].value`",
            "of every expert",
        ],
    );
    config_says(
        "prediction = \"b\"\n",
        "",
        "",
        &[
            ":11: `expert[1].prediction`: found nothing, although there is `expert[0].prediction`",
            "beside every `value`",
        ],
    );
    config_says(
        "prediction = \"b\"",
        "loss_column = \"b\"",
        "",
        &[":13: `expert[1].loss_column`: found `loss_column` beside `value`", "only one of them"],
    );
}

#[test]
fn values_without_what_they_are_compared_with() {
    config_says(
        "target = \"t\"\n",
        "",
        "",
        &[
            ":1: `data.target`: found nothing, although there is `expert[0].value`",
            "the column of the true",
        ],
    );
    config_says(
        "label = \"label\"\n",
        "",
        "",
        &[
            "`data.label`: found nothing, although there is `expert[0].prediction`",
            "the right answers",
        ],
    );
    let classes = EXPERTS.replace("value = \"u\"\n", "").replace("value = \"v\"\n", "");
    says(
        config(&format!("{DATA}{classes}")).unwrap_err(),
        &[":5: `data.target`: found `t`, but no values", "expected a `value` of every expert"],
    );
    let data = DATA.replace("target = \"t\"\n", "");
    says(
        config(&format!("{data}{classes}[multi_task]\nlambda_1 = 1\n")).unwrap_err(),
        &[":12: `multi_task`: found the section, but no values", "`value` of every expert"],
    );
}

#[test]
fn weights() {
    for (text, key, found) in [
        ("lambda_1 = -1", "lambda_1", "integer -1, expected a finite number >= 0"),
        ("lambda_2 = nan", "lambda_2", "float nan, expected a finite number >= 0"),
        ("cap = 0", "cap", "integer 0, expected a finite number > 0"),
        ("beta = 0.0", "beta", "float 0.0, expected a finite number > 0"),
        (
            "lambda_1 = 0\nlambda_2 = 0",
            "lambda_2",
            "0 beside `lambda_1` = 0, expected at least one",
        ),
    ] {
        let more = format!("[multi_task]\n{text}\n");
        config_says("x", "x", &more, &[&format!("`multi_task.{key}`: found {found}")]);
    }
    config_says(
        "x",
        "x",
        "[multi_task]\nlamda_1 = 1\n",
        &[":16: found unknown key `multi_task.lamda_1` (did you mean `lambda_1`?)"],
    );
    // Values alone: the weight of a wrong class weighs nothing.
    let values = EXPERTS.replace("prediction = \"a\"\n", "").replace("prediction = \"b\"\n", "");
    let alone = |more: &str| config(&format!("{DATA}{values}[multi_task]\n{more}\n"));
    assert_eq!(alone("cap = 2").unwrap().multi_task.unwrap().largest(), 2.0);
    says(
        alone("lambda_1 = 0.5").unwrap_err(),
        &[":14: `multi_task.lambda_1`: found 0.5, but no expert has a `prediction`", "expected 0"],
    );
    says(
        alone("lambda_2 = 0").unwrap_err(),
        &[":14: `multi_task.lambda_2`: found 0 beside `lambda_1` = 0", "above 0"],
    );
}

#[test]
fn the_method_has_its_own_tau() {
    for tau in ["max", "one"] {
        let more = format!("[rejector]\nmethod = \"multi-task\"\n[train]\ntau = \"{tau}\"\n");
        let found = format!(":18: `train.tau`: found `{tau}`");
        config_says("x", "x", &more, &[&found, "`sum` or no `tau`"]);
    }
    let sum = "[rejector]\nmethod = \"multi-task\"\n[train]\ntau = \"sum\"\n";
    assert!(config(&format!("{DATA}{EXPERTS}{sum}")).is_ok());
}

#[test]
fn cells_and_columns() {
    let text = format!("{DATA}{EXPERTS}");
    for (old, new, column, found) in [
        ("1,-7,", "1,x,", "t", "`x`"),
        ("1,-7,", "1,,", "t", "an empty cell"),
        ("1,-7,1", "1,nan,1", "u", "`nan`, a missing cell"),
        ("-6", "-inf", "v", "`-inf`"),
    ] {
        assert!(LOG.contains(old));
        let place =
            format!("dir/log.csv:3: column `{column}`: found {found}, expected a finite number");
        says(read(&text, LOG.replacen(old, new, 1).as_bytes()).unwrap_err(), &[&place]);
    }
    for (name, key) in [("\"t\"", "data.target"), ("\"v\"", "expert[1].value")] {
        let missing = text.replacen(name, "\"w\"", 1);
        says(
            read(&missing, LOG.as_bytes()).unwrap_err(),
            &["log.csv:1: found no column `w`", &format!("`{key}`")],
        );
        // What a device does not know at run time can't be a feature.
        let leak = text.replacen("\"x\"", name, 1);
        says(
            read(&leak, LOG.as_bytes()).unwrap_err(),
            &["used both as `data.features[0]`", &format!("`{key}`"), "leakage"],
        );
    }
    let own = text.replacen("\"x\"", "\"x\", \"u\"", 1);
    let data = read(&own, LOG.as_bytes()).unwrap();
    assert_eq!(data.train.row(0), [1.0, 0.5], "the device knows its own value");
}
