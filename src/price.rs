//! The one unit of prices.

use core::fmt;

/// The price of one use of an expert, in units of 2^-16 of one error: at a price of [`Price::ONE`]
/// an expert is worth asking only where it is right and `local` is sure to be wrong.
///
/// `Display` writes the shortest decimal that stands for the same price, so 0.05 reads `0.05`:
///
/// ```
/// use mild::Price;
///
/// let price = Price::from_bits(3277);
/// assert_eq!(price.to_string(), "0.05");
/// assert_eq!(price.bits(), 3277);
/// assert!(price < Price::ONE);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Price(u32);

impl Price {
    /// Asking costs nothing.
    pub const ZERO: Self = Self(0);
    /// Asking costs as much as an error.
    pub const ONE: Self = Self(1 << 16);
    /// The highest price: 2^14 errors.
    pub const MAX: Self = Self(1 << 30);

    /// The price of this many 2^-16 of one error; [`Price::MAX`] if that is more.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        if bits > Self::MAX.0 { Self::MAX } else { Self(bits) }
    }

    /// In 2^-16 of one error.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The price nearest to a number of errors, at most [`Price::MAX`]; zero if the number is
    /// negative or not a number.
    #[cfg(feature = "writer")]
    #[must_use]
    pub const fn from_errors(errors: f64) -> Self {
        // The cast saturates, and takes a NaN to 0.
        Self::from_bits((errors * 65_536.0 + 0.5) as u32)
    }

    /// The price in errors, as `Display` writes it.
    #[must_use]
    pub const fn to_errors(self) -> f64 {
        let (decimal, digits) = self.decimal();
        decimal as f64 / 10u64.pow(digits) as f64
    }

    /// The shortest decimal that rounds to this price, and its digits after the point. Five digits
    /// are always enough: they are finer than 2^-16.
    const fn decimal(self) -> (u64, u32) {
        let bits = self.0 as u64;
        let mut digits = 0;
        loop {
            let scale = 10u64.pow(digits);
            let decimal = ((bits * scale) + (1 << 15)) >> 16;
            if digits == 5 || ((decimal << 16) + scale / 2) / scale == bits {
                return (decimal, digits);
            }
            digits += 1;
        }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (decimal, digits) = self.decimal();
        let scale = 10u64.pow(digits);
        write!(f, "{}", decimal / scale)?;
        if digits == 0 {
            return Ok(());
        }
        write!(f, ".{:0width$}", decimal % scale, width = digits as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_price_reads_as_it_was_written() {
        for text in ["0", "0.05", "0.1", "1", "0.0001", "0.3333", "2.5", "16384", "100.0625"] {
            let errors: f64 = text.parse().unwrap();
            let price = Price::from_bits((errors * 65_536.0).round() as u32);
            assert_eq!(price.to_string(), text);
            assert_eq!(price.to_errors(), errors);
        }
    }

    #[test]
    fn the_decimal_stands_for_the_same_price() {
        for bits in (0..1 << 17).chain([(1 << 30) - 1, 1 << 30, 987_654_321]) {
            let price = Price::from_bits(bits);
            let errors: f64 = price.to_string().parse().unwrap();
            assert_eq!((errors * 65_536.0).round() as u32, bits, "{price}");
        }
        assert_eq!(Price::from_bits(u32::MAX), Price::MAX);
    }

    #[cfg(feature = "writer")]
    #[test]
    fn numbers_without_a_price_give_the_nearest_one() {
        assert_eq!(Price::from_errors(-1.0), Price::ZERO);
        assert_eq!(Price::from_errors(f64::NAN), Price::ZERO);
        assert_eq!(Price::from_errors(1e9), Price::MAX);
        assert_eq!(Price::from_errors(0.1), Price::from_bits(6554));
    }
}
