//! `docs/image-format.md` cannot go stale: its examples are made here, and a reader written from it
//! in another language refuses and decides as the crate does.
//!
//! After a change of the format, `MILD_BLESS=1 cargo test --test format` writes the examples anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use mild::fixed::{RawQuantizer, Requantizer};
use mild::image::{ImageParts, InputQuantizer, LayerParts};
use mild::signed::SecretKey;
use mild::{Image, Price, Reachable, Rejector};
use mild_test_support::images;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Compares the text after a marker in the document with what it should be.
fn assert_documented(marker: &str, expected: &str) {
    // One test at a time reads the document and, perhaps, writes it.
    static DOCUMENT: Mutex<()> = Mutex::new(());
    let _alone = DOCUMENT.lock();
    let path = docs().join("image-format.md");
    let document = fs::read_to_string(&path).unwrap();
    let start = format!("<!-- {marker}: made by tests/format.rs -->\n");
    let (before, rest) = document.split_once(&start).expect(marker);
    let (found, after) = rest.split_once("<!-- end -->").expect(marker);
    let expected = format!("```text\n{expected}```\n");
    if found == expected {
        return;
    }
    if std::env::var_os("MILD_BLESS").is_some() {
        fs::write(path, format!("{before}{start}{expected}<!-- end -->{after}")).unwrap();
        return;
    }
    panic!("docs/image-format.md, `{marker}`: found\n{found}\nexpected\n{expected}");
}

/// One line for each word of a table: offset, bytes, meaning.
fn dump(words: &[u32], first: usize, meanings: &[String]) -> String {
    assert_eq!(words.len(), meanings.len(), "a meaning for each word");
    let mut text = String::new();
    for (index, (word, meaning)) in words.iter().zip(meanings).enumerate() {
        let [a, b, c, d] = word.to_le_bytes();
        let offset = 4 * (first + index);
        writeln!(text, "{offset:04x}  {a:02x} {b:02x} {c:02x} {d:02x}  {meaning}").unwrap();
    }
    text
}

/// The image of the document's last example.
fn tiny() -> ImageParts {
    ImageParts {
        quantizers: vec![
            InputQuantizer { scale: 2.0, bias: 128.5 },
            InputQuantizer { scale: 0.5, bias: 128.5 },
            InputQuantizer { scale: 10.0, bias: 28.5 },
        ],
        raw: Some(vec![
            RawQuantizer::new(16_384, 14, 8192).unwrap(),
            RawQuantizer::new(1, 2, 2).unwrap(),
            RawQuantizer::new(3, 0, -100).unwrap(),
        ]),
        layers: vec![
            LayerParts {
                inputs: 3,
                biases: vec![1000, -500],
                requantizers: vec![Requantizer::from_word((1 << 30) | 4).unwrap(); 2],
                weights: vec![1, -2, 3, 127, -127, 0],
            },
            LayerParts {
                inputs: 2,
                biases: vec![0, 100],
                requantizers: vec![],
                weights: vec![2, -1, -3, 4],
            },
        ],
        score_scale: 0.0625,
        offsets: vec![300, 0],
        experts: images::experts(&["local", "cloud"], Price::from_bits(3277)),
        provenance: images::provenance(),
        platt_scaling: None,
        operating_points: None,
        name_table: None,
    }
}

