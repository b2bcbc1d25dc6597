//! Reading `vectors.bin`, the host's recorded inputs and results, row by row through a small buffer.

use board::HostFile;
use core::fmt;

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

/// What the rejector was given.
pub enum Input<const N: usize> {
    /// The int8 codes themselves.
    Codes,
    /// Raw integer readings.
    Readings([i16; N]),
    /// Float features.
    Features([f32; N]),
}

/// One recorded input and what the host made of it.
pub struct Row<const N: usize, const K: usize> {
    /// The input.
    pub input: Input<N>,
    /// The quantized input.
    pub codes: [i8; N],
    /// One score per expert, offsets not added.
    pub scores: [i32; K],
    /// The chosen expert with all experts reachable.
    pub expert: u8,
    /// The margin of that choice.
    pub margin: i32,
    /// Which experts are reachable for `masked_expert`, bit k for expert k.
    pub mask: u32,
    /// The chosen expert under `mask`.
    pub masked_expert: u8,
}

/// The file, read in order.
pub struct Vectors<const N: usize, const K: usize> {
    source: Source,
    rows: u32,
}

impl<const N: usize, const K: usize> Vectors<N, K> {
    /// Opens `vectors.bin` and checks that it belongs to an image with `N` inputs and `K` experts.
    pub fn open() -> Result<Self, Problem> {
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
        if shape != [N, K] {
            return Err(Problem::Shape(shape, [N, K]));
        }
        source.zeros(2)?;
        let rows = u32::from_le_bytes(source.array()?);
        if rows == 0 {
            return Err(Problem::NoRows);
        }
        Ok(Self { source, rows })
    }

    /// The next row with its index, or `None` after the last one.
    pub fn next(&mut self) -> Result<Option<(u32, Row<N, K>)>, Problem> {
        let index = self.source.row;
        if index == self.rows {
            return match self.source.byte() {
                Err(_) => Ok(None),
                Ok(_) => Err(Problem::Trailing),
            };
        }
        let row = self.row()?;
        self.source.row += 1;
        Ok(Some((index, row)))
    }

    fn row(&mut self) -> Result<Row<N, K>, Problem> {
        let source = &mut self.source;
        let [kind, expert, masked_expert] = source.array()?;
        source.zeros(1)?;
        let mask = u32::from_le_bytes(source.array()?);
        let margin = i32::from_le_bytes(source.array()?);
        let scores = source.list(i32::from_le_bytes)?;
        let codes = source.list(i8::from_le_bytes)?;
        source.zeros(N.next_multiple_of(4) - N)?;
        let input = match kind {
            0 => Input::Codes,
            1 => {
                let readings = source.list(i16::from_le_bytes)?;
                source.zeros((2 * N).next_multiple_of(4) - 2 * N)?;
                Input::Readings(readings)
            }
            2 => Input::Features(source.list(f32::from_le_bytes)?),
            other => return Err(Problem::Kind(source.row, other)),
        };
        Ok(Row { input, codes, scores, expert, margin, mask, masked_expert })
    }
}

/// The bytes of the file, fetched in chunks: a semihosting call stops the core, and the smallest board has 16 KiB of RAM.
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

    fn list<T: Copy + Default, const B: usize, const L: usize>(
        &mut self,
        decode: fn([u8; B]) -> T,
    ) -> Result<[T; L], Problem> {
        let mut values = [T::default(); L];
        for value in &mut values {
            *value = decode(self.array()?);
        }
        Ok(values)
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
