//! Lines that stand in more than one place.

use std::collections::HashMap;

/// Fewer lines in a row are no duplicate.
pub(crate) const LEAST: usize = 6;

/// Lines in a row that also stand elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) file: String,
    /// The first and the last line, from 1.
    pub(crate) lines: [usize; 2],
    /// How many lines there are, those that do not count left out.
    pub(crate) length: usize,
}

/// The places in these files (each with its name and text) whose lines stand elsewhere too, the
/// longest first. Tests, imports, comments and lines without a letter or digit do not count;
/// neither does how far a line is indented.
pub(crate) fn find(files: &[(String, String)]) -> Vec<Run> {
    let files: Vec<(&str, Vec<(usize, &str)>)> =
        files.iter().map(|(name, text)| (name.as_str(), counted(text))).collect();
    let mut places: HashMap<Vec<&str>, Vec<(usize, usize)>> = HashMap::new();
    for (file, (_, lines)) in files.iter().enumerate() {
        for (start, window) in lines.windows(LEAST).enumerate() {
            let window = window.iter().map(|&(_, line)| line).collect();
            places.entry(window).or_default().push((file, start));
        }
    }
    let mut repeated: Vec<(usize, usize)> = Vec::new();
    for places in places.values() {
        // Lines that overlap with themselves are no second place.
        let apart = |&(file, start): &(usize, usize)| {
            places.iter().any(|other| other.0 != file || other.1.abs_diff(start) >= LEAST)
        };
        repeated.extend(places.iter().filter(|place| apart(place)));
    }
    repeated.sort_unstable();
    let mut runs: Vec<Run> = Vec::new();
    for chunk in repeated.chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1) {
        let (Some(&(file, first)), Some(&(_, last))) = (chunk.first(), chunk.last()) else {
            continue;
        };
        let (name, lines) = &files[file];
        runs.push(Run {
            file: (*name).to_owned(),
            lines: [lines[first].0, lines[last + LEAST - 1].0],
            length: last + LEAST - first,
        });
    }
    runs.sort_by(|a, b| b.length.cmp(&a.length).then_with(|| a.file.cmp(&b.file)));
    runs
}

/// The lines that count, each with its number.
fn counted(text: &str) -> Vec<(usize, &str)> {
    // A module of tests with its body ends a file; one in a file of its own is only declared.
    let ends = ["\n#[cfg(test)]\nmod tests {", "\n#[cfg(test)]\npub(crate) mod testing {"];
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = &text[..end];
    let lines = text.lines().map(str::trim).zip(1..).map(|(line, number)| (number, line));
    let (mut counted, mut in_import) = (Vec::new(), false);
    for (number, line) in lines {
        let begins = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "];
        in_import |= begins.iter().any(|start| line.starts_with(start));
        if !in_import && !line.starts_with("//") && line.contains(char::is_alphanumeric) {
            counted.push((number, line));
        }
        in_import &= !line.ends_with(';');
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn the_same_lines_are_found_in_both_places_whatever_is_between() {
        let first = "use a::{\n  b,\n};\nfn one() {\n  a\n  b\n  c\n  d\n  e\n  f\n  g\n}\n";
        let second = "fn two() {\n  // why\n  a\n\n    b\n  c\n  d\n  e\n  f\n  g\n}\nlast\n";
        let runs = find(&[file("x", first), file("y", second)]);
        let of = |name: &str, lines| Run { file: name.to_owned(), lines, length: 7 };
        assert_eq!(runs, [of("x", [5, 11]), of("y", [3, 10])]);
    }

    #[test]
    fn five_lines_tests_and_lines_that_overlap_with_themselves_are_none() {
        let five = "a\nb\nc\nd\ne\n";
        assert!(find(&[file("x", five), file("y", five)]).is_empty());
        let tested = format!("#[cfg(test)]\nmod tests {{\n{five}f\n}}\n");
        let tested = format!("fn one() {{}}\n{tested}");
        assert!(find(&[file("x", &tested), file("y", &tested)]).is_empty());
        assert!(find(&[file("x", &"a\n".repeat(8))]).is_empty());
        assert_eq!(find(&[file("x", &"a\n".repeat(12))]).len(), 2);
    }
}
