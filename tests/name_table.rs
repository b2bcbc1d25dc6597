//! The names of inputs and classes in an image: read where they are, never a reason to refuse one.

use std::fs;
use std::path::Path;
use std::process::Command;

use mild::image::{ImageParts, MAX_LISTED_NAME, NameTableParts, WriteError};
use mild::{Image, Reachable, Rejector};
use mild_test_support::images::{Section, rearranged, small, to_bytes, with_names};

/// The section's kind, skippable.
const HEAD: u32 = 1 << 16 | 9;

fn table() -> NameTableParts {
    with_names().name_table.unwrap()
}

/// The small image with this content as its table.
fn holding(content: Vec<u32>) -> Vec<u32> {
    rearranged(|sections| sections.push(Section { head: HEAD, content }))
}

/// The content of the table of [`with_names`].
fn content() -> Vec<u32> {
    let (with, without) = (with_names().to_words().unwrap(), small().to_words().unwrap());
    with[without.len() + 2..].to_vec()
}

#[test]
fn names_come_back_as_they_were_written() {
    let words = with_names().to_words().unwrap();
    let image = Image::from_words(&words).unwrap();
    let read = image.name_table().unwrap();
    assert_eq!(read.inputs_digest(), table().inputs_digest);
    assert_eq!(read.classes_digest(), table().classes_digest);
    let (inputs, classes) = table().names.unwrap();
    assert_eq!(read.inputs().unwrap().collect::<Vec<_>>(), inputs);
    assert_eq!(read.classes().unwrap().collect::<Vec<_>>(), classes);
}

#[test]
fn an_image_without_names_is_the_same_bytes_as_ever_and_decides_the_same() {
    let without = small().to_words().unwrap();
    assert!(Image::from_words(&without).unwrap().name_table().is_none());
    let digests = NameTableParts { names: None, ..table() };
    let digests = ImageParts { name_table: Some(digests), ..small() }.to_words().unwrap();
    assert_eq!(digests.len(), without.len() + 6, "a head, a length and two digests");
    // But for length and checksum.
    assert_eq!(digests[4..without.len()], without[4..]);
    let image = Image::from_words(&digests).unwrap();
    let read = image.name_table().unwrap();
    assert_eq!(read.inputs_digest(), table().inputs_digest);
    assert!(read.inputs().is_none() && read.classes().is_none());
    let decide = |words: &[u32]| {
        let image = Image::from_words(words).unwrap();
        let mut scratch = vec![0; image.scratch_words()];
        Rejector::new(&image).decide(&[9i8, -70, 100], Reachable::ALL, &mut scratch).unwrap()
    };
    assert_eq!(decide(&digests), decide(&without));
    let names = with_names().to_words().unwrap();
    assert_eq!(decide(&names), decide(&without));
}

#[test]
fn operating_points_leave_the_names_alone() {
    let words = with_names().to_words().unwrap();
    let points = mild_test_support::images::with_operating_points().operating_points.unwrap();
    let image = Image::from_words(&words).unwrap();
    let both = image.with_operating_points(&points).unwrap();
    let both = Image::from_words(&both).unwrap();
    assert!(both.operating_points().is_some());
    assert_eq!(both.name_table(), image.name_table());
}

/// Tables that are none, each by one rule.
fn malformed() -> Vec<(&'static str, Vec<u32>)> {
    let mut cases = Vec::new();
    let mut case = |what, edit: &dyn Fn(&mut Vec<u32>)| {
        let mut words = content();
        edit(&mut words);
        cases.push((what, words));
    };
    case("nothing", &|words| words.clear());
    case("half a digest", &|words| words.truncate(3));
    case("a count and no names", &|words| words.truncate(5));
    case("high half of the count", &|words| words[4] |= 1 << 16);
    // Three of them could be the empty ones of the padding.
    case("more classes than names", &|words| words[4] += 4);
    case("fewer classes than names", &|words| words[4] -= 1);
    case("a name that ends after the section", &|words| words[5] = words[5] & !0xff | 200);
    case("a name that is not UTF-8", &|words| words[5] |= 0xff00);
    case("a word behind the names", &|words| words.push(0));
    case("padding", &|words| *words.last_mut().unwrap() |= 1 << 31);
    cases
}

#[test]
fn a_malformed_table_is_none_and_the_image_runs() {
    assert_eq!(content()[4], 2, "classes");
    assert_eq!(content().last().unwrap() >> 24, 0, "the last word has padding");
    for (what, content) in malformed() {
        let words = holding(content);
        let image = Image::from_words(&words).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(image.name_table().is_none(), "{what}");
    }
    let words = holding(content());
    assert!(Image::from_words(&words).unwrap().name_table().is_some());
}

#[test]
fn names_that_do_not_fit_are_not_written() {
    let names = |inputs: &[&str], class: &str| {
        let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
        let table = NameTableParts { names: Some((inputs, vec![class.to_owned()])), ..table() };
        ImageParts { name_table: Some(table), ..small() }.to_words()
    };
    let longest = "x".repeat(MAX_LISTED_NAME);
    assert!(names(&["a", "b", "c"], &longest).is_ok());
    let longer = names(&["a", "b", "c"], &(longest + "x")).unwrap_err();
    assert!(matches!(longer, WriteError::TooLarge { found: 256, limit: 255, .. }), "{longer}");
    let fewer = names(&["a", "b"], "").unwrap_err();
    assert!(matches!(fewer, WriteError::Length { found: 2, expected: 3, .. }), "{fewer}");
}

#[test]
fn a_reader_written_from_the_document_reads_the_same_names() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("name_table");
    fs::create_dir_all(&folder).unwrap();
    let named = ("named", with_names().to_words().unwrap());
    let malformed = malformed().into_iter().map(|(what, content)| (what, holding(content)));
    for (what, words) in malformed.chain([named, ("none", small().to_words().unwrap())]) {
        let path = folder.join("one.mild");
        fs::write(&path, to_bytes(&words)).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/read_image.py");
        let python = Command::new("python3").arg(script).arg("names").arg(&path).output();
        let Ok(output) = python else {
            eprintln!("skipped: there is no python3 on the PATH to run docs/read_image.py");
            return;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what}: {error}");
        let expected = match Image::from_words(&words).unwrap().name_table() {
            None => "none\n",
            // The digests are made up, and that is for this reader to notice.
            Some(_) => {
                "inputs 0102030405060708 wrong\n  temp\n  room=Küche\n  \n\
                 classes 090a0b0c0d0e0f10 wrong\n  calm\n  storm\n"
            }
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{what}");
    }
}
