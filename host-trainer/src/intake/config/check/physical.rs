//! Sections `[units]` and `[radio]`: prices in physical units.

use super::super::document::Document;
use super::super::keys::{ExpertKeys, RadioKeys, UnitKeys};
use crate::error::Result;

/// The energy and the bytes of sending a payload. A frame is lost with probability `loss` and sent
/// again, at most `retries` times, so that it is sent `(1 - loss^(retries + 1)) / (1 - loss)` times
/// on average.
fn send(radio: &RadioKeys, payload: f64) -> (f64, f64) {
    let loss = radio.loss;
    let attempts = f64::from(radio.retries) + 1.0;
    let times =
        if loss < 1.0 { (1.0 - libm::pow(loss, attempts)) / (1.0 - loss) } else { attempts };
    let bytes = times * (payload + radio.overhead_bytes);
    (bytes * radio.mj_per_byte + radio.wake_mj, bytes)
}

/// What a unit of money is worth is said once.
pub(super) fn check_units(units: &UnitKeys, document: &Document<'_>) -> Result<()> {
    match (units.money_per_error, units.money) {
        (Some(per_error), Some(money)) => {
            let found = format!(
                "{money} errors for a unit of money, beside {per_error} of money for one error"
            );
            let expected = "only one of `money` and `money_per_error`";
            Err(document.error("units.money", found, expected))
        }
        _ => Ok(()),
    }
}

/// The price of an expert that is stated in physical units, in units of one error; 0 if there is
/// none.
pub(super) fn price(
    expert: &ExpertKeys,
    key: &dyn Fn(&str) -> String,
    units: &UnitKeys,
    radio: Option<&RadioKeys>,
    document: &Document<'_>,
) -> Result<f64> {
    let mut bytes = expert.bytes;
    let mut energy = expert.energy_mj;
    if let (Some(radio), Some(payload)) = (radio, expert.bytes) {
        let (sent_energy, sent_bytes) = send(radio, payload);
        bytes = Some(sent_bytes);
        energy = Some(energy.unwrap_or(0.0) + sent_energy);
    }
    let mut sum = 0.0;
    for (name, amount, rate) in [
        ("energy_mj", energy, units.energy_mj),
        ("latency_ms", expert.latency_ms, units.latency_ms),
        ("money", expert.money, units.money.or(units.money_per_error.map(f64::recip))),
        ("bytes", bytes, units.bytes),
    ] {
        let Some(amount) = amount else { continue };
        match rate {
            Some(rate) => sum += amount * rate,
            // Bytes may have a price by the energy of the radio alone.
            None if name == "bytes" && radio.is_some() => {}
            None => {
                let found = format!("{amount}, but no `units.{name}`");
                let expected = format!(
                    "in `[units]` the worth of one unit of `{name}`, in units of one error"
                );
                return Err(document.error(&key(name), found, expected));
            }
        }
    }
    Ok(sum)
}
