//! One array of NumPy, as files of the NPY format hold it.
//!
//! The format is one page ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)). The crates that
//! read it bring a parser generator for its one line of Python, and with that a C compiler, so the line
//! is taken apart here.

use std::fmt::Write;

/// The values of an array, in the order of the file.
#[derive(Debug, PartialEq)]
pub(super) enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Signed(Vec<i64>),
    Unsigned(Vec<u64>),
    Booleans(Vec<bool>),
    Texts(Vec<String>),
}

/// An array.
#[derive(Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// Whether the first index is the one that changes fastest.
    pub(super) fortran: bool,
    pub(super) values: Values,
}

/// What is wrong with an array: what was found, what was expected, and what to change.
#[derive(Debug, PartialEq)]
pub(super) struct BadArray {
    pub(super) found: String,
    pub(super) expected: &'static str,
    pub(super) change: &'static str,
}

const WHOLE: &str = "a whole array in the NPY format";
const AGAIN: &str = "save it again with `numpy.savez`";

fn damaged(found: &str) -> BadArray {
    BadArray { found: found.to_owned(), expected: WHOLE, change: AGAIN }
}

impl Array {
    /// The array in a file's bytes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, BadArray> {
        let (header, data) = split(bytes).ok_or_else(|| damaged("no header of an array"))?;
        let (kind, shape, fortran) =
            entries(header).ok_or_else(|| damaged("a header that cannot be read"))?;
        let count = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        let count = count.ok_or_else(|| damaged("more values than fit into memory"))?;
        let values = values(kind, data, count)?;
        Ok(Self { shape, fortran, values })
    }
}

/// The header and what follows it.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (&[major, _], rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        _ => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// What a header says: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`. The type is as
/// it is written, with its quotes if it is a simple one.
fn entries(header: &str) -> Option<(&str, Vec<usize>, bool)> {
    let behind = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}':"))?;
        Some(rest.trim_start())
    };
    let kind = behind("descr")?;
    let kind = match kind.strip_prefix('\'') {
        Some(rest) => &kind[..rest.find('\'')? + 2],
        None => kind,
    };
    let shape = behind("shape")?.strip_prefix('(')?;
    let sides = shape[..shape.find(')')?].split(',').map(str::trim).filter(|side| !side.is_empty());
    let shape = sides.map(|side| side.trim_end_matches('L').parse().ok()).collect::<Option<_>>()?;
    let order = behind("fortran_order")?;
    let fortran = order.starts_with("True");
    (fortran || order.starts_with("False")).then_some((kind, shape, fortran))
}

/// The values of a type such as `'<f8'`: the order of bytes, the kind, the size.
fn values(kind: &str, data: &[u8], count: usize) -> Result<Values, BadArray> {
    let unknown = || BadArray {
        found: match kind {
            "'|O'" => "objects of Python".to_owned(),
            _ if kind.starts_with('[') => "an array of records".to_owned(),
            _ => format!("values of type {}", kind.replace('\'', "`")),
        },
        expected: "numbers, booleans or texts",
        change: "convert it before saving, as with `astype(\"float32\")` or `astype(str)`, or leave it out",
    };
    let simple = kind.strip_prefix('\'').and_then(|kind| kind.strip_suffix('\''));
    let (order, rest) = simple.and_then(|kind| kind.split_at_checked(1)).ok_or_else(unknown)?;
    let (letter, size) = rest.split_at_checked(1).ok_or_else(unknown)?;
    let size: usize = size.parse().map_err(|_| unknown())?;
    let big = order == ">";
    let width = if letter == "U" { size.saturating_mul(4) } else { size };
    let expected = count.checked_mul(width).filter(|&bytes| bytes == data.len());
    if expected.is_none() {
        return Err(damaged(&format!("{} bytes for {count} values of {width} bytes", data.len())));
    }
    if width == 0 {
        return match letter {
            // Texts that are all empty.
            "U" | "S" => Ok(Values::Texts(vec![String::new(); count])),
            _ => Err(unknown()),
        };
    }
    let items = data.chunks_exact(width);
    // The bytes of a number, the lowest first.
    let number = |item: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..item.len()].copy_from_slice(item);
        if big {
            bytes[..item.len()].reverse();
        }
        u64::from_le_bytes(bytes)
    };
    Ok(match (letter, size) {
        ("f", 4) => Values::F32(items.map(|item| f32::from_bits(number(item) as u32)).collect()),
        ("f", 8) => Values::F64(items.map(|item| f64::from_bits(number(item))).collect()),
        ("i", 1 | 2 | 4 | 8) => {
            let above = 64 - 8 * size as u32;
            Values::Signed(items.map(|item| (number(item) << above) as i64 >> above).collect())
        }
        ("u", 1 | 2 | 4 | 8) => Values::Unsigned(items.map(number).collect()),
        ("b", 1) => Values::Booleans(items.map(|item| item[0] != 0).collect()),
        ("U", _) => {
            let letter = |code: &[u8]| char::from_u32(number(code) as u32);
            let text = |item: &[u8]| item.chunks_exact(4).map(letter).collect::<Option<String>>();
            let texts: Option<Vec<String>> = items.map(text).collect();
            Values::Texts(trimmed(texts.ok_or_else(|| damaged("a text that is no Unicode"))?))
        }
        ("S", _) => {
            let text = |item: &[u8]| String::from_utf8(item.to_vec()).ok();
            let texts: Option<Vec<String>> = items.map(text).collect();
            Values::Texts(trimmed(texts.ok_or_else(|| BadArray {
                found: "bytes that are not UTF-8".to_owned(),
                ..unknown()
            })?))
        }
        _ => return Err(unknown()),
    })
}

