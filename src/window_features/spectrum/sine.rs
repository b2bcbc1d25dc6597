//! The sines of the transforms, made by the compiler, so that all hosts and cores have the same
//! bits.

/// A number of samples, as a type.
#[derive(Debug, Clone, Copy)]
pub struct Points<const N: usize>;

/// Numbers of samples that have a spectrum: 16, 32, 64, 128, 256, 512 and 1,024. Sealed.
pub trait Length: sealed::Sine {}

/// The sines for the spectra of as many samples, `4 (N / 4 + 1)` bytes: a constant for each length,
/// so that a program has only those that it names.
#[derive(Debug, Clone, Copy)]
pub struct Sines(&'static [f32]);

impl Sines {
    /// Those for `N` samples.
    #[must_use]
    pub const fn of<const N: usize>() -> Self
    where
        Points<N>: Length,
    {
        Self(<Points<N> as sealed::Sine>::SINE)
    }

    /// The number of samples that they are for.
    #[must_use]
    pub const fn samples(self) -> usize {
        self.0.len().wrapping_sub(1).wrapping_mul(4)
    }

    pub(super) const fn values(self) -> &'static [f32] {
        self.0
    }
}

pub(super) mod sealed {
    pub trait Sine {
        /// A quarter of a wave: the sines of `2 pi j / N`, for `j` from 0 to `N / 4`.
        const SINE: &'static [f32];
    }
}

macro_rules! lengths {
    ($($length:literal),+) => {
        $(
            impl sealed::Sine for Points<$length> {
                const SINE: &'static [f32] = &quarter::<{ $length / 4 + 1 }>();
            }
            impl Length for Points<$length> {}
        )+

        /// The numbers of samples that have a spectrum.
        pub const SPECTRUM_LENGTHS: &[usize] = &[$($length),+];

        /// The sines for so many samples, if there is a spectrum of them.
        #[cfg(any(feature = "writer", test))]
        pub(super) fn of_length(length: usize) -> Option<&'static [f32]> {
            match length {
                $($length => Some(<Points<$length> as sealed::Sine>::SINE),)+
                _ => None,
            }
        }
    };
}

lengths!(16, 32, 64, 128, 256, 512, 1024);

/// `LENGTH` sines from 0 to a right angle.
const fn quarter<const LENGTH: usize>() -> [f32; LENGTH] {
    let mut sines = [0.0; LENGTH];
    let mut j = 0;
    while j < LENGTH {
        let other = LENGTH - 1 - j;
        let part = core::f64::consts::FRAC_PI_2 / (LENGTH - 1) as f64;
        // Below half of a right angle the series converge quickly.
        sines[j] =
            if j <= other { sine(j as f64 * part) } else { cosine(other as f64 * part) } as f32;
        j += 1;
    }
    sines
}

/// Taylor's series from its end, up to `x^17`; below 0.8 the rest is less than 2^-60.
const fn sine(x: f64) -> f64 {
    x * series(x * x, 2.0)
}

/// The same up to `x^16`.
const fn cosine(x: f64) -> f64 {
    series(x * x, 1.0)
}

/// `1 - s/(k (k+1)) (1 - s/((k+2) (k+3)) (...))`, with eight factors, for `s` the square.
const fn series(square: f64, k: f64) -> f64 {
    let mut sum = 1.0;
    let mut factor = 8.0;
    while factor > 0.0 {
        let next = k + 2.0 * (factor - 1.0);
        sum = 1.0 - square / (next * (next + 1.0)) * sum;
        factor -= 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_are_correctly_rounded() {
        for length in [16, 32, 64, 128, 256, 512, 1024] {
            let sines = of_length(length).unwrap();
            assert_eq!(Sines(sines).samples(), length);
            for (j, &sine) in sines.iter().enumerate() {
                let angle = std::f64::consts::TAU * j as f64 / length as f64;
                assert_eq!(sine, angle.sin() as f32, "{j} of {length}");
            }
        }
        for length in [0, 1, 8, 24, 2048] {
            assert!(of_length(length).is_none());
        }
    }
}
