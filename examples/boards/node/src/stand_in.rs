//! What stands in for a real node's probes and for its own classifier.

/// Three readings for the demonstration's rejector (`examples/wine`), from three things that a
/// board can measure without any wiring: the voltage on a pin, its supply voltage, and the
/// temperature of its chip (in 0.01 °C).
///
/// The rejector was trained on wine: gravity above water in 0.01 g/L, pH in 0.01, alcohol in 0.01
/// %. The measurements are scaled into the range of those probes, as otherwise every code would
/// saturate and the decision never change; they mean nothing else. On a node of your own this
/// function is gone, and the readings are those that you logged.
#[must_use]
pub fn readings(pin_mv: i32, supply_mv: i32, centidegrees: i32) -> [i16; 3] {
    // A supply of 3.3 V as 5 g/L below water, 0 to 3.3 V on the pin as pH 2.90 to 3.84, 25 °C as
    // 12.5 % alcohol.
    [supply_mv / 20 - 665, 290 + pin_mv / 35, centidegrees / 2]
        .map(|reading| reading.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
}

/// The class by the node itself: stands in for a real node's own classifier. The band of acidity by
/// the pH alone.
#[must_use]
pub fn local_answer(&[_, ph, _]: &[i16; 3]) -> u8 {
    match ph {
        ..320 => 2,
        320..340 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mild::{Image, Reachable, Rejector};

    mod rejector {
        include!("../../../wine/rejector.rs");
    }

    const IMAGE: Image<'static> = rejector::IMAGE;

    #[test]
    fn readings_saturate_and_are_scaled() {
        assert_eq!(readings(0, 3300, 2500), [-500, 290, 1250]);
        assert_eq!(readings(3300, 3000, 3000), [-515, 384, 1500]);
        assert_eq!(readings(i32::MAX, i32::MIN, i32::MIN), [i16::MIN, i16::MAX, i16::MIN]);
    }

    #[test]
    fn the_local_answer_has_three_bands() {
        assert_eq!([300, 330, 350].map(|ph| local_answer(&[0, ph, 0])), [2, 1, 0]);
    }

    #[test]
    fn turning_the_potentiometer_changes_the_decision() {
        // What the boards' pages promise. Not which expert at which voltage: that changes with the
        // trainer.
        let rejector = Rejector::new(&IMAGE);
        let mut scratch = [0; IMAGE.scratch_words()];
        for supply_mv in [2900, 3300, 5000] {
            let mut seen = 0_u32;
            for (pin_mv, centidegrees) in
                (0..=3300).step_by(100).flat_map(|pin_mv| [(pin_mv, 2500), (pin_mv, 3000)])
            {
                let readings = readings(pin_mv, supply_mv, centidegrees);
                let decision = rejector.decide(&readings[..], Reachable::ALL, &mut scratch);
                seen |= 1 << decision.unwrap().expert;
            }
            assert!(seen & 1 == 1 && seen.count_ones() > 1, "{supply_mv} mV: experts {seen:#b}");
        }
    }
}
