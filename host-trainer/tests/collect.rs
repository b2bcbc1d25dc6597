//! Making a log by asking experts: an endpoint and a program that the tests start.

#![cfg(unix)]

mod bench;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bench::{Bench, number};
use serde_json::{Value, json};

/// What an endpoint answers: status, further header, body.
type Answer = (u16, &'static str, String);

/// The documents that an endpoint was sent, each with its token.
type Asked = Arc<Mutex<Vec<(Value, Option<String>)>>>;

/// An endpoint of HTTP that keeps the documents that it was sent, and the header with the token.
struct Endpoint {
    url: String,
    asked: Asked,
}

impl Endpoint {
    /// `answer` has the document and how many came before.
    fn new(answer: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/classify", listener.local_addr().unwrap());
        let asked = Asked::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &*answer, &seen));
            }
        });
        Self { url, asked }
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// The rows that it was asked about.
    fn images(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|(document, _)| document["row"]["image"].as_str().unwrap().into())
            .collect()
    }
}

fn serve(
    stream: TcpStream,
    answer: &dyn Fn(&Value, usize) -> Answer,
    seen: &Mutex<Vec<(Value, Option<String>)>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut length, mut token, mut line) = (0, None, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let (name, value) = line.trim_end().split_once(':').unwrap_or((line.trim_end(), ""));
            match name.to_lowercase().as_str() {
                "" => break,
                "content-length" => length = value.trim().parse().unwrap(),
                "authorization" => token = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let document: Value = serde_json::from_slice(&body).unwrap();
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push((document.clone(), token));
            seen.len() - 1
        };
        let (status, header, body) = answer(&document, before);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} x\r\n{header}Content-Length: {length}\r\n\r\n{body}");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

/// The right class stands in the name of the image; above 0.9 of `f_b` the endpoint is wrong.
fn classify(document: &Value) -> Answer {
    let row = &document["row"];
    let class = row["image"].as_str().unwrap().split('-').next().unwrap();
    let wrong = row["f_b"].as_f64().unwrap() > 0.9;
    let label = if wrong { "bird" } else { class };
    (200, "", json!({ "label": label, "model": "v2" }).to_string())
}

fn cloud() -> Endpoint {
    Endpoint::new(|document, _| classify(document))
}

