//! The two sums that layers are made of, a tile of several units at a time.

use pulp::Simd;

use super::lanes::{LANES, Lanes};

/// Units of a tile.
const TILE: usize = 4;

/// Blocks that go through the layers together: the tile's other side where registers are wide.
pub(crate) const GROUP: usize = 4;

/// The width of the next tile when so many units are left.
#[inline(always)]
pub(super) fn tile_width(left: usize) -> usize {
    match left {
        1 => 1,
        2 | 3 => 2,
        _ => TILE,
    }
}

/// What becomes of a sum.
#[derive(Clone, Copy)]
pub(super) enum Finish<'g> {
    /// It is the result.
    None,
    /// The larger of it and 0.
    Relu,
    /// It where this is positive, else 0.
    Gate(&'g [Lanes<f32>]),
}

/// Weighted sums: `units` of them, each of `terms` terms, for each of some blocks.
#[derive(Clone, Copy)]
pub(super) struct Dense<'w> {
    pub(super) units: usize,
    pub(super) terms: usize,
    /// Tile by tile.
    pub(super) weights: &'w [f32],
    /// What the sums start from; zeros if not given.
    pub(super) start: Option<&'w [f32]>,
    pub(super) finish: Finish<'w>,
}

impl Dense<'_> {
    /// `from` holds `terms` elements for each block and `to` gets `units`.
    #[inline(always)]
    pub(super) fn run<V: Simd>(self, simd: V, from: &[Lanes<f32>], to: &mut [Lanes<f32>]) {
        if V::F32_LANES == 16 && to.len() == GROUP * self.units {
            return self.blocks::<V, GROUP, 1>(simd, from, to);
        }
        let blocks = from.chunks_exact(self.terms).zip(to.chunks_exact_mut(self.units));
        for (block, (from, to)) in blocks.enumerate() {
            let dense = Self { finish: self.finish.of_block(block, self.units), ..self };
            match V::F32_LANES {
                16 => dense.blocks::<V, 1, 1>(simd, from, to),
                8 => dense.blocks::<V, 1, 2>(simd, from, to),
                4 => dense.blocks::<V, 1, 4>(simd, from, to),
                _ => dense.blocks::<V, 1, LANES>(simd, from, to),
            }
        }
    }

    /// `B` blocks, each of which is `P` vectors wide.
    #[inline(always)]
    fn blocks<V: Simd, const B: usize, const P: usize>(
        self,
        simd: V,
        from: &[Lanes<f32>],
        to: &mut [Lanes<f32>],
    ) {
        let mut unit = 0;
        while unit < self.units {
            match tile_width(self.units - unit) {
                TILE => self.tile::<V, TILE, B, P>(simd, unit, from, to),
                2 => self.tile::<V, 2, B, P>(simd, unit, from, to),
                _ => self.tile::<V, 1, B, P>(simd, unit, from, to),
            }
            unit += tile_width(self.units - unit);
        }
    }

    /// The units `unit..unit + O`.
    #[inline(always)]
    fn tile<V: Simd, const O: usize, const B: usize, const P: usize>(
        self,
        simd: V,
        unit: usize,
        from: &[Lanes<f32>],
        to: &mut [Lanes<f32>],
    ) {
        let weights = self.weights[unit * self.terms..][..O * self.terms].as_chunks::<O>().0;
        let mut blocks: [&[Lanes<f32>]; B] = [&[]; B];
        for (block, terms) in blocks.iter_mut().zip(from.chunks_exact(self.terms)) {
            *block = &terms[..weights.len()];
        }
        let zero = simd.splat_f32s(0.0);
        let mut sums = [[[zero; P]; B]; O];
        if let Some(start) = self.start {
            for (sums, &start) in sums.iter_mut().zip(&start[unit..]) {
                *sums = [[simd.splat_f32s(start); P]; B];
            }
        }
        for (term, weights) in weights.iter().enumerate() {
            let mut x = [[zero; P]; B];
            for (x, block) in x.iter_mut().zip(&blocks) {
                *x = load::<V, P>(&block[term]);
            }
            for (sums, &weight) in sums.iter_mut().zip(weights) {
                let weight = simd.splat_f32s(weight);
                for (sums, x) in sums.iter_mut().zip(&x) {
                    for (sum, &x) in sums.iter_mut().zip(x) {
                        *sum = simd.mul_add_f32s(weight, x, *sum);
                    }
                }
            }
        }
        for (o, sums) in sums.iter().enumerate() {
            for (block, sums) in sums.iter().enumerate() {
                let at = block * self.units + unit + o;
                let mut finished = *sums;
                let gate = match self.finish {
                    Finish::None => None,
                    Finish::Relu => Some(finished),
                    Finish::Gate(gate) => Some(load::<V, P>(&gate[at])),
                };
                if let Some(gate) = gate {
                    // Compare and select, not a maximum: what that makes of a NaN depends on the
                    // host.
                    for (value, gate) in finished.iter_mut().zip(gate) {
                        let open = simd.greater_than_f32s(gate, zero);
                        *value = simd.select_f32s(open, *value, zero);
                    }
                }
                store::<V, P>(&finished, &mut to[at]);
            }
        }
    }
}

impl<'g> Finish<'g> {
    #[inline(always)]
    fn of_block(self, block: usize, units: usize) -> Self {
        match self {
            Self::Gate(gate) => Self::Gate(&gate[block * units..][..units]),
            other => other,
        }
    }
}

#[inline(always)]
fn load<V: Simd, const P: usize>(lanes: &Lanes<f32>) -> [V::f32s; P] {
    let vectors = V::as_simd_f32s(lanes).0;
    let mut loaded = [vectors[0]; P];
    loaded.copy_from_slice(vectors);
    loaded
}

