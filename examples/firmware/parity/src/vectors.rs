//! Reading `vectors.bin`, the host's recorded inputs and results, row by row through a small
//! buffer.

use crate::row::{Kind, Row};
use board::HostFile;
use core::fmt;
use mild::Image;

/// The only version of the format that is understood.
const VERSION: u16 = 1;
const MAGIC: [u8; 4] = *b"MVEC";

/// Why the file is not usable. Each of these fails the run.
#[derive(Debug)]
pub enum Problem {
    /// The file cannot be opened.
    Missing,
    /// The first four bytes are not `MVEC`.
    Magic([u8; 4]),
    /// A version that this program does not know.
    Version(u16),
    /// The file was written for an image of another shape: what it says, what the image says.
    Shape([usize; 2], [usize; 2]),
    /// This program has no room for an image of this size.
    TooLarge,
    /// There is nothing to compare.
    NoRows,
    /// The file ends inside this row.
    Short(u32),
    /// The kind of input of this row is unknown.
    Kind(u32, u8),
    /// Reserved or padding bytes before or in this row are not zero.
    NotZero(u32),
    /// There are bytes after the last row.
    Trailing,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("cannot open vectors.bin"),
            Self::TooLarge => f.write_str("the image is too large for this program"),
            Self::Magic(found) => write!(f, "magic is {found:02x?}, expected {MAGIC:02x?}"),
            Self::Version(found) => write!(f, "version is {found}, expected {VERSION}"),
            Self::Shape(found, expected) => {
                write!(f, "inputs, experts are {found:?}, the image has {expected:?}")
            }
            Self::NoRows => f.write_str("no rows"),
            Self::Short(row) => write!(f, "the file ends inside row {row}"),
            Self::Kind(row, kind) => write!(f, "row {row} has unknown kind {kind}"),
            Self::NotZero(row) => write!(f, "reserved bytes up to row {row} are not zero"),
            Self::Trailing => f.write_str("bytes after the last row"),
        }
    }
}

/// The file, read in order.
pub struct Vectors {
    source: Source,
    inputs: usize,
    rows: u32,
}

impl Vectors {
    /// Opens `vectors.bin`, checks that it belongs to the image, and makes `row` ready for its
    /// rows.
    pub fn open(image: &Image<'_>, row: &mut Row) -> Result<Self, Problem> {
        let file = HostFile::open(c"vectors.bin").ok_or(Problem::Missing)?;
        let mut source = Source { file, buffer: [0; 512], start: 0, end: 0, row: 0 };
        let magic = source.array()?;
        if magic != MAGIC {
            return Err(Problem::Magic(magic));
        }
        let version = u16::from_le_bytes(source.array()?);
        if version != VERSION {
            return Err(Problem::Version(version));
        }
        let inputs = u16::from_le_bytes(source.array()?);
        let experts = u16::from_le_bytes(source.array()?);
        let shape = [inputs.into(), experts.into()];
        let expected = [image.inputs(), image.experts()];
        if shape != expected {
            return Err(Problem::Shape(shape, expected));
        }
        if !row.set_shape(image.inputs(), image.experts()) {
            return Err(Problem::TooLarge);
        }
        source.zeros(2)?;
        let rows = u32::from_le_bytes(source.array()?);
        if rows == 0 {
            return Err(Problem::NoRows);
        }
        Ok(Self { source, inputs: image.inputs(), rows })
    }

    /// Reads the next row and returns its index, or `None` after the last one.
    pub fn read(&mut self, row: &mut Row) -> Result<Option<u32>, Problem> {
        let index = self.source.row;
        if index == self.rows {
            return match self.source.byte() {
                Err(_) => Ok(None),
                Ok(_) => Err(Problem::Trailing),
            };
        }
        let source = &mut self.source;
        let [kind, expert, masked_expert] = source.array()?;
        source.zeros(1)?;
        (row.expert, row.masked_expert) = (expert, masked_expert);
        row.mask = u32::from_le_bytes(source.array()?);
        row.margin = i32::from_le_bytes(source.array()?);
        source.fill(row.scores_mut(), i32::from_le_bytes)?;
        source.fill(row.codes_mut(), i8::from_le_bytes)?;
        source.zeros(self.inputs.next_multiple_of(4) - self.inputs)?;
        row.kind = match kind {
            0 => Kind::Codes,
            1 => {
                source.fill(row.readings_mut(), i16::from_le_bytes)?;
                source.zeros((2 * self.inputs).next_multiple_of(4) - 2 * self.inputs)?;
                Kind::Readings
            }
            2 => {
                source.fill(row.features_mut(), f32::from_le_bytes)?;
                Kind::Features
            }
            other => return Err(Problem::Kind(index, other)),
        };
        self.source.row += 1;
        Ok(Some(index))
    }
}

/// The bytes of the file, fetched in chunks: a semihosting call stops the core, and the smallest
/// board has 16 KiB of RAM.
struct Source {
    file: HostFile,
    buffer: [u8; 512],
    start: usize,
    end: usize,
    /// The row that is being read, for the errors.
    row: u32,
}

impl Source {
    fn byte(&mut self) -> Result<u8, Problem> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.file.read(&mut self.buffer);
        }
        let bytes = self.buffer.get(self.start..self.end).unwrap_or_default();
        let byte = bytes.first().copied().ok_or(Problem::Short(self.row))?;
        self.start += 1;
        Ok(byte)
    }

    fn array<const B: usize>(&mut self) -> Result<[u8; B], Problem> {
        let mut bytes = [0; B];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    fn fill<T, const B: usize>(
        &mut self,
        values: &mut [T],
        decode: fn([u8; B]) -> T,
    ) -> Result<(), Problem> {
        for value in values {
            *value = decode(self.array()?);
        }
        Ok(())
    }

    fn zeros(&mut self, bytes: usize) -> Result<(), Problem> {
        for _ in 0..bytes {
            if self.byte()? != 0 {
                return Err(Problem::NotZero(self.row));
            }
        }
        Ok(())
    }
}
