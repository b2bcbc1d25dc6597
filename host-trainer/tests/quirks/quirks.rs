//! The table of quirks.

use std::io::{Cursor, Write as _};

use encoding_rs::WINDOWS_1252;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use zip::write::{SimpleFileOptions, ZipWriter};

/// What becomes of a log.
pub(crate) enum Outcome {
    /// It gives the same image as the clean one.
    Read,
    /// It is read, with a warning that says this.
    Warned(&'static str),
    /// The message says these; the last one is shown to readers.
    Refused(&'static [&'static str]),
}

use Outcome::{Read, Refused, Warned};

/// A way in which a file differs from the clean one.
pub(crate) struct Quirk {
    /// What is in the file, for readers.
    pub(crate) name: &'static str,
    /// What the configuration says of it, in `[data]`.
    pub(crate) key: &'static str,
    /// From the clean log to the file.
    pub(crate) write: fn(&str) -> Vec<u8>,
    pub(crate) outcome: Outcome,
}

const fn quirk(
    name: &'static str,
    key: &'static str,
    write: fn(&str) -> Vec<u8>,
    outcome: Outcome,
) -> Quirk {
    Quirk { name, key, write, outcome }
}

/// Every cell of every row but the header, changed.
fn cells(log: &str, change: impl Fn(usize, &str) -> String) -> Vec<u8> {
    let mut lines = log.lines();
    let mut text = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let cells: Vec<String> =
            line.split(',').enumerate().map(|(i, cell)| change(i, cell)).collect();
        text += &format!("{}\n", cells.join(","));
    }
    text.into_bytes()
}

/// The columns of the label and of both answers.
const CLASSES: [usize; 3] = [2, 4, 5];

/// Classes by other names: `names[0]` for 0 and `names[1]` for 1.
fn classes(log: &str, names: [&str; 2]) -> Vec<u8> {
    cells(log, |column, cell| match (CLASSES.contains(&column), cell) {
        (true, "0") => names[0].to_owned(),
        (true, "1") => names[1].to_owned(),
        _ => cell.to_owned(),
    })
}

/// One cell of the tenth line.
fn one(log: &str, column: usize, text: &str) -> Vec<u8> {
    let mut lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let mut cells: Vec<&str> = lines[9].split(',').collect();
    cells[column] = text;
    lines[9] = cells.join(",");
    (lines.join("\n") + "\n").into_bytes()
}

fn european(log: &str) -> String {
    log.replace(',', ";").replace('.', ",")
}

/// A line after the tenth.
fn inserted(log: &str, line: &str) -> Vec<u8> {
    let mut lines: Vec<&str> = log.lines().collect();
    lines.insert(10, line);
    (lines.join("\n") + "\n").into_bytes()
}

/// One more column, with the same cell in every row.
fn beside(log: &str, name: &str, cell: &str) -> String {
    log.lines().enumerate().fold(String::new(), |text, (row, line)| {
        format!("{text}{line},{}\n", if row == 0 { name } else { cell })
    })
}

fn header(log: &str) -> &str {
    log.lines().next().unwrap()
}

fn utf16(log: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    log.encode_utf16().flat_map(bytes).collect()
}