#[inline(always)]
fn store<V: Simd, const P: usize>(vectors: &[V::f32s; P], lanes: &mut Lanes<f32>) {
    V::as_mut_simd_f32s(lanes).0.copy_from_slice(vectors);
}

/// Sums over rows of products of deltas and inputs: the gradient by a layer's weights.
#[derive(Clone, Copy)]
pub(super) struct Products<'p> {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `inputs` elements for each block.
    pub(super) from: &'p [Lanes<f32>],
    /// `outputs` elements for each block.
    pub(super) deltas: &'p [Lanes<f32>],
}

impl Products<'_> {
    /// Adds the sums, `I` inputs by [`TILE`] outputs at a time. A strip of inputs stays in the
    /// first cache while all deltas pass by.
    #[inline(always)]
    pub(super) fn add<V: Simd, const P: usize, const I: usize>(
        self,
        simd: V,
        weights: &mut [f64],
        biases: &mut [f64],
    ) {
        let mut input = 0;
        while input < self.inputs {
            match self.inputs - input {
                1 => input += self.strip::<V, P, 1>(simd, input, weights),
                2 => input += self.strip::<V, P, 2>(simd, input, weights),
                left if left < I => input += self.strip::<V, P, 3>(simd, input, weights),
                _ => input += self.strip::<V, P, I>(simd, input, weights),
            }
        }
        let mut output = 0;
        while output < self.outputs {
            match tile_width(self.outputs - output) {
                TILE => output += self.biases::<V, P, TILE>(simd, output, biases),
                2 => output += self.biases::<V, P, 2>(simd, output, biases),
                _ => output += self.biases::<V, P, 1>(simd, output, biases),
            }
        }
    }

    /// All outputs by the inputs `input..input + I`; returns I.
    #[inline(always)]
    fn strip<V: Simd, const P: usize, const I: usize>(
        self,
        simd: V,
        input: usize,
        weights: &mut [f64],
    ) -> usize {
        let mut output = 0;
        while output < self.outputs {
            match tile_width(self.outputs - output) {
                TILE => output += self.tile::<V, P, I, TILE>(simd, input, output, weights),
                2 => output += self.tile::<V, P, I, 2>(simd, input, output, weights),
                _ => output += self.tile::<V, P, I, 1>(simd, input, output, weights),
            }
        }
        I
    }

    /// The outputs `output..output + O` by the inputs `input..input + I`; returns O.
    #[inline(always)]
    fn tile<V: Simd, const P: usize, const I: usize, const O: usize>(
        self,
        simd: V,
        input: usize,
        output: usize,
        weights: &mut [f64],
    ) -> usize {
        let mut lanes = [[[0.0f32; LANES]; I]; O];
        // One vector of each block at a time: a tile of all would not fit narrow registers.
        for part in 0..P {
            let mut sums = [[simd.splat_f32s(0.0); I]; O];
            let blocks = self.from.chunks_exact(self.inputs);
            for (from, deltas) in blocks.zip(self.deltas.chunks_exact(self.outputs)) {
                let from = &from[input..][..I];
                let deltas = &deltas[output..][..O];
                let mut x = [simd.splat_f32s(0.0); I];
                for (x, from) in x.iter_mut().zip(from) {
                    *x = V::as_simd_f32s(from).0[part];
                }
                for (sums, delta) in sums.iter_mut().zip(deltas) {
                    let delta = V::as_simd_f32s(delta).0[part];
                    for (sum, &x) in sums.iter_mut().zip(&x) {
                        *sum = simd.mul_add_f32s(delta, x, *sum);
                    }
                }
            }
            for (lanes, sums) in lanes.iter_mut().zip(&sums) {
                for (lanes, &sum) in lanes.iter_mut().zip(sums) {
                    V::as_mut_simd_f32s(lanes).0[part] = sum;
                }
            }
        }
        for (o, lanes) in lanes.iter().enumerate() {
            let to = &mut weights[(output + o) * self.inputs + input..][..I];
            for (to, lanes) in to.iter_mut().zip(lanes) {
                *to += f64::from(sum(lanes));
            }
        }
        O
    }

    /// The gradient by the biases `output..output + O`; returns O.
    #[inline(always)]
    fn biases<V: Simd, const P: usize, const O: usize>(
        self,
        simd: V,
        output: usize,
        biases: &mut [f64],
    ) -> usize {
        let mut sums = [[simd.splat_f32s(0.0); P]; O];
        for deltas in self.deltas.chunks_exact(self.outputs) {
            for (sums, delta) in sums.iter_mut().zip(&deltas[output..][..O]) {
                for (sum, delta) in sums.iter_mut().zip(load::<V, P>(delta)) {
                    *sum = simd.add_f32s(*sum, delta);
                }
            }
        }
        for (to, sums) in biases[output..][..O].iter_mut().zip(&sums) {
            let mut lanes = [0.0; LANES];
            store::<V, P>(sums, &mut lanes);
            *to += f64::from(sum(&lanes));
        }
        O
    }
}

/// The sum of all lanes, in one order on every host: halves are added until one number is left.
#[inline(always)]
fn sum(lanes: &Lanes<f32>) -> f32 {
    let mut eight = [0.0; LANES / 2];
    for (lane, sum) in eight.iter_mut().enumerate() {
        *sum = lanes[lane] + lanes[lane + LANES / 2];
    }
    let mut four = [0.0; LANES / 4];
    for (lane, sum) in four.iter_mut().enumerate() {
        *sum = eight[lane] + eight[lane + LANES / 4];
    }
    (four[0] + four[2]) + (four[1] + four[3])
}
