//! Rows side by side: the unit in which training reads and writes.

/// Rows that are worked on side by side.
pub const LANES: usize = 16;

/// One number for each of [`LANES`] rows.
pub type Lanes<T> = [T; LANES];

/// Many [`Lanes`], each of which begins a cache line: a vector across two lines costs two loads.
#[derive(Debug, Clone)]
pub(crate) struct LaneBuffer {
    values: Vec<f32>,
    len: usize,
}

impl LaneBuffer {
    /// All zeros.
    pub(crate) fn new(len: usize) -> Self {
        Self { values: vec![0.0; len * LANES + LANES - 1], len }
    }

    fn start(&self) -> usize {
        // Lanes are as long as a cache line. At worst the alignment is not had.
        self.values.as_ptr().align_offset(size_of::<Lanes<f32>>()).min(LANES - 1)
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Lanes<f32>] {
        self.values[self.start()..][..self.len * LANES].as_chunks().0
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Lanes<f32>] {
        let start = self.start();
        self.values[start..][..self.len * LANES].as_chunks_mut().0
    }
}
