//! What the program prints fits a terminal of 80 columns, with short names and with long ones.

mod bench;

use std::fs;
use std::process::Output;

use bench::{Bench, CONFIG};
use unicode_width::UnicodeWidthStr as _;

const WIDTH: usize = 80;

/// One kind of network, so that little is searched.
const QUICK: &str = "[rejector]\nmethod = 'two-stage'\nhidden = [8]\n";

/// A log whose names are as long as people make them.
fn long_names() -> Bench {
    let bench = Bench::new();
    let long = [
        ("'x*'", "'the_reading_of_the_probe_in_the_tank_*'"),
        ("'kind'", "'the_kind_of_the_grape_as_written_on_the_label'"),
        ("'y'", "'what_the_laboratory_said_in_the_end'"),
        ("'local'", "'the-tiny-model-in-the-wine-tank'"),
        ("'cloud'", "'the-cloud-of-a-distant-company'"),
        ("'special'", "'the_specialist_for_wine_acids'"),
    ];
    let mut config = format!("{CONFIG}{QUICK}");
    for (short, name) in long {
        config = config.replace(short, name);
    }
    let mut log = bench::log(2000);
    let header = log.lines().next().unwrap().len();
    let probe = "the_reading_of_the_probe_in_the_tank";
    let names = format!(
        "{probe}_0,{probe}_1,{probe}_2,the_kind_of_the_grape_as_written_on_the_label,\
         what_the_laboratory_said_in_the_end,split,a,b,c"
    );
    log.replace_range(..header, &names);
    fs::write(bench.path("log.csv"), log).unwrap();
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench
}

fn short_names() -> Bench {
    let bench = Bench::new();
    fs::write(bench.path("mild.toml"), format!("{CONFIG}{QUICK}")).unwrap();
    bench
}

/// Both streams hold lines of at most 80 columns, without the blocks that only a terminal gets.
fn fits(arguments: &[&str], output: &Output) -> String {
    let (out, said) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "mild {arguments:?}: {said}");
    let text = String::from_utf8(out.clone()).unwrap();
    for line in text.lines().chain(said.lines()) {
        assert!(line.width() <= WIDTH, "mild {arguments:?}: {} columns:\n{line}", line.width());
        let block = |one: char| ('\u{2580}'..='\u{259f}').contains(&one);
        assert!(!line.contains(block), "mild {arguments:?}: not for every pipe:\n{line}");
    }
    text
}

/// What all commands print about one log.
fn all_commands_fit(bench: &Bench) {
    let run = |arguments: &[&str]| fits(arguments, &bench.mild(arguments));
    let image = ["--image", "out/rejector.mild"];
    run(&["check", "mild.toml"]);
    run(&["inspect", "mild.toml"]);
    let trained = run(&["train", "mild.toml", "--out", "out"]);
    let judged = run(&[&["eval", "mild.toml"][..], &image].concat());
    for text in [trained, judged] {
        assert!(text.contains("deferral loss by share deferred"), "{text}");
        assert!(text.contains("X this image: ") && text.contains("share asked"), "{text}");
    }
    run(&["inspect", "out/rejector.mild"]);
    let replay = ["simulate", "mild.toml", "--budget", "0.3", "--by", "split"];
    let replayed = run(&[&replay[..], &image].concat());
    assert!(replayed.contains("governor") && replayed.contains("drift"), "{replayed}");
    let methods = ["compare", "mild.toml", "--methods", "two-stage,mild,knn,class-gate,random"];
    run(&[&methods[..], &["--seeds", "2", "--train-rows", "300,all"]].concat());
    run(&["compare", "mild.toml", "--methods", "two-stage,knn", "--experts", "2,3"]);
    fs::write(bench.path("person.csv"), format!("label,right\n{}", "0,1\n0,0\n".repeat(30)))
        .unwrap();
    let person = ["--expert", "a-person-in-the-control-room"];
    let extend =
        ["extend", "mild.toml", "--out", "more", "--price", "0.3", "--answers", "person.csv"];
    run(&[&extend[..], &person].concat());
    let quiet = run(&[&["eval", "mild.toml", "--quiet"][..], &image].concat());
    assert_eq!(quiet, "");
}

#[test]
fn all_tables_fit() {
    all_commands_fit(&short_names());
}

#[test]
fn all_tables_fit_with_long_names() {
    all_commands_fit(&long_names());
}

#[test]
fn studies_fit() {
    let bench = long_names();
    let study = |arguments: &[&str]| {
        let arguments = [&["study", arguments[0], "mild.toml"], &arguments[1..]].concat();
        let text = fits(&arguments, &bench.mild(&arguments));
        assert!(!text.contains("|---"), "a table of Markdown:\n{text}");
        text
    };
    let promises = study(&["guarantees", "--splits", "10"]);
    assert!(promises.lines().count() > 6, "{promises}");
    let short = ["--seeds", "1", "--iterations", "10", "--widths", "4", "--train-rows", "100"];
    let margins = study(&[&["margins"][..], &short].concat());
    assert!(margins.contains("N:balance"), "{margins}");
}

/// The names of the commands that a help lists.
fn commands_in(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What follows on a further line is indented.
    let names = lines.filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' ')).filter_map(|l| l.split(' ').next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn all_helps_fit() {
    let bench = Bench::new();
    let all = fits(&["--help"], &bench.mild(&["--help"]));
    let mut commands: Vec<Vec<String>> = commands_in(&all).into_iter().map(|c| vec![c]).collect();
    assert!(commands.len() > 20, "{commands:?}");
    while let Some(command) = commands.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = fits(&arguments, &bench.mild(&arguments));
        let of_it = commands_in(&help).into_iter();
        commands.extend(of_it.map(|name| command.iter().cloned().chain([name]).collect()));
    }
}

#[test]
fn all_words_are_explained_within_the_width() {
    let bench = Bench::new();
    fits(&["explain"], &bench.mild(&["explain"]));
}

/// Many experts go below each other.
#[test]
fn a_log_with_many_experts_fits() {
    let bench = short_names();
    let mut config = format!("{CONFIG}{QUICK}");
    for k in 0..9 {
        config = config.replacen(
            "[train]",
            &format!("[[expert]]\nname = 'expert-{k}'\nprediction = 'b'\nprice = 0.{k}9\n[train]"),
            1,
        );
    }
    fs::write(bench.path("mild.toml"), config).unwrap();
    let train = ["train", "mild.toml", "--out", "out"];
    let text = fits(&train, &bench.mild(&train));
    assert!((0..9).all(|k| text.contains(&format!("always expert-{k}"))), "{text}");
}

/// Names that are wider than they are long.
#[test]
fn wide_names_count_with_their_columns() {
    let bench = short_names();
    let name = "\u{96f2}".repeat(10);
    let config = format!("{CONFIG}{QUICK}").replace("'cloud'", &format!("'{name}'"));
    fs::write(bench.path("mild.toml"), config).unwrap();
    let output = bench.mild(&["train", "mild.toml", "--out", "out"]);
    assert!(output.status.success());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        assert!(line.width() <= WIDTH, "{} columns:\n{line}", line.width());
    }
}

/// Its text is compared with what the program prints by `cargo xtask results check`.
#[test]
fn the_demonstration_fits() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/results/demo.txt");
    let text = fs::read_to_string(path).unwrap();
    assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
    assert!(text.contains("best single expert: gateway on calibration, local in hindsight"));
}
