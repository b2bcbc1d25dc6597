//! The error of an answer that has a class and a value.
//!
//! `lambda_1 1[class wrong] + lambda_2 min(SmoothL1(value - target), cap)`, with SmoothL1(d) `d^2 /
//! (2 beta)` for
//! |d| < beta, else `|d| - beta / 2`. Source: Montreuil et al. 2024-25, two-stage learning to defer for
//! multi-task problems, with a cap of 5; beta 1 is the usual SmoothL1.
//!
//! Everywhere else in this program errors are of 0 to 1. So this one is divided by the largest that
//! it can be, `lambda_1 + lambda_2 cap`, and prices are in units of that largest error.

/// The weights of the two parts, checked: not both 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiTask {
    /// The weight of a wrong class, >= 0; 0 if the answers have no class.
    pub lambda_1: f64,
    /// The weight of the value's loss, >= 0.
    pub lambda_2: f64,
    /// The most that the value's loss can be, > 0.
    pub cap: f64,
    /// Where the value's loss passes from squared to linear, > 0.
    pub beta: f64,
}

impl MultiTask {
    /// The error that is the unit of all errors and prices.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.lambda_1 + self.lambda_2 * self.cap
    }

    /// The error of an answer, 0 to 1.
    #[must_use]
    pub fn error(&self, class_wrong: bool, value: f32, target: f32) -> f32 {
        let of_class = if class_wrong { self.lambda_1 } else { 0.0 };
        let distance = f64::from(value) - f64::from(target);
        let of_value = self.lambda_2 * smooth_l1(distance, self.beta).min(self.cap);
        ((of_class + of_value) / self.largest()) as f32
    }
}

fn smooth_l1(distance: f64, beta: f64) -> f64 {
    let size = distance.abs();
    if size < beta { 0.5 * size * size / beta } else { size - 0.5 * beta }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: MultiTask = MultiTask { lambda_1: 1.0, lambda_2: 1.0, cap: 5.0, beta: 1.0 };

    #[test]
    fn equals_the_formula() {
        // Units of 6: lambda_1 + 5 lambda_2.
        for (wrong, value, target, expected) in [
            (false, 2.0, 2.0, 0.0),
            (false, 2.5, 2.0, 0.125),
            (true, 1.5, 2.0, 1.125),
            (false, 4.0, 2.0, 1.5),
            (true, -1.0, 2.0, 3.5),
            (false, 7.5, 2.0, 5.0),
            (false, -1e30, 2.0, 5.0),
            (true, f32::MAX, f32::MIN, 6.0),
        ] {
            let error = PLAIN.error(wrong, value, target);
            assert!((f64::from(error) - expected / 6.0).abs() < 1e-7, "{value}: {error}");
        }
        let weighted = MultiTask { lambda_1: 2.0, lambda_2: 0.5, cap: 3.0, beta: 4.0 };
        // 2 + 0.5 * 9 / 8, of 3.5 at most.
        assert!((weighted.error(true, 3.0, 0.0) - 2.5625 / 3.5).abs() < 1e-7);
        let values_alone = MultiTask { lambda_1: 0.0, ..PLAIN };
        assert_eq!(values_alone.error(true, 9.0, 0.0), 1.0);
        assert_eq!(values_alone.error(true, 0.0, 0.0), 0.0);
        let classes_alone = MultiTask { lambda_2: 0.0, ..PLAIN };
        assert_eq!(classes_alone.error(true, 0.0, 0.0), 1.0);
        assert_eq!(classes_alone.error(false, 9.0, 0.0), 0.0);
    }

    #[test]
    fn the_knee_has_no_step_and_no_bend() {
        for beta in [0.25, 1.0, 3.0] {
            let at = |distance| smooth_l1(distance, beta);
            assert_eq!(at(beta), 0.5 * beta);
            const STEP: f64 = 1e-6;
            assert!((at(beta) - at(beta - STEP) - STEP).abs() < 1e-11, "slope 1 below");
            assert!((at(beta + STEP) - at(beta) - STEP).abs() < 1e-11, "slope 1 above");
            assert_eq!(at(-2.0 * beta), at(2.0 * beta));
        }
    }

    #[test]
    fn errors_are_of_0_to_1_whatever_the_weights() {
        for lambda_1 in [0.0, 1e-30, 0.1, 0.7, 1e30] {
            for lambda_2 in [1e-30, 0.1, 0.3, 1e30] {
                for cap in [1e-3, 5.0, 1e30] {
                    let of = MultiTask { lambda_1, lambda_2, cap, beta: 1.0 };
                    for value in [0.0, 0.1, 7.0, f32::MAX] {
                        let error = of.error(true, value, 0.0);
                        assert!((0.0..=1.0).contains(&error), "{of:?} {value}: {error}");
                    }
                    // The largest error is reached, and is 1.
                    assert_eq!(of.error(true, f32::MAX, 0.0), 1.0, "{of:?}");
                }
            }
        }
    }
}