fn gzip(log: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(log.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The log as JSON Lines, each number with the digits that it has.
fn json_lines(log: &str) -> String {
    let names: Vec<&str> = header(log).split(',').collect();
    log.lines().skip(1).fold(String::new(), |text, line| {
        let pair = |(name, cell): (&&str, &str)| match cell.parse::<f64>() {
            Ok(_) => format!("\"{name}\": {cell}"),
            Err(_) => format!("\"{name}\": \"{cell}\""),
        };
        let pairs: Vec<String> = names.iter().zip(line.split(',')).map(pair).collect();
        text + &format!("{{{}}}\n", pairs.join(", "))
    })
}

/// The log as NumPy's `savez` writes it: doubles, bytes for the classes, and texts.
fn npz(log: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (column, name) in header(log).split(',').enumerate() {
        let cells: Vec<&str> =
            log.lines().skip(1).map(|line| line.split(',').nth(column).unwrap()).collect();
        let text = |cell: &&str| format!("{cell:\0<11}").chars().map(u32::from).collect::<Vec<_>>();
        let (kind, data): (&str, Vec<u8>) = if CLASSES.contains(&column) {
            ("|i1", cells.iter().map(|cell| cell.parse().unwrap()).collect())
        } else if cells[0].parse::<f64>().is_ok() {
            let double = |cell: &&str| cell.parse::<f64>().unwrap().to_le_bytes();
            ("<f8", cells.iter().flat_map(double).collect())
        } else {
            ("<U11", cells.iter().flat_map(text).flat_map(u32::to_le_bytes).collect())
        };
        let header = format!(
            "{{'descr': '{kind}', 'fortran_order': False, 'shape': ({},), }}\n",
            cells.len()
        );
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(b"\x93NUMPY\x01\x00").unwrap();
        archive.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        archive.write_all(header.as_bytes()).unwrap();
        archive.write_all(&data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const THOUSANDS: &str = "which has a thousands separator";

/// All of them, in the order of the documentation.
pub(crate) const QUIRKS: &[Quirk] = &[
    quirk(
        "a byte order mark, as in \"CSV UTF-8\"",
        "",
        |log| format!("\u{feff}{log}").into(),
        Read,
    ),
    quirk(
        "UTF-16, little-endian",
        "",
        |log| utf16(&format!("\u{feff}{log}"), u16::to_le_bytes),
        Read,
    ),
    quirk("UTF-16, big-endian", "", |log| utf16(&format!("\u{feff}{log}"), u16::to_be_bytes), Read),
    quirk("UTF-16 without a byte order mark", "", |log| utf16(log, u16::to_le_bytes), Read),
    quirk(
        "UTF-16 that ends inside a character",
        "",
        |log| {
            let mut bytes = utf16(log, u16::to_le_bytes);
            bytes.pop();
            bytes
        },
        Refused(&[
            "log.csv:",
            "bytes that are not UTF-16LE",
            "set the right `encoding` in `[data]`",
        ]),
    ),
    quirk(
        "Windows-1252 or Latin-1, named",
        "encoding = 'latin1'\n",
        |log| WINDOWS_1252.encode(&beside(log, "größe", "1 µm")).0.into_owned(),
        Read,
    ),
    quirk(
        "Windows-1252 or Latin-1, not named",
        "",
        |log| WINDOWS_1252.encode(&beside(log, "größe", "1")).0.into_owned(),
        Refused(&["log.csv:1: found bytes that are not UTF-8", "or set `encoding` in `[data]`"]),
    ),
    quirk("gzip", "", gzip, Read),
    quirk("zstd", "", |log| compress_to_vec(log.as_bytes(), CompressionLevel::Fastest), Read),
    quirk(
        "gzip that is cut off",
        "",
        |log| {
            let bytes = gzip(log);
            bytes[..bytes.len() / 2].to_vec()
        },
        Refused(&["log.csv:", "found damaged compressed data", "expected a complete gzip file"]),
    ),
    quirk(
        "a workbook or another zip archive",
        "",
        |_| b"PK\x03\x04....".to_vec(),
        Refused(&[
            "log.csv: found a zip archive or a spreadsheet's workbook",
            "save the sheet as CSV",
        ]),
    ),
    quirk(
        "a Parquet file",
        "",
        |_| b"PAR1....".to_vec(),
        Refused(&["found a Parquet file", "write it as CSV, or train from Python, which reads it"]),
    ),
    quirk(
        "an Arrow or Feather file",
        "",
        |_| b"ARROW1\0\0....".to_vec(),
        Refused(&[
            "found an Arrow or Feather file",
            "write it as CSV, or train from Python, which reads it",
        ]),
    ),
    quirk("JSON Lines", "", |log| json_lines(log).into(), Read),
    quirk("JSON Lines in gzip", "", |log| gzip(&json_lines(log)), Read),
    quirk(
        "JSON Lines with `NaN`, as Python's `json` writes it",
        "",
        |log| json_lines(log).replacen("0.3042", "NaN", 1).into(),
        Refused(&["log.csv:2: found `NaN", "write `null` for a value that is missing"]),
    ),
    quirk(
        "JSON objects over several lines",
        "",
        |log| json_lines(log).replace(", ", ",\n").into(),
        Refused(&["log.csv:1: found the end of the line", "write the whole object on one line"]),
    ),
    quirk(
        "JSON in one list",
        "",
        |log| {
            let lines = json_lines(log);
            format!("[{}]", lines.trim_end().replace('\n', ",\n")).into()
        },
        Refused(&["found a list in JSON", "write each object on a line of its own (JSON Lines)"]),
    ),
    quirk("NPZ, with an array for each column", "", npz, Read),
    quirk(
        "NPZ that is cut off",
        "",
        |log| {
            let bytes = npz(log);
            bytes[..bytes.len() / 2].to_vec()
        },
        Refused(&["log.csv:1: found damaged compressed data", "expected a complete NPZ file"]),
    ),
    quirk(
        "a single array of NumPy",
        "",
        |_| b"\x93NUMPY\x01\x00".to_vec(),
        Refused(&["found an array of NumPy alone", "save all columns in one file"]),
    ),
    quirk("CR LF at line ends", "", |log| log.replace('\n', "\r\n").into(), Read),
    quirk("CR at line ends", "", |log| log.replace('\n', "\r").into(), Read),
    quirk("no line end after the last row", "", |log| log.trim_end().into(), Read),
    quirk("empty lines", "", |log| log.replace('\n', "\n\n").into(), Read),
    quirk("tabs between cells", "", |log| log.replace(',', "\t").into(), Read),
    quirk("bars between cells", "", |log| log.replace(',', "|").into(), Read),
    quirk("semicolons between cells", "", |log| log.replace(',', ";").into(), Read),
    quirk("semicolons, and decimal commas as in `1,2882`", "", |log| european(log).into(), Read),
    quirk("tabs, and decimal commas", "", |log| european(log).replace(';', "\t").into(), Read),
    quirk(
        "quoted decimal commas between commas",
        "",
        |log| {
            cells(log, |_, cell| match cell.contains('.') {
                true => format!("\"{}\"", cell.replace('.', ",")),
                false => cell.to_owned(),
            })
        },
        Read,
    ),
    quirk(
        "a line `sep=;` before the header",
        "",
        |log| format!("sep=;\n{}", european(log)).into(),
        Read,
    ),
    quirk(
        "semicolons and decimal commas, named",
        "delimiter = ';'\ndecimal = ','\n",
        |log| european(log).into(),
        Read,
    ),
    quirk(
        "decimal commas where the configuration says points",
        "decimal = '.'\n",
        |log| european(log).into(),
        Refused(&["log.csv:2: column `price`: found `0,125`", "set `decimal = \",\"` in `[data]`"]),
    ),
    quirk(
        "one number with a point among decimal commas",
        "",
        |log| {
            String::from_utf8(one(log, 0, "0@5"))
                .map(|log| european(&log).replace('@', "."))
                .unwrap()
                .into()
        },
        Refused(&[
            "log.csv:10: column `cell 1`: found `0.5`",
            "write `0,5`: the others have decimal commas",
        ]),
    ),
    quirk(
        "a thousands separator, as in `\"1,163.74\"`",
        "",
        |log| one(log, 1, "\"1,163.74\""),
        Refused(&["log.csv:10: column `cell 2`: found `1,163.74`", THOUSANDS, "write `1163.74`"]),
    ),
    quirk(
        "a thousands separator among decimal commas, as in `1.163,74`",
        "",
        |log| {
            String::from_utf8(one(log, 1, "1@163.74"))
                .map(|log| european(&log).replace('@', "."))
                .unwrap()
                .into()
        },
        Refused(&["column `cell 2`: found `1.163,74`", THOUSANDS, "write `1163,74`"]),
    ),
    quirk(
        "an apostrophe or a space between thousands",
        "",
        |log| one(log, 1, "1'163"),
        Refused(&["column `cell 2`: found `1'163`", THOUSANDS, "write `1163`"]),
    ),
    quirk(
        "a typographic minus",
        "",
        |log| one(log, 1, "\u{2212}12"),
        Refused(&["column `cell 2`", "write `-12`, with a hyphen as minus"]),
    ),
    quirk(
        "a percent sign",
        "",
        |log| one(log, 1, "12%"),
        Refused(&[
            "column `cell 2`: found `12%`",
            "write the share, or the number without its sign",
        ]),
    ),
    quirk("quotes around every cell", "", |log| cells(log, |_, cell| format!("\"{cell}\"")), Read),
    quirk("space around cells", "", |log| cells(log, |_, cell| format!(" {cell}\t ")), Read),
    quirk(
        "numbers written in another way, as `2.5e-1`",
        "",
        |log| {
            cells(log, |column, cell| match (column, cell.parse::<f64>()) {
                (0 | 1 | 6, Ok(number)) => format!("{number:e}"),
                _ => cell.to_owned(),
            })
        },
        Read,
    ),
    quirk("classes written as `1.0`", "", |log| classes(log, ["0.0", "1.0"]), Read),
    quirk(
        "comment lines before the header",
        "",
        |log| format!("# made by a logger\n#\n{log}").into(),
        Read,
    ),
    quirk(
        "comment lines between the rows",
        "",
        |log| inserted(log, "# the fan was on, then off"),
        Read,
    ),
    quirk("the header in a comment, as NumPy writes it", "", |log| format!("# {log}").into(), Read),
    quirk(
        "a row that begins with `#`",
        "",
        |log| inserted(log, "#1,2,0,train,0,1,0.125"),
        Refused(&["log.csv:11: column `cell 1`: found `#1`", "expected a finite number"]),
    ),
    quirk("the header again between the rows", "", |log| inserted(log, header(log)), Read),
    quirk(
        "the header alone",
        "",
        |log| header(log).into(),
        Refused(&[
            "log.csv:2: found no rows after the header",
            "expected at least one row per split",
        ]),
    ),
    quirk(
        "nothing",
        "",
        |_| Vec::new(),
        Refused(&["log.csv:1: found an empty file", "expected a header"]),
    ),
    quirk(
        "no header",
        "",
        |log| log.split_once('\n').unwrap().1.into(),
        Refused(&["log.csv:1: found numbers", "add a line with the names before it"]),
    ),
    quirk(
        "a name twice",
        "",
        |log| log.replacen("cell 2", "cell 1", 1).into(),
        Refused(&[
            "found column `cell 1` twice (columns 1 and 2)",
            "rename one of them, or leave it out",
        ]),
    ),
    quirk(
        "a column without a name, as pandas writes its index",
        "",
        |log| {
            log.lines()
                .enumerate()
                .fold(String::new(), |text, (row, line)| match row {
                    0 => format!(",{line}\n"),
                    _ => format!("{text}{row},{line}\n"),
                })
                .into()
        },
        Read,
    ),
    quirk("a delimiter at the end of every line", "", |log| log.replace('\n', ",\n").into(), Read),
    quirk(
        "a delimiter at the end of every row, not of the header",
        "",
        |log| {
            let (first, rest) = log.split_once('\n').unwrap();
            format!("{first}\n{}", rest.replace('\n', ",\n")).into()
        },
        Read,
    ),
    quirk(
        "a row with one cell too many",
        "",
        |log| inserted(log, "1,2,0,train,0,1,0.1,7"),
        Refused(&[
            "log.csv:11: found 8 cells, expected 7",
            "put quotes around cells that have the delimiter in them",
        ]),
    ),
    quirk(
        "a row that is cut off",
        "",
        |log| inserted(log, "1,2,0"),
        Refused(&["log.csv:11: found 3 cells", "expected 7 as in the header"]),
    ),
    quirk(
        "lines of a report before the header",
        "",
        |log| format!("Report of the tank\n\n{log}").into(),
        Refused(&["log.csv:", "remove the lines before the header"]),
    ),
    quirk(
        "columns in another order, and others beside them",
        "",
        |log| {
            log.lines()
                .enumerate()
                .fold(String::new(), |text, (row, line)| {
                    let (features, rest) = line.split_at(line.match_indices(',').nth(1).unwrap().0);
                    format!(
                        "{text}{},{},{features}\n",
                        &rest[1..],
                        if row == 0 { "note" } else { "a; b" }
                    )
                })
                .into()
        },
        Read,
    ),
    quirk(
        "a name that differs by a mark that cannot be seen",
        "",
        |log| log.replacen("cell 1", "\u{200b}cell 1\u{a0}", 1).into(),
        Read,
    ),
    quirk(
        "a column that a glob nearly stands for",
        "",
        |log| log.replacen("cell 2", "Cell_2", 1).into(),
        Warned("but not for `Cell_2`, which looks alike"),
    ),
    quirk("labels and answers `True` and `False`", "", |log| classes(log, ["False", "True"]), Read),
    quirk(
        "labels `True` and answers `true`",
        "",
        |log| {
            cells(log, |column, cell| match (column, cell) {
                (2, _) => if cell == "1" { "True" } else { "False" }.to_owned(),
                (4 | 5, _) => if cell == "1" { "true" } else { "false" }.to_owned(),
                _ => cell.to_owned(),
            })
        },
        Read,
    ),
    quirk("labels and answers `yes` and `no`", "", |log| classes(log, ["no", "yes"]), Read),
    quirk("labels and answers as text", "", |log| classes(log, ["a cat", "dog"]), Read),
    quirk("labels and answers `-1` and `1`", "", |log| classes(log, ["-1", "1"]), Read),
    quirk("labels and answers `3` and `5`", "", |log| classes(log, ["3", "5"]), Read),
    quirk(
        "answers that differ from the label by a letter's case",
        "",
        |log| {
            cells(log, |column, cell| match (column, cell) {
                (2 | 4, "0") => "cat".to_owned(),
                (5, "0") => "Cat ".to_owned(),
                (2 | 4 | 5, "1") => "dog".to_owned(),
                _ => cell.to_owned(),
            })
        },
        Warned("answers `Cat`, which is no class, but looks like `cat`"),
    ),
    quirk(
        "a label with a fraction",
        "",
        |log| one(log, 2, "0.5"),
        Refused(&["log.csv:10: column `label`: found `0.5`", "or a whole number"]),
    ),
    quirk(
        "a missing label",
        "",
        |log| one(log, 2, "NA"),
        Refused(&[
            "log.csv:10: column `label`: found `NA`",
            "expected a class",
            "fill it in, or leave the row out",
        ]),
    ),
    quirk(
        "a missing feature, as empty, `NA`, `nan`, `null` or `-`",
        "",
        |log| one(log, 0, "NA"),
        Refused(&[
            "log.csv:10: column `cell 1`: found `NA`, a missing cell",
            "fill it in, or leave the row out",
        ]),
    ),
    quirk(
        "text in a feature",
        "",
        |log| one(log, 0, "low"),
        Refused(&[
            "column `cell 1`: found `low`",
            "list the column in `data.categorical`, or leave it out",
        ]),
    ),
    quirk(
        "`True` in a feature",
        "",
        |log| one(log, 0, "True"),
        Refused(&["column `cell 1`: found `True`", "list the column in `data.categorical`"]),
    ),
    quirk(
        "an infinite feature",
        "",
        |log| one(log, 0, "inf"),
        Refused(&["column `cell 1`: found `inf`", "expected a finite number"]),
    ),
    quirk(
        "a split named `valid`",
        "",
        |log| log.replace("calibration", "valid").into(),
        Refused(&["log.csv:5: column `split`: found `valid`", "write `calibration`"]),
    ),
    quirk(
        "a missing answer",
        "",
        |log| one(log, 5, ""),
        Refused(&[
            "log.csv:10: column `b`: found an empty cell",
            "with `not_asked = \"allowed\"` in `[data]`",
        ]),
    ),
    quirk(
        "a missing answer, allowed",
        "not_asked = 'allowed'\n",
        |log| one(log, 5, "-"),
        Refused(&[
            "log.csv:10: column `b`: found no answer (of 240 rows, 239 have every answer)",
            "`complete_only = true` in `[data]`",
        ]),
    ),
    quirk(
        "missing answers and their prices, left out",
        "not_asked = 'allowed'\ncomplete_only = true\n",
        |log| {
            inserted(
                &String::from_utf8(inserted(log, "1,2,0,train,0,,")).unwrap(),
                "1,2,0,train,-,1,0.5",
            )
        },
        Read,
    ),
    quirk(
        "a missing price of an expert that was asked",
        "not_asked = 'allowed'\n",
        |log| one(log, 6, ""),
        Refused(&[
            "log.csv:10: column `price`: found an empty cell",
            "fill it in, or leave the row out",
        ]),
    ),
    quirk(
        "another mark of missing cells",
        "missing = ['?']\nnot_asked = 'allowed'\ncomplete_only = true\n",
        |log| inserted(log, "1,2,0,train,0,?,?"),
        Read,
    ),
    quirk("a constant column that nothing uses", "", |log| beside(log, "unit", "mV").into(), Read),
];
