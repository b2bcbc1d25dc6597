//! What a log becomes in memory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use mild_trainer::config::{Config, PriceSource};
use mild_trainer::internals::loss::{Effort, Method, Tau};
use mild_trainer::{Dataset, RawScale};
use mild_trainer::{read_log, read_log_from, survey_log_from};

const CONFIG: &str = r#"
[data]
log = "log.csv"
features = ["x1", "x*"]
categorical = ["a", "room"]
label = "label"
split = "split"
group = "day"
[[expert]]
name = "local"
prediction = "a"
[[expert]]
name = "cloud"
loss_column = "loss"
price_column = "price"
[[expert]]
name = "person"
prediction = "label"
price = 0.5
[raw]
scale = { "x*" = 0.5, x1 = 0.25 }
offset = { x0 = -1 }
"#;

const LOG: &str = "\
unused,x0,x1,room,label,split,day,a,loss,price
?,1,2,hall,3,train,mon,10,0.5,0.1
?,3,4,attic,3.0,train,mon,3.0,1,0.3
?,5,6,hall,0,calibration,tue,9,0,0.2
?,7,8,cellar,1,test,wed,-1,0.25,0
?,9,10,attic,1,train,thu,9,0,0.2
";

fn read(config: &str, log: &[u8]) -> Dataset {
    let config = Config::parse(config, Path::new("mild.toml")).unwrap();
    read_log_from(log, Path::new("log.csv"), &config).unwrap()
}

#[test]
fn confidence_goes_with_its_rows() {
    let keys =
        |key: &str| CONFIG.replacen("prediction = \"a\"", &format!("prediction = \"a\"\n{key}"), 1);
    let log: String = LOG.lines().enumerate().fold(String::new(), |text, (row, line)| match row {
        0 => text + line + ",q1,q0\n",
        _ => text + line + &format!(",0.{row},0.{}\n", 10 - row),
    });
    let all = read(&keys("probabilities = [\"q0\", \"q*\"]"), log.as_bytes());
    let rows = |data: &Dataset| {
        [&data.train, &data.calibration, &data.test].map(|part| {
            let confidence = part.confidence().unwrap();
            (0..part.rows()).map(|row| confidence.row(row).to_vec()).collect::<Vec<_>>()
        })
    };
    let [train, calibration, test] = rows(&all);
    assert_eq!(train, [[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]]);
    assert_eq!((&calibration[0], &test[0]), (&vec![0.7, 0.3], &vec![0.6, 0.4]));
    assert_eq!(all.train.confidence().as_ref().unwrap().classes(), Some(2));
    // Of a split that is drawn too; and what the device knows may be a feature as well.
    let drawn = keys("confidence = \"q1\"")
        .replace("\"x*\"]", "\"x*\", \"q1\"]")
        .replace("split = \"split\"\n", "")
        .replace("group = \"day\"\n", "");
    let drawn = drawn.split("[raw]").next().unwrap();
    let data = read(drawn, log.as_bytes());
    for part in [&data.train, &data.calibration, &data.test] {
        let confidence = part.confidence().unwrap();
        assert_eq!((confidence.rows(), confidence.classes()), (part.rows(), None));
        assert!((0..part.rows()).all(|row| confidence.row(row)[0] == part.row(row)[2]));
    }
}

