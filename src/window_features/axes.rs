//! Several axes as one.

use super::{Sample, SampleError};

/// The magnitude of a sample of several axes, such as an accelerometer's three: the root of the sum
/// of the squares, in the unit of the axes. 0 without axes. A [`Window`](super::Window) of `f32`
/// takes it.
///
/// From `i16` it is the correctly rounded root of an exact integer, rounded to `f32` once more; from
/// `f32` the sum of `n` squares is off by less than `n` roundings to `f64`. It is infinite beyond
/// 3.4e38.
///
/// # Errors
/// [`SampleError`] if an axis is NaN or infinite.
///
/// ```
/// assert_eq!(mild::window_features::magnitude(&[2i16, -3, 6]), Ok(7.0));
/// ```
pub fn magnitude<S: Sample>(axes: &[S]) -> Result<f32, SampleError> {
    let mut sums = S::NOTHING;
    for &axis in axes {
        if !axis.finite() {
            return Err(SampleError);
        }
        S::add(&mut sums, axis);
    }
    Ok(libm::sqrt(S::mean_square(&sums, 1)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window_features::Window;

    #[test]
    fn the_magnitude_is_the_euclidean_norm() {
        assert_eq!(magnitude::<i16>(&[]), Ok(0.0));
        assert_eq!(magnitude(&[-5i16]), Ok(5.0));
        assert_eq!(magnitude(&[i16::MIN; 4]), Ok(65_536.0));
        assert_eq!(magnitude(&[3e30f32, -4e30]), Ok(5e30));
        for wrong in [f32::NAN, f32::INFINITY] {
            assert_eq!(magnitude(&[0.0, wrong]), Err(SampleError));
        }
        let beyond = magnitude(&[f32::MAX; 2]).unwrap();
        assert_eq!(Window::<f32, 2>::new().push(beyond), Err(SampleError));
    }
}
