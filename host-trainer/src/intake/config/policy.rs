//! Sections `[policy]`, `[units]` and `[radio]`: what is promised, and what physical costs are worth.

use serde::Deserialize;

use super::raw::{Expert, PerColumn};
use super::schema::Document;
use super::{Guarantee, Objective};
use crate::error::Result;

/// What is promised of the deferrals, and how the threshold is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What is made small within the limits; default `deferral-loss`.
    pub minimize: Objective,
    /// The most that may be deferred, as a share of the inputs.
    pub max_deferral_rate: Option<f64>,
    /// The highest mean price of an input.
    pub max_price: Option<f64>,
    /// The highest mean error of the whole system.
    pub max_error: Option<f64>,
    /// The most that single experts may be asked, by index, as a share of the inputs.
    pub max_share: Vec<(u8, f64)>,
    /// The probability that all promises hold; default 0.95.
    pub confidence: f64,
    /// The number of inputs that a promise is about. Default: as many as calibration rows; 0: the long run.
    pub horizon: Option<usize>,
    /// With high probability (default), or in expectation.
    pub guarantee: Guarantee,
    /// Deferral rates by battery level (per mille), ascending from 0.
    pub battery: Vec<(u16, f64)>,
    /// Who is always taken if the promises cannot be made; default: training fails.
    pub fallback: Option<usize>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimize: Objective::DeferralLoss,
            max_deferral_rate: None,
            max_price: None,
            max_error: None,
            max_share: Vec::new(),
            confidence: 0.95,
            horizon: None,
            guarantee: Guarantee::HighProbability,
            battery: Vec::new(),
            fallback: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    minimize: Option<Objective>,
    max_deferral_rate: Option<f64>,
    max_price: Option<f64>,
    max_error: Option<f64>,
    confidence: Option<f64>,
    horizon: Option<usize>,
    guarantee: Option<Guarantee>,
    battery: Option<PerColumn>,
    fallback: Option<String>,
}

/// Units of one error that one physical unit is worth.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    energy_mj: Option<f64>,
    latency_ms: Option<f64>,
    money: Option<f64>,
    bytes: Option<f64>,
}

/// What sending costs a node.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Radio {
    mj_per_byte: Option<f64>,
    overhead_bytes: Option<f64>,
    wake_mj: Option<f64>,
    loss: Option<f64>,
    retries: Option<u32>,
}

impl Radio {
    /// Energy and bytes of sending a payload: a frame is lost with probability `loss` and sent again, `retries`
    /// times at most, so that it is sent `(1 - loss^(retries + 1)) / (1 - loss)` times on average.
    fn price(&self, payload: f64) -> (f64, f64) {
        let loss = self.loss.unwrap_or(0.0);
        let attempts = f64::from(self.retries.unwrap_or(3)) + 1.0;
        let times =
            if loss < 1.0 { (1.0 - libm::pow(loss, attempts)) / (1.0 - loss) } else { attempts };
        let bytes = times * (payload + self.overhead_bytes.unwrap_or(0.0));
        (bytes * self.mj_per_byte.unwrap_or(0.0) + self.wake_mj.unwrap_or(0.0), bytes)
    }
}

/// The physical costs of an expert in units of one error; 0 if none are stated.
pub(super) fn physical(
    expert: &Expert,
    key: &dyn Fn(&str) -> String,
    units: &Units,
    radio: Option<&Radio>,
    document: &Document<'_>,
) -> Result<f64> {
    let mut bytes = expert.bytes;
    let mut energy = expert.energy_mj;
    if let (Some(radio), Some(payload)) = (radio, expert.bytes) {
        let (sent_energy, sent_bytes) = radio.price(payload);
        bytes = Some(sent_bytes);
        energy = Some(energy.unwrap_or(0.0) + sent_energy);
    }
    let mut sum = 0.0;
    for (name, amount, rate) in [
        ("energy_mj", energy, units.energy_mj),
        ("latency_ms", expert.latency_ms, units.latency_ms),
        ("money", expert.money, units.money),
        ("bytes", bytes, units.bytes),
    ] {
        let Some(amount) = amount else { continue };
        match rate {
            Some(rate) => sum += amount * rate,
            // Bytes may cost energy alone, by the radio.
            None if name == "bytes" && radio.is_some() => {}
            None => {
                return Err(document.error(
                    &key(name),
                    format!("{amount}, but no `units.{name}`"),
                    format!(
                        "in `[units]` what one unit of `{name}` is worth in units of one error"
                    ),
                ));
            }
        }
    }
    Ok(sum)
}

pub(super) fn check(
    raw: RawPolicy,
    names: &[String],
    max_share: Vec<(u8, f64)>,
    document: &Document<'_>,
) -> Result<Policy> {
    let confidence = raw.confidence.unwrap_or(0.95);
    if !(0.5..1.0).contains(&confidence) {
        let found = confidence.to_string();
        return Err(document.error("policy.confidence", found, "a number of 0.5 to below 1"));
    }
    let fallback = match raw.fallback {
        None => None,
        Some(name) => match names.iter().position(|known| *known == name) {
            Some(index) => Some(index),
            None => {
                let expected =
                    super::expected(&name, &names.iter().map(String::as_str).collect::<Vec<_>>());
                return Err(document.error("policy.fallback", format!("`{name}`"), expected));
            }
        },
    };
    Ok(Policy {
        minimize: raw.minimize.unwrap_or(Objective::DeferralLoss),
        max_deferral_rate: raw.max_deferral_rate,
        max_price: raw.max_price,
        max_error: raw.max_error,
        max_share,
        confidence,
        horizon: raw.horizon,
        guarantee: raw.guarantee.unwrap_or(Guarantee::HighProbability),
        battery: raw.battery.map_or(Ok(Vec::new()), |battery| levels(battery, document))?,
        fallback,
    })
}

fn levels(battery: PerColumn, document: &Document<'_>) -> Result<Vec<(u16, f64)>> {
    let expected = "a table from battery levels (per mille, from 0) to deferral rates, \
                    such as { 0 = 0.01, 300 = 0.1 }";
    let table = match battery {
        PerColumn::Each(table) if table.len() <= mild::MAX_ENERGY_STEPS => table,
        _ => return Err(document.error("policy.battery", "no such table", expected)),
    };
    let mut levels = Vec::new();
    for (level, rate) in table {
        let key = format!("policy.battery.{level}");
        match level.parse::<u16>() {
            Ok(number) if number <= 1000 && rate <= 1.0 => levels.push((number, rate)),
            Ok(_) | Err(_) => {
                return Err(document.error(&key, format!("level {level}, rate {rate}"), expected));
            }
        }
    }
    levels.sort_unstable_by_key(|&(level, _)| level);
    if levels.first().is_some_and(|&(level, _)| level != 0) {
        return Err(document.error("policy.battery", "no level 0", expected));
    }
    Ok(levels)
}