/// The device's own model: a program that is unsure and wrong where `f_a` is large.
const TINY: &str = r#"while IFS= read -r line; do
  image=${line##*\"image\":\"}; image=${image%%\"*}; class=${image%%-*}
  a=${line##*\"f_a\":}; a=${a%%,*}
  echo "$image" >> asked.txt
  case $a in
    0.[6-9]*) class=fish; sure=0.4$((${image##*-} % 10)) ;;
    *) sure=0.9 ;;
  esac
  echo "{\"label\": \"$class\", \"confidence\": $sure}"
done
"#;

/// A folder with a table, a program that is a model, and nothing else.
fn folder(rows: usize) -> Bench {
    let bench = Bench::new();
    fs::remove_file(bench.path("mild.toml")).unwrap();
    fs::remove_file(bench.path("log.csv")).unwrap();
    let mut table = "image,f_a,f_b,label\n".to_owned();
    for row in 0..rows {
        let (a, b) = ((row * 37 % 101) as f64 / 101.0, (row * 53 % 97) as f64 / 97.0);
        let class = ["cat", "dog", "bird"][row * 7 % 3];
        writeln!(table, "{class}-{row},{a:.4},{b:.4},{class}").unwrap();
    }
    fs::write(bench.path("rows.csv"), table).unwrap();
    fs::write(bench.path("tiny.sh"), TINY).unwrap();
    bench
}

const LOCAL: &str = "local=sh tiny.sh";

fn command(bench: &Bench, endpoint: &Endpoint, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mild"));
    command
        .args(["log", "collect", "rows.csv", "--out", "log.csv", "--json", "--expert", LOCAL])
        .args(["--expert", &format!("cloud={}", endpoint.url)])
        .args(more)
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(bench.path("."));
    command
}

fn collect(bench: &Bench, endpoint: &Endpoint, more: &[&str]) -> Output {
    command(bench, endpoint, more).output().unwrap()
}

fn collected(bench: &Bench, endpoint: &Endpoint, more: &[&str]) -> Value {
    let output = collect(bench, endpoint, more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(bench: &Bench, endpoint: &Endpoint, more: &[&str]) -> String {
    let output = collect(bench, endpoint, more);
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn log(bench: &Bench) -> Vec<Vec<String>> {
    let text = fs::read_to_string(bench.path("log.csv")).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// How often the program was asked.
fn local_count(bench: &Bench) -> usize {
    fs::read_to_string(bench.path("asked.txt")).unwrap_or_default().lines().count()
}

#[test]
fn from_a_model_a_table_and_an_endpoint_to_an_image_with_three_commands() {
    let (bench, cloud) = (folder(600), cloud());
    let priced = ["--price", "cloud=0.002", "--money-per-error", "0.04"];
    let estimate = collected(&bench, &cloud, &[&priced[..], &["--dry-run"]].concat());
    assert_eq!((cloud.count(), local_count(&bench)), (0, 0), "nobody is asked");
    assert_eq!(estimate["experts"][1]["questions"], 600);
    assert!((number(&estimate, "money") - 1.2).abs() < 1e-9);
    assert_eq!(fs::read_dir(bench.path(".")).unwrap().count(), 2, "nothing is written");

    let outcome = collected(&bench, &cloud, &priced);
    assert_eq!((cloud.count(), local_count(&bench)), (600, 600));
    assert_eq!((&outcome["written"], &outcome["complete"]), (&600.into(), &600.into()));
    assert!((number(&outcome, "spent") - 1.2).abs() < 1e-9);
    let rows = log(&bench);
    assert_eq!(rows[0].join(","), "image,f_a,f_b,label,pred_local,pred_cloud,local_confidence");
    assert_eq!(rows[1].join(","), "cat-0,0.0000,0.0000,cat,cat,cat,0.9");
    // 37 * 2 / 101 = 0.73
    assert_eq!(rows[3][4..], ["fish", "bird", "0.42"]);
    let config = fs::read_to_string(bench.path("mild.toml")).unwrap();
    for part in ["price = 0.002", "money_per_error = 0.04", "confidence = \"local_confidence\""] {
        assert!(config.contains(part), "`{part}` is not in:\n{config}");
    }
    // The search is cut short for the sake of this test alone.
    let short = "[rejector]\nmethod = 'two-stage'\nhidden = [4]\n[train]\neffort = 'quick'\n\
        max_iterations = 60\nfolds = 2\nl2 = 0.001\ntau = 'one'\n";
    fs::write(bench.path("mild.toml"), config + short).unwrap();
    let trained = bench.json(&["train", "mild.toml", "--out", "out", "--json"]);
    assert!(
        number(&trained["test"], "deferral_loss") < number(&trained["test"], "best_single_loss")
    );
    assert!(bench.path("out/rejector.mild").is_file());
    bench.ok(&["check", "mild.toml"]);
    // The configuration is the user's from then on.
    fs::write(bench.path("mild.toml"), "mine").unwrap();
    let again = collected(&bench, &cloud, &priced);
    assert_eq!((&again["config_kept"], cloud.count()), (&true.into(), 600));
    assert_eq!(fs::read_to_string(bench.path("mild.toml")).unwrap(), "mine");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Starts a collection and sends it a signal once the endpoint has been asked so often.
fn interrupted(bench: &Bench, cloud: &Endpoint, after: usize, name: &str) -> Output {
    let mut child =
        command(bench, cloud, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while cloud.count() < after {
        assert!(Instant::now() < end && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, name);
    child.wait_with_output().unwrap()
}

#[test]
fn what_is_interrupted_goes_on_and_asks_nothing_twice() {
    let bench = folder(60);
    let slow = Endpoint::new(|document, _| {
        std::thread::sleep(Duration::from_millis(20));
        classify(document)
    });
    let output = interrupted(&bench, &slow, 5, "-INT");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("stopped: "), "{error}");
    assert!(error.contains("log.csv.answers.jsonl; the same command continues"), "{error}");
    let mut names: Vec<String> = fs::read_dir(bench.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["asked.txt", "log.csv.answers.jsonl", "rows.csv", "tiny.sh"]);
    let (before, local) = (slow.count(), local_count(&bench));
    assert!((5..60).contains(&before), "{before}");
    let outcome = collected(&bench, &slow, &[]);
    assert_eq!((slow.count(), local_count(&bench)), (60, 60), "after {before} and {local}");
    assert_eq!(outcome["experts"][1]["asked"], 60 - before);
    let images: BTreeSet<String> = slow.images().into_iter().collect();
    assert_eq!(images.len(), 60);
    let whole = fs::read(bench.path("log.csv")).unwrap();

    // Killed, it asks again at most what was on its way.
    let bench = folder(60);
    let slow = Endpoint::new(|document, _| {
        std::thread::sleep(Duration::from_millis(20));
        classify(document)
    });
    interrupted(&bench, &slow, 9, "-KILL");
    assert!(!bench.path("log.csv").exists());
    collected(&bench, &slow, &[]);
    assert!((60..=61).contains(&slow.count()), "{}", slow.count());
    assert_eq!(fs::read(bench.path("log.csv")).unwrap(), whole);
}

#[test]
fn a_budget_ends_the_asking_between_rows() {
    let (bench, cloud) = (folder(50), cloud());
    let priced = ["--price", "cloud=0.01"];
    let of = |more: &[&str]| collected(&bench, &cloud, &[&priced[..], more].concat());
    let estimate = of(&["--max-calls", "20", "--dry-run"]);
    assert_eq!((&estimate["beyond_budget"], cloud.count()), (&30.into(), 0));
    let first = of(&["--max-calls", "20"]);
    assert_eq!((cloud.count(), local_count(&bench)), (20, 20));
    assert_eq!((&first["written"], &first["complete"]), (&20.into(), &20.into()));
    assert_eq!((&first["beyond_budget"], log(&bench).len()), (&30.into(), 21));
    // The rows are a draw, not the first ones.
    assert!(
        cloud.images() != (0..20).map(|row| log(&bench)[row + 1][0].clone()).collect::<Vec<_>>()
    );
    let numbers: Vec<usize> = cloud
        .images()
        .iter()
        .map(|image| image.split('-').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(numbers.iter().any(|&row| row >= 20), "{numbers:?}");
    // The budget is that of all collections together.
    of(&["--max-calls", "20"]);
    assert_eq!(cloud.count(), 20);
    let second = of(&["--max-money", "0.25"]);
    assert_eq!((cloud.count(), &second["written"]), (25, &25.into()));
    let all = of(&[]);
    assert_eq!((cloud.count(), &all["complete"]), (50, &50.into()));
    assert!((number(&all, "spent") - 0.5).abs() < 1e-9);
}

#[test]
fn failures_stay_failures_until_they_are_asked_again() {
    let bench = folder(40);
    let works = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let repaired = Arc::clone(&works);
    let flaky = Endpoint::new(move |document, before| {
        let image = document["row"]["image"].as_str().unwrap();
        match image.split('-').nth(1).unwrap() {
            _ if repaired.load(std::sync::atomic::Ordering::Relaxed) => classify(document),
            "3" => (500, "", "out of memory".to_owned()),
            "5" => (200, "", "Sorry, I cannot".to_owned()),
            "8" => (200, "", json!({"label": "NA"}).to_string()),
            // The first question comes too early.
            _ if before == 0 => (429, "Retry-After: 0\r\n", String::new()),
            _ => classify(document),
        }
    });
    let outcome = collected(&bench, &flaky, &[]);
    assert_eq!(outcome["experts"][1]["failed"], 3, "{outcome:#}");
    assert_eq!((&outcome["written"], &outcome["complete"]), (&40.into(), &37.into()));
    assert_eq!(flaky.count(), 41);
    let rows = log(&bench);
    assert_eq!((rows[4][0].as_str(), rows[4][5].as_str()), ("cat-3", ""));
    let config = fs::read_to_string(bench.path("mild.toml")).unwrap();
    assert!(config.contains("not_asked = \"allowed\""), "{config}");
    bench.ok(&["check", "mild.toml"]);
    let kept = fs::read_to_string(bench.path("log.csv.answers.jsonl")).unwrap();
    for reason in ["status 500 out of memory", "no JSON document", "marks a missing cell"] {
        assert!(kept.contains(reason), "`{reason}` is not in:\n{kept}");
    }
    collected(&bench, &flaky, &[]);
    assert_eq!(flaky.count(), 41, "what failed is not asked by itself");
    works.store(true, std::sync::atomic::Ordering::Relaxed);
    let repaired = collected(&bench, &flaky, &["--retry-failed"]);
    assert_eq!((flaky.count(), &repaired["complete"]), (44, &40.into()));
}

#[test]
fn an_expert_that_does_not_work_ends_the_collection_early() {
    let bench = folder(40);
    let broken = Endpoint::new(|_, _| (401, "", "no such key".to_owned()));
    let error = refused(&bench, &broken, &[]);
    for part in
        ["expert `cloud`: found 5 failures in a row", "status 401 no such key", "--retry-failed"]
    {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
    assert!(broken.count() == 5 && !bench.path("log.csv").exists());
    // Nobody listens there; a port of a listener that is gone might be another test's by now.
    let url = "http://127.0.0.1:1/secret?key=sesame".to_owned();
    let nobody = Endpoint { url, asked: Arc::default() };
    let bench = folder(40);
    let error = refused(&bench, &nobody, &[]);
    assert!(error.contains("expert `cloud`: found") && !error.contains("sesame"), "{error}");
    let kept = fs::read_to_string(bench.path("log.csv.answers.jsonl")).unwrap();
    assert!(!kept.contains("\"cloud\"") && !kept.contains("sesame"), "{kept}");
}

#[test]
fn a_program_answers_each_line_with_a_line() {
    let bench = folder(30);
    let with = |script: &str, more: &[&str]| {
        fs::write(bench.path("tiny.sh"), script).unwrap();
        refused(&bench, &cloud(), more)
    };
    let error = with("echo ready\ncat", &[]);
    assert!(error.contains("expert `local`: found `ready`, which is no JSON"), "{error}");
    let error = with("read -r line; exit 3", &[]);
    assert!(error.contains("the end of the program (exit status: 3)"), "{error}");
    let error = with("read -r line; sleep 20", &["--timeout", "0.2"]);
    assert!(error.contains("no answer within 0.2 s"), "{error}");
    let error =
        with("while read -r line; do echo '{\"label\": 1}'; echo '{}'; sleep 0.05; done", &[]);
    assert!(error.contains("`{}`, a line more than it was asked for"), "{error}");
    let missing = ["--expert", "other=./no-such-program"];
    let error = with(TINY, &missing);
    assert!(error.contains("expert `other`: found `./no-such-program`: "), "{error}");
}

#[test]
fn a_sample_has_sure_and_unsure_rows_in_their_proportion() {
    let (bench, cloud) = (folder(500), cloud());
    let outcome = collected(&bench, &cloud, &["--rows", "50", "--parallel", "cloud=4"]);
    assert_eq!((cloud.count(), local_count(&bench)), (50, 500));
    assert_eq!((&outcome["rows"], &outcome["written"]), (&500.into(), &50.into()));
    let unsure = |rows: &[Vec<String>]| rows.iter().filter(|row| row[1].as_str() >= "0.6").count();
    let (drawn, all) = (log(&bench), fs::read_to_string(bench.path("rows.csv")).unwrap());
    let all: Vec<Vec<String>> =
        all.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect();
    let share = unsure(&all) as f64 / 500.0;
    let found = unsure(&drawn[1..]) as f64;
    assert!((found - 50.0 * share).abs() <= 1.0, "{found} of 50, {share} of all");
    collected(&bench, &cloud, &["--rows", "50"]);
    assert_eq!(cloud.count(), 50, "the same sample");
}

#[test]
fn other_apis_are_asked_by_a_template() {
    let bench = folder(12);
    let table = fs::read_to_string(bench.path("rows.csv")).unwrap();
    // Every row twice, with another id, and a column that nobody is to see.
    let twice: String = table
        .lines()
        .enumerate()
        .map(|(line, row)| match line {
            0 => format!("id,secret,tiny,{row}\n"),
            _ => format!("{line},s,cat,{row}\n{},t,cat,{row}\n", line + 100),
        })
        .collect();
    fs::write(bench.path("rows.csv"), twice).unwrap();
    fs::write(
        bench.path("ask.json"),
        r#"{"model": "big", "messages": [{"content": "What is {{image}}?"}], "b": "{{f_b}}"}"#,
    )
    .unwrap();
    let chat = Endpoint::new(|document, _| {
        let text = document["messages"][0]["content"].as_str().unwrap();
        let class = text.strip_prefix("What is ").unwrap().split('-').next().unwrap();
        let reply = json!({"choices": [{"message": {"content": format!(" {class}\n")}}]});
        (200, "", reply.to_string())
    });
    let mut mild = Command::new(env!("CARGO_BIN_EXE_mild"));
    mild.args(["log", "collect", "rows.csv", "--out", "log.csv", "--expert", "local=column:tiny"])
        .args(["--expert", &format!("cloud={}", chat.url), "--template", "cloud=ask.json"])
        .args(["--answer", "cloud=/choices/0/message/content", "--token", "cloud=CHAT_KEY"])
        .env("NO_PROXY", "127.0.0.1")
        .env("CHAT_KEY", "xyz-token")
        .current_dir(bench.path("."));
    let output = mild.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(chat.count(), 12, "equal content is asked once");
    let asked = chat.asked.lock().unwrap();
    let (document, token) = &asked[0];
    assert_eq!(token.as_deref(), Some("Bearer xyz-token"));
    assert!(document["b"].is_number() && document["model"] == "big", "{document}");
    let rows = log(&bench);
    assert_eq!(rows[0].last().unwrap(), "pred_cloud");
    assert!(rows[1..].iter().all(|row| row.last() == row.iter().nth_back(1)), "{rows:?}");
    let kept = fs::read_to_string(bench.path("log.csv.answers.jsonl")).unwrap();
    assert!(!kept.contains("xyz-token"), "no token is kept");
    let config = fs::read_to_string(bench.path("mild.toml")).unwrap();
    assert!(config.contains("prediction = \"tiny\""), "{config}");
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is() {
    let (bench, cloud) = (folder(10), cloud());
    for (more, parts) in [
        (&["--label", "truth"][..], &["rows.csv:1: found no column `truth`", "`--label`"][..]),
        (&["--send", "label,f_a"], &["--send: found `label`, which is an answer"]),
        (&["--price", "claud=1"], &["--price: found `claud`", "the name of an `--expert`"]),
        (&["--price", "cloud=-1"], &["--price: found -1, expected a finite number >= 0"]),
        (&["--rate", "cloud=0"], &["--rate: found 0"]),
        (&["--token", "cloud=NO_SUCH_VARIABLE"], &["--token: found `NO_SUCH_VARIABLE`"]),
        (&["--answer", "cloud=label"], &["--answer: found `label`", "a JSON pointer"]),
        (&["--expert", "cloud=x"], &["--expert: found `cloud` twice"]),
        (&["--expert", "third=column:f_c"], &["found no column `f_c` (did you mean `f_"]),
        (&["--template", "cloud=none.json"], &["none.json"]),
        (&["--rows", "0"], &["--rows: found 0"]),
    ] {
        let error = refused(&bench, &cloud, more);
        for part in parts {
            assert!(error.contains(part), "`{part}` is not in: {error}");
        }
    }
    assert_eq!((cloud.count(), local_count(&bench)), (0, 0));
    assert_eq!(fs::read_dir(bench.path(".")).unwrap().count(), 2);
}
