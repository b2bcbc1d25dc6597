//! What a spectrum can be asked for.

use super::{super::statistic::number, Functions};
use core::{f32::consts::LN_2, fmt};

/// Bins from `first` to `last`, both included. Bins that a spectrum does not have, such as 0, have
/// no power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Band {
    /// The lowest bin.
    pub first: u16,
    /// The highest bin.
    pub last: u16,
}

/// A number that describes a spectrum with the powers `P_k` of `M` bins, `T` in sum. If that
/// is below 2^-126 all are 0 but for the decibels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SpectralStatistic {
    /// The sum of the powers in a band, in squared units of the samples.
    Power(Band),
    /// The same in decibels, `10 log10`; a power below 1e-12 counts as 1e-12, so -120 is the least.
    Decibels(Band, Functions),
    /// The bin with the highest power, the lowest of several.
    Dominant,
    /// The mean bin, weighted by power: `sum(k P_k) / T` (Peeters 2004).
    Centroid,
    /// How evenly the power is spread: the entropy of `P_k / T` over that of equal powers,
    /// `-sum(P_k / T ln(P_k / T)) / ln(M)`, from 0 to 1 but for rounding (Misra et al. 2004).
    Entropy(Functions),
    /// The geometric mean of the powers over the arithmetic one, from 0 (a tone) to 1 (noise) but
    /// for rounding (Johnston 1988). 0 if a bin has less than 2^-126 of the mean.
    Flatness(Functions),
}

/// The least power that decibels tell apart.
const FLOOR: f32 = 1e-12;

impl SpectralStatistic {
    /// The statistic of this name, with its bins and with the functions if they are not those of
    /// `libm`: `power-3-8`, `decibels-3-8`, `centroid`, `entropy-micromath`.
    ///
    /// Nothing for any other text, for bands that are empty or have bin 0, and for functions that
    /// the cargo features do not have.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "dominant" => return Some(Self::Dominant),
            "centroid" => return Some(Self::Centroid),
            _ => {}
        }
        if let Some(bins) = text.strip_prefix("power-") {
            return Some(Self::Power(band(bins)?));
        }
        for &functions in Functions::ALL.iter().rev() {
            let Some(name) = text.strip_suffix(functions.suffix()) else { continue };
            return match name {
                "entropy" => Some(Self::Entropy(functions)),
                "flatness" => Some(Self::Flatness(functions)),
                _ => Some(Self::Decibels(band(name.strip_prefix("decibels-")?)?, functions)),
            };
        }
        None
    }

    /// The bins that it names.
    #[must_use]
    pub const fn band(self) -> Option<Band> {
        match self {
            Self::Power(band) | Self::Decibels(band, _) => Some(band),
            Self::Dominant | Self::Centroid | Self::Entropy(_) | Self::Flatness(_) => None,
        }
    }

    /// Of the powers of the bins from 1 on, all finite, and their sum.
    pub(super) fn of(self, powers: &[f32], total: f32) -> f32 {
        match self {
            Self::Power(band) => band.power(powers),
            Self::Decibels(band, functions) => {
                let power = band.power(powers);
                functions.decibels(if power > FLOOR { power } else { FLOOR })
            }
            // Its reciprocal would be infinite.
            _ if total < f32::MIN_POSITIVE => 0.0,
            Self::Dominant => {
                let (mut most, mut dominant) = (0.0, 0_u16);
                for (&power, bin) in powers.iter().zip(1..) {
                    if power > most {
                        (most, dominant) = (power, bin);
                    }
                }
                f32::from(dominant)
            }
            Self::Centroid => {
                let weighted =
                    powers.iter().zip(1_u16..).map(|(power, bin)| power * f32::from(bin));
                weighted.fold(0.0, |sum, one| sum + one) / total
            }
            Self::Entropy(functions) => {
                let (mut sum, reciprocal) = (0.0, 1.0 / total);
                for power in powers {
                    let part = power * reciprocal;
                    if part >= f32::MIN_POSITIVE {
                        sum -= part * functions.ln(part);
                    }
                }
                // A power of two of bins.
                sum / (powers.len().trailing_zeros() as f32 * LN_2)
            }
            Self::Flatness(functions) => {
                let number = powers.len() as f32;
                let (mut sum, reciprocal) = (0.0, 1.0 / total);
                for power in powers {
                    // To the mean power.
                    let ratio = power * reciprocal * number;
                    if ratio < f32::MIN_POSITIVE {
                        return 0.0;
                    }
                    sum += functions.ln(ratio);
                }
                functions.exp(sum / number)
            }
        }
    }
}

impl Band {
    fn power(self, powers: &[f32]) -> f32 {
        let bins = powers.iter().zip(1_u16..);
        let inside = bins.filter(|&(_, bin)| self.first <= bin && bin <= self.last);
        inside.fold(0.0, |sum, (power, _)| sum + power)
    }
}

/// Two bins with a hyphen between them.
fn band(text: &str) -> Option<Band> {
    let (first, last) = text.split_once('-')?;
    let band = Band { first: number(first)?, last: number(last)? };
    (band.first > 0 && band.first <= band.last).then_some(band)
}

/// Its name, with its bins and functions.
impl fmt::Display for SpectralStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Power(Band { first, last }) => write!(f, "power-{first}-{last}"),
            Self::Decibels(Band { first, last }, functions) => {
                write!(f, "decibels-{first}-{last}{}", functions.suffix())
            }
            Self::Dominant => f.write_str("dominant"),
            Self::Centroid => f.write_str("centroid"),
            Self::Entropy(functions) => write!(f, "entropy{}", functions.suffix()),
            Self::Flatness(functions) => write!(f, "flatness{}", functions.suffix()),
        }
    }
}