#[test]
fn the_whole_image_in_the_document_is_what_the_writer_makes() {
    let mut meanings: Vec<String> = Vec::new();
    let mut say = |lines: &[&str]| meanings.extend(lines.iter().map(|&line| line.to_owned()));
    say(&["magic `MILD`", "version 3", "length in bytes", "checksum of all that follows"]);
    say(&["3 inputs, 2 experts, 2 layers"]);
    say(&["section 1: input quantizers", "6 words"]);
    say(&["input 0: scale 2.0", "bias 128.5", "input 1: scale 0.5", "bias 128.5"]);
    say(&["input 2: scale 10.0", "bias 28.5"]);
    say(&["section 2: raw quantizers", "6 words"]);
    say(&["input 0: multiplier 16384, shift 14", "addend 8192"]);
    say(&["input 1: multiplier 1, shift 2", "addend 2"]);
    say(&["input 2: multiplier 3, shift 0", "addend -100"]);
    say(&["section 3: network", "16 words"]);
    say(&["layer 0: 3 inputs, 2 outputs", "ReLU, input", "bias 1000", "bias -500"]);
    say(&["rebased bias 1000 + 128 * -2", "rebased bias -500 + 128 * -127"]);
    say(&["requantizer: shift 4, factor 1/64", "the same"]);
    say(&["row 0: weights 1, -2, 3, and padding", "row 1: weights 127, -127, 0, and padding"]);
    say(&["layer 1: 2 inputs, 2 outputs", "scores", "bias 0", "bias 100"]);
    say(&["row 0: weights 2, -1, and padding", "row 1: weights -3, 4, and padding"]);
    say(&["section 4: policy", "3 words", "score scale 0.0625"]);
    say(&["offset of expert 0: 300", "offset of expert 1: 0"]);
    say(&["section 5: experts", "5 words"]);
    say(&["price of expert 0: 0", "price of expert 1: 3277 / 65536, or 0.05"]);
    say(&["length 5, `loc`", "`al`, length 5, `c`", "`loud`"]);
    say(&[
        "section 6: provenance",
        "8 words",
        "SHA-256 of the log: 4 bytes",
        "4 bytes more",
        "SHA-256 of the configuration: 4 bytes",
        "4 bytes more",
    ]);
    say(&["seed, low word", "seed, high word", "trainer 0.1", "patch 2"]);
    let words = tiny().to_words().unwrap();
    let mut text = dump(&words, 0, &meanings);

    // The numbers of the walk: hidden activations by hand, the rest from the crate.
    let codes = [10i8, -20, 30];
    let image = Image::from_words(&words).unwrap();
    let mut scratch = vec![0; image.scratch_words()];
    let rejector = Rejector::new(&image);
    let scores = rejector.scores(&codes, &mut scratch).unwrap().values().to_vec();
    let decision = rejector.decide(&codes, Reachable::ALL, &mut scratch).unwrap();
    let hidden = [1000 + 10 + 40 + 90, -500 + 1270 + 2540];
    let active = hidden.map(|sum| (sum + 32) / 64);
    assert_eq!(scores, [2 * active[0] - active[1], 100 - 3 * active[0] + 4 * active[1]]);
    let sums: Vec<i32> = scores.iter().zip(image.offsets()).map(|(a, b)| a + b).collect();
    writeln!(text, "\ncodes         {codes:?}").unwrap();
    writeln!(text, "accumulators  {hidden:?}").unwrap();
    writeln!(text, "activations   {active:?}").unwrap();
    writeln!(text, "scores        {scores:?}").unwrap();
    writeln!(text, "sums          {sums:?}").unwrap();
    writeln!(text, "decision      expert {}, margin {}", decision.expert, decision.margin).unwrap();
    writeln!(text, "scratch       {} words", image.scratch_words()).unwrap();
    assert_documented("tiny", &text);
}

#[test]
fn the_signed_image_in_the_document_is_what_signing_makes() {
    let words = tiny().to_words().unwrap();
    let seed: [u8; 32] = std::array::from_fn(|index| index as u8);
    let signed = SecretKey::from_seed(&seed).unwrap().sign(&words, 5).unwrap();
    let signed: Vec<u32> =
        signed.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
    let mut meanings: Vec<String> =
        ["magic `MSIG`", "version 1", "key 03a107bf", "counter 5"].map(str::to_owned).to_vec();
    meanings.push("SHA-256 of the image: 4 bytes".to_owned());
    meanings.extend(std::iter::repeat_n("4 bytes more".to_owned(), 7));
    meanings.push("signature, R: 4 bytes".to_owned());
    meanings.extend(std::iter::repeat_n("4 bytes more".to_owned(), 7));
    meanings.push("signature, S: 4 bytes".to_owned());
    meanings.extend(std::iter::repeat_n("4 bytes more".to_owned(), 7));
    assert_eq!(signed[..words.len()], words);
    assert_documented("signed", &dump(&signed[words.len()..], words.len(), &meanings));
}