/// Texts without the zeros that fill them up.
fn trimmed(mut texts: Vec<String>) -> Vec<String> {
    for text in &mut texts {
        text.truncate(text.trim_end_matches('\0').len());
    }
    texts
}

impl Values {
    /// Writes a value as a cell: a number with the fewest digits that tell it from all others of its
    /// type, so that it is read as the same number in a CSV file is; nothing for NaN. Writing to a
    /// string cannot fail.
    pub(super) fn write(&self, place: usize, cell: &mut String) {
        let _ = match self {
            Self::F32(values) if values[place].is_nan() => Ok(()),
            Self::F64(values) if values[place].is_nan() => Ok(()),
            Self::F32(values) => write!(cell, "{}", values[place]),
            Self::F64(values) => write!(cell, "{}", values[place]),
            Self::Signed(values) => write!(cell, "{}", values[place]),
            Self::Unsigned(values) => write!(cell, "{}", values[place]),
            Self::Booleans(values) => write!(cell, "{}", values[place]),
            Self::Texts(values) => {
                cell.push_str(&values[place]);
                Ok(())
            }
        };
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as NumPy writes it.
    pub(crate) fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    fn cells(file: &[u8]) -> Vec<String> {
        let array = Array::read(file).unwrap();
        let count = array.shape.iter().product();
        let cell = |place| {
            let mut cell = String::new();
            array.values.write(place, &mut cell);
            cell
        };
        (0..count).map(cell).collect()
    }

    #[test]
    fn values_of_every_type_become_cells() {
        for (kind, shape, data, expected) in [
            (
                "'<f4'",
                "(2,)",
                [0.1f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat(),
                &["0.1", ""][..],
            ),
            ("'>f8'", "(1,)", 0.1f64.to_be_bytes().to_vec(), &["0.1"]),
            ("'|i1'", "(2,)", vec![0xff, 3], &["-1", "3"]),
            ("'>i2'", "(1,)", vec![0xff, 0xfe], &["-2"]),
            ("'<i8'", "(1,)", i64::MIN.to_le_bytes().to_vec(), &["-9223372036854775808"]),
            ("'<u4'", "(1L,)", u32::MAX.to_le_bytes().to_vec(), &["4294967295"]),
            ("'|b1'", "(2,)", vec![0, 1], &["false", "true"]),
            ("'|S3'", "(2,)", b"ab\0cde".to_vec(), &["ab", "cde"]),
            ("'<U2'", "(1,)", [0xe9u32, 0].map(u32::to_le_bytes).concat(), &["é"]),
            ("'<U0'", "(2,)", vec![], &["", ""]),
            ("'<f4'", "(0, 3)", vec![], &[]),
        ] {
            assert_eq!(cells(&npy(kind, shape, &data)), expected, "{kind}");
        }
        let second = Array::read(&npy("'|u1'", "(2, 1)", &[1, 2])).unwrap();
        assert_eq!((second.shape, second.fortran), (vec![2, 1], false));
    }

    #[test]
    fn other_arrays_are_refused() {
        for (file, part) in [
            (npy("'|O'", "(1,)", &[1, 2]), "objects of Python"),
            (npy("[('a', '<f4')]", "(1,)", &[0; 4]), "records"),
            (npy("'<f2'", "(1,)", &[0; 2]), "type `<f2`"),
            (npy("'<c16'", "(1,)", &[0; 16]), "type `<c16`"),
            (npy("'<M8[ns]'", "(1,)", &[0; 8]), "type `<M8[ns]`"),
            (npy("'<f4'", "(3,)", &[0; 8]), "8 bytes for 3 values of 4 bytes"),
            (npy("'<f4'", "(99999999999, 99999999999)", &[]), "more values than fit"),
            (npy("'<f4'", "(3)", &[0; 12])[..20].to_vec(), "no header"),
            (npy("'<f4'", "3", &[0; 12]), "cannot be read"),
            (b"PK".to_vec(), "no header"),
        ] {
            let error = Array::read(&file).unwrap_err();
            assert!(error.found.contains(part), "{part}: {error:?}");
        }
    }
}