#[test]
fn every_value_is_where_it_belongs() {
    let data = read(CONFIG, LOG.as_bytes());
    let names = ["x1", "x0", "a=3", "a=9", "a=10", "room=attic", "room=hall"];
    assert_eq!(data.feature_names, names);
    assert_eq!(data.inputs(), 7);
    assert_eq!(
        [&data.train, &data.calibration, &data.test].map(|part| (part.rows(), part.inputs())),
        [(3, 7), (1, 7), (1, 7)]
    );
    assert_eq!(data.train.row(0), [2.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(data.train.row(1), [4.0, 3.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(data.train.row(2), [10.0, 9.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    // Categories that train lacks are all zeros.
    assert_eq!(data.test.row(0), [8.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(data.train.errors().values(), [1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(data.train.prices().row(1), [0.0, 0.3, 0.5]);
    assert_eq!(data.test.deferral_loss(0, 1), 0.25);
    assert_eq!(data.train.labels(), Some(&[2, 2, 1][..]));
    assert_eq!(data.class_names, ["0", "1", "3"]);
    assert_eq!(data.train.groups(), Some(&[0, 0, 3][..]));
    assert_eq!(data.train.lines(), [2, 3, 6]);
    assert_eq!((data.experts[0].mean_price, data.experts[0].price_varies), (0.0, false));
    assert!((data.experts[1].mean_price - 0.2).abs() < 1e-6 && data.experts[1].price_varies);
    assert_eq!((data.experts[2].name.as_str(), data.experts[2].mean_price), ("person", 0.5));
    let raw = |scale, offset| RawScale { scale, offset };
    let expected = [vec![raw(0.25, 0.0), raw(0.5, -1.0)], vec![raw(1.0, 0.0); 5]].concat();
    assert_eq!(data.raw, Some(expected));
}

#[test]
fn values_become_errors_in_units_of_the_largest() {
    const LOG: &str = "x,y,t,split,a,u,b,v\n0,3,1,train,3,1.5,2,-9\n0,1,2,train,0,5,1,2\n\
        0,1,0,calibration,1,0,1,0\n0,1,0,test,1,0,1,0\n";
    const CLASS: &str = "prediction = '?'\n";
    let text = |prediction: &str, more: &str| {
        let expert = |name, class, value, more| {
            let class = prediction.replace('?', class);
            format!("[[expert]]\nname = '{name}'\n{class}value = '{value}'\n{more}")
        };
        let data =
            "[data]\nlog = 'l.csv'\nfeatures = ['x']\nlabel = 'y'\ntarget = 't'\nsplit = 'split'\n";
        let (local, cloud) =
            (expert("local", "a", "u", ""), expert("cloud", "b", "v", "price = 0.1\n"));
        format!("{data}{local}{cloud}{more}")
    };
    let errors = |prediction, more| {
        read(&text(prediction, more), LOG.as_bytes()).train.errors().values().to_vec()
    };
    let near = |found: Vec<f32>, expected: [f64; 4]| {
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-7, "{found} {expected}");
        }
    };
    // One class wrong and far off, one wrong and off by 3; units of 1 + 5.
    near(errors(CLASS, ""), [0.125 / 6.0, 1.0, 3.5 / 6.0, 0.0]);
    // Without classes, units of 5.
    near(errors("", ""), [0.125 / 5.0, 1.0, 0.5, 0.0]);
    let weights = "[multi_task]\nlambda_1 = 2\nlambda_2 = 0.5\ncap = 4\nbeta = 2\n";
    near(errors(CLASS, weights), [0.03125 / 4.0, 1.0, 3.0 / 4.0, 0.0]);
    // Prices stay as they are: they are in the same units.
    assert_eq!(read(&text(CLASS, weights), LOG.as_bytes()).train.deferral_loss(0, 1), 1.1);
}

#[test]
fn compressed_and_rewritten_logs_are_equal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mild.toml");
    fs::write(&path, CONFIG).unwrap();
    let log_path = dir.path().join("log.csv");
    fs::write(&log_path, LOG).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.data.log, log_path.clone().into());
    let plain = read_log(&config).unwrap();

    // Two gzip members, as `cat a.gz b.gz` writes them; the name does not matter.
    let (first, second) = LOG.as_bytes().split_at(100);
    let compressed: Vec<u8> = [first, second]
        .into_iter()
        .flat_map(|half| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(half).unwrap();
            encoder.finish().unwrap()
        })
        .collect();
    fs::write(&log_path, compressed).unwrap();
    let zipped = read_log(&config).unwrap();
    assert_eq!(zipped.log_digest, plain.log_digest);
    assert_eq!(Dataset { notes: plain.notes.clone(), ..zipped }, plain);

    let rewritten = format!(
        "\u{feff}{}",
        LOG.trim_end().replace('\n', "\r\n").replace(",hall,", ", \"hall\" ,")
    );
    let rewritten = rewritten.replace(" \"hall\" ", "\"hall\"");
    let rewritten = read_log_from(rewritten.as_bytes(), &log_path, &config).unwrap();
    assert_eq!(Dataset { notes: plain.notes.clone(), ..rewritten }, plain);
}

#[test]
fn several_files_are_one_log() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("mild.toml", &CONFIG.replace("log.csv", "part-*.csv"));
    let config = Config::load(directory.path().join("mild.toml")).unwrap();
    let error = read_log(&config).unwrap_err().to_string();
    assert!(error.contains("part-*.csv: found no file"), "{error}");
    let lines: Vec<&str> = LOG.lines().collect();
    let header = lines[0];
    write("part-1.csv", &lines[..3].join("\n"));
    // The second one is written in another way.
    write("part-2.csv", &[&[header], &lines[3..]].concat().join("\r\n").replace(',', ";"));
    let (one, parts) = (read(CONFIG, LOG.as_bytes()), read_log(&config).unwrap());
    assert_eq!(parts.log_digest, one.log_digest);
    assert_eq!(parts.train.features(), one.train.features());
    assert!(parts.notes.recognised.contains("and another file: 5 rows"), "{:?}", parts.notes);
    write("part-3.csv", "x0,x1\n1,2\n");
    let error = read_log(&config).unwrap_err().to_string();
    assert!(error.contains("part-3.csv:1: found `x0`, `x1`, expected the columns of"), "{error}");
}

#[test]
fn experts_that_were_not_asked_have_no_error_and_need_no_price() {
    let log = LOG
        .replace("10,0.5,0.1", "-,0.5,0.1")
        .replace("9,0,0.2\n?,7", "9,NA,\n?,7")
        .replace("-1,0.25", "-2,0.25");
    let config = CONFIG.replacen("[data]\n", "[data]\nnot_asked = 'allowed'\n", 1);
    let config = config.replace("\"a\", \"room\"", "\"room\"");
    let parsed = Config::parse(&config, Path::new("mild.toml")).unwrap();
    let data = survey_log_from(log.as_bytes(), Path::new("log.csv"), &parsed).unwrap();
    assert!(!data.train.is_asked(0, 0) && data.train.is_asked(0, 1));
    assert!(!data.calibration.is_asked(0, 1));
    assert_eq!(data.train.asked_rows(0).count(), 2);
    let incomplete = data.notes.incomplete.unwrap();
    assert_eq!((incomplete.line, incomplete.rows, incomplete.complete), (2, 5, 3));
    assert_eq!(incomplete.column, "a");
    let error = read_log_from(log.as_bytes(), Path::new("log.csv"), &parsed).unwrap_err();
    assert!(error.to_string().contains("of 5 rows, 3 have every answer"), "{error}");
    // Left out, they are as if they were not there; here no calibration row remains.
    let complete = config.replacen("'allowed'", "'allowed'\ncomplete_only = true", 1);
    let parsed = Config::parse(&complete, Path::new("mild.toml")).unwrap();
    let error = read_log_from(log.as_bytes(), Path::new("log.csv"), &parsed).unwrap_err();
    assert!(error.to_string().contains("train 2, calibration 0, test 1"), "{error}");
}

#[test]
fn a_drawn_split_is_seeded_and_keeps_the_order() {
    let text = CONFIG.replace("split = \"split\"\n", "").replace("group = \"day\"\n", "");
    let mut log = LOG.lines().next().unwrap().to_owned() + "\n";
    (0..100).for_each(|i| log += &format!("?,{i},0,r{},1,none,d{},1,0,0\n", i % 3, i / 4));
    let data = read(&text, log.as_bytes());
    assert_eq!([&data.train, &data.calibration, &data.test].map(|part| part.rows()), [60, 20, 20]);
    assert!(data.train.lines().is_sorted() && data.test.lines().is_sorted());
    for part in [&data.train, &data.calibration, &data.test] {
        for i in 0..part.rows() {
            let x0 = part.lines()[i] - 2;
            assert_eq!(part.row(i)[1], x0 as f32);
            let room = data
                .feature_names
                .iter()
                .position(|name| *name == format!("room=r{}", x0 % 3))
                .unwrap();
            assert_eq!(part.row(i)[room], 1.0);
        }
    }
    assert_eq!(data, read(&text, log.as_bytes()));
    assert_ne!(
        data.test.lines(),
        read(&format!("{text}[train]\nseed = 1\n"), log.as_bytes()).test.lines()
    );

    let grouped = read(&CONFIG.replace("split = \"split\"\n", ""), log.as_bytes());
    assert_eq!(
        [&grouped.train, &grouped.calibration, &grouped.test].map(|part| part.rows()),
        [60, 20, 20]
    );
    let groups = |data: &Dataset| data.test.groups().unwrap().to_vec();
    assert!(
        grouped
            .train
            .groups()
            .as_ref()
            .unwrap()
            .iter()
            .all(|group| !groups(&grouped).contains(group))
    );
}

#[test]
fn defaults_and_settings() {
    let config = Config::parse(CONFIG, Path::new("some/mild.toml")).unwrap();
    assert_eq!(config.data.log, PathBuf::from("some/log.csv").into());
    assert_eq!(config.experts[0].price, PriceSource::Fixed(0.0));
    assert_eq!((config.rejector.method, &config.rejector.hidden), (Method::AUTO, &None));
    assert_eq!((config.train.seed, config.train.max_iterations, config.train.folds), (0, 400, 5));
    assert_eq!(
        (config.train.effort, config.train.tau, config.train.l2),
        (Effort::Normal, None, None)
    );
    assert_eq!(config.quantize.tolerance, 0.003);
    let more = format!(
        "{CONFIG}[rejector]\nmethod = 'two-stage'\nhidden = []\n[train]\nseed = 7\ntau = 'max'\ngamma = 1\n"
    );
    let set = Config::parse(&more, Path::new("mild.toml")).unwrap();
    assert_eq!((set.rejector.method.name(), set.rejector.hidden), ("two-stage", Some(vec![])));
    assert_eq!((set.train.seed, set.train.tau, set.train.gamma), (7, Some(Tau::Max), Some(1.0)));
    assert_ne!(set.digest, config.digest);
}

/// The folder of the shared logs, or `None` after saying so.
fn shared_data() -> Option<PathBuf> {
    let shown = std::env::var("MILD_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(&shown);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not present: {shown}");
    None
}

#[test]
fn the_shared_logs_read() {
    let Some(folder) = shared_data() else { return };
    let reference = fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&reference).unwrap();
    assert!(!reference.is_empty());
    for (name, figures) in &reference {
        let config = Config::load(folder.join(name).join("mild.toml")).unwrap();
        let data = read_log(&config).unwrap();
        let rows = [data.train.rows(), data.calibration.rows(), data.test.rows()];
        match name.as_str() {
            "wall-robot" => assert_eq!(rows, [3273, 1091, 1092]),
            "letter" => assert_eq!(rows, [12000, 4000, 4000]),
            _ => {}
        }
        let local = data.test.mean_deferral_loss(|_| 0);
        let expected = figures["local"].as_f64().unwrap();
        assert!(
            (local - expected).abs() < 1e-5,
            "{name}: always local costs {local}, expected {expected}"
        );
    }
}

#[test]
fn scores_and_ranges_become_losses_of_0_to_1() {
    let errors = |data: &str, column: &str, cells: [&str; 3]| {
        let config = format!(
            "[data]\nlog = 'log.csv'\nfeatures = ['x']\nsplit = 'split'\n{data}\n\
             [[expert]]\nname = 'local'\n{column} = 'a'\n\
             [[expert]]\nname = 'cloud'\n{column} = 'b'\n"
        );
        let rows = ["train", "calibration", "test"].iter().zip(cells);
        let rows: String = rows.map(|(split, cell)| format!("1,{split},{cell},{cell}\n")).collect();
        let data = read(&config, format!("x,split,a,b\n{rows}").as_bytes());
        [&data.train, &data.calibration, &data.test].map(|part| part.errors()[(0, 1)])
    };
    assert_eq!(errors("", "loss_column", ["0", "0.25", "1"]), [0.0, 0.25, 1.0]);
    assert_eq!(errors("", "score_column", ["0", "0.25", "1"]), [1.0, 0.75, 0.0]);
    let range = "loss_range = [-10, 30]";
    assert_eq!(errors(range, "loss_column", ["-10", "0", "30"]), [0.0, 0.25, 1.0]);
    assert_eq!(errors(range, "score_column", ["-10", "0", "30"]), [1.0, 0.75, 0.0]);
}

#[test]
fn prices_in_money_are_divided_by_what_an_error_costs() {
    let with = |units: &str, prices: [&str; 3]| {
        let [column, fixed, money] = prices;
        let config = format!(
            "[data]\nlog = 'log.csv'\nfeatures = ['x']\nlabel = 'y'\nsplit = 'split'\n[units]\n{units}\n\
             [[expert]]\nname = 'local'\nprediction = 'y'\n\
             [[expert]]\nname = 'cloud'\nprediction = 'y'\n{column}\n\
             [[expert]]\nname = 'person'\nprediction = 'y'\n{fixed}\n\
             [[expert]]\nname = 'shop'\nprediction = 'y'\n{money}\n"
        );
        let log = "x,y,split,p\n1,0,train,0.5\n1,0,calibration,2\n1,0,test,0\n";
        let data = read(&config, log.as_bytes());
        [&data.train, &data.calibration, &data.test].map(|part| part.prices().row(0).to_vec())
    };
    let keys = ["price_column = 'p'", "price = 3", "money = 1"];
    assert_eq!(
        with("money_per_error = 4", keys),
        [vec![0.0, 0.125, 0.75, 0.25], vec![0.0, 0.5, 0.75, 0.25], vec![0.0, 0.0, 0.75, 0.25]]
    );
    // Without the key prices are in units of one error.
    assert_eq!(with("money = 0.25", keys)[0], [0.0, 0.5, 3.0, 0.25]);
}