#[test]
fn the_weights_in_the_document_are_what_the_writer_makes() {
    let weights: Vec<i8> = (0..5).flat_map(|r| (0..6).map(move |i| 10 * r + i)).collect();
    let layer = LayerParts { inputs: 6, biases: vec![0; 5], requantizers: vec![], weights };
    let parts = ImageParts {
        quantizers: vec![InputQuantizer { scale: 1.0, bias: 0.0 }; 6],
        raw: None,
        layers: vec![layer],
        offsets: vec![0; 5],
        experts: images::experts(&["local", "a", "b", "c", "d"], Price::from_bits(3277)),
        ..tiny()
    };
    let words = parts.to_words().unwrap();
    // Header, quantizers, head of the network, head and both kinds of biases of its layer.
    let start = 5 + (2 + 12) + 2 + (2 + 5 + 5);
    let mut meanings = Vec::new();
    for rows in [0..4, 4..5] {
        for first in [0, 4] {
            for row in rows.clone() {
                let weights: Vec<String> = (first..first + 4)
                    .map(|i| if i < 6 { (10 * row + i).to_string() } else { "padding".into() })
                    .collect();
                meanings.push(format!("row {row}: {}", weights.join(", ")));
            }
        }
    }
    assert_documented("weights", &dump(&words[start..start + 10], 0, &meanings));
}

/// Runs the document's reader, or says that there is no Python to run it.
fn read_image(arguments: &[&str]) -> Option<String> {
    let python = Command::new("python3").arg(docs().join("read_image.py")).args(arguments).output();
    let Ok(output) = python else {
        eprintln!("skipped: there is no python3 on the PATH to run docs/read_image.py");
        return None;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docs/read_image.py {arguments:?}: {error}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every word of an image set to numbers that may break more than one rule: the first must count.
fn edits() -> Vec<Vec<u32>> {
    let mut edits = Vec::new();
    for index in 1..images::small().to_words().unwrap().len() {
        let changes: [fn(u32) -> u32; 6] = [
            |_| 0,
            |_| u32::MAX,
            |word| word ^ 1,
            |word| word.wrapping_add(1),
            |word| word << 8,
            |_| 1 << 31,
        ];
        edits.extend(changes.map(|change| {
            images::edited(|words| {
                words[index] = change(words[index]);
            })
        }));
    }
    edits
}

#[test]
fn a_reader_written_from_the_document_refuses_what_the_crate_refuses() {
    let folder = folder("refused");
    let mut files = Vec::new();
    let mut expected = String::new();
    let invalid = images::invalid().into_iter().map(|case| case.words);
    let valid = images::valid().into_iter().map(|(_, words)| words);
    for (index, words) in invalid.chain(valid).chain(edits()).enumerate() {
        let error = Image::from_words(&words).err();
        let path = folder.join(format!("{index}.mild")).display().to_string();
        fs::write(&path, images::to_bytes(&words)).unwrap();
        let verdict = error.map_or("ok".into(), |error| {
            let debug = format!("{error:?}");
            let (variant, fields) = debug.split_once(" {").unwrap_or((&debug, ""));
            // Where it is wrong is part of the specification, what was found there is not.
            match fields.trim_end_matches(" }").split_once(": ") {
                Some((" kind" | " input" | " layer" | " expert" | " word", place)) => {
                    format!("{variant} {place}")
                }
                _ => variant.to_owned(),
            }
        });
        writeln!(expected, "{path}: {verdict}").unwrap();
        files.push(path);
    }
    let arguments: Vec<&str> =
        ["check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    if let Some(found) = read_image(&arguments) {
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.lines().count(), files.len());
    }
}

#[test]
fn a_reader_written_from_the_document_decides_as_the_crate_does() {
    let folder = folder("decided");
    for (index, parts) in
        [tiny(), images::small(), images::with_platt_scaling()].into_iter().enumerate()
    {
        let path = folder.join(format!("{index}.mild")).display().to_string();
        fs::write(&path, parts.to_bytes().unwrap()).unwrap();
        let words = parts.to_words().unwrap();
        let image = Image::from_words(&words).unwrap();
        let mut scratch = vec![0; image.scratch_words()];
        for (codes, mask) in [
            ([10i8, -20, 30], u32::MAX),
            ([-128, -128, -128], u32::MAX),
            ([127, 127, 127], 0),
            ([127, -128, 127], 4),
            ([-128, 127, -3], 3),
        ] {
            let rejector = Rejector::new(&image);
            let decision =
                rejector.decide(&codes, Reachable::from_bits(mask), &mut scratch).unwrap();
            let scores = rejector.scores(&codes, &mut scratch).unwrap();
            let mut expected = format!("{} {}", decision.expert, decision.margin);
            scores.values().iter().for_each(|score| write!(expected, " {score}").unwrap());
            let mut arguments = vec!["decide".into(), path.clone(), mask.to_string()];
            arguments.extend(codes.map(|code| code.to_string()));
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            if let Some(found) = read_image(&arguments) {
                assert_eq!(found.trim(), expected, "{path} {codes:?} {mask:#x}");
            }
        }
    }
}
