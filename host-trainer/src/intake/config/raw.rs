//! The second layer of a configuration: the file as it is written, every key optional that may be left out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::choice::{RangeRule, Readings};
use super::multi_task::RawMultiTask;
use super::policy::{Radio, RawPolicy, Units};
use crate::loss::{Effort, Form, Method, RhoRule, Tau};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) data: Option<Data>,
    #[serde(default)]
    pub(super) expert: Vec<Expert>,
    pub(super) multi_task: Option<RawMultiTask>,
    #[serde(default)]
    pub(super) window: Vec<Window>,
    pub(super) raw: Option<Raw>,
    #[serde(default)]
    pub(super) rejector: Rejector,
    #[serde(default)]
    pub(super) train: Train,
    #[serde(default)]
    pub(super) quantize: Quantize,
    #[serde(default)]
    pub(super) budget: Budget,
    pub(super) policy: Option<RawPolicy>,
    #[serde(default)]
    pub(super) units: Units,
    pub(super) radio: Option<Radio>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    pub(super) log: Option<String>,
    #[serde(default)]
    pub(super) features: Vec<String>,
    #[serde(default)]
    pub(super) categorical: Vec<String>,
    pub(super) label: Option<String>,
    pub(super) target: Option<String>,
    pub(super) split: Option<String>,
    pub(super) group: Option<String>,
    pub(super) classes: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expert {
    pub(super) name: Option<String>,
    pub(super) prediction: Option<String>,
    pub(super) loss_column: Option<String>,
    pub(super) value: Option<String>,
    pub(super) confidence: Option<String>,
    pub(super) probabilities: Option<Vec<String>>,
    pub(super) cost: Option<f64>,
    pub(super) cost_column: Option<String>,
    pub(super) energy_mj: Option<f64>,
    pub(super) latency_ms: Option<f64>,
    pub(super) money: Option<f64>,
    pub(super) bytes: Option<f64>,
    pub(super) max_share: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) samples: Vec<String>,
    #[serde(default)]
    pub(super) statistics: Vec<String>,
    pub(super) readings: Option<Readings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) scale: Option<PerColumn>,
    pub(super) offset: Option<PerColumn>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PerColumn {
    All(f64),
    Each(BTreeMap<String, f64>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rejector {
    pub(super) method: Option<Method>,
    pub(super) hidden: Option<Vec<u16>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Train {
    pub(super) seed: Option<u64>,
    pub(super) tau: Option<Tau>,
    pub(super) form: Option<Form>,
    pub(super) rho_rule: Option<RhoRule>,
    pub(super) gamma: Option<f64>,
    pub(super) rho_bar: Option<f64>,
    pub(super) floor: Option<f64>,
    pub(super) min_wins: Option<u32>,
    pub(super) l2: Option<f64>,
    pub(super) max_iterations: Option<u32>,
    pub(super) folds: Option<u8>,
    pub(super) effort: Option<Effort>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quantize {
    pub(super) tolerance: Option<f64>,
    pub(super) ranges: Option<RangeRule>,
    pub(super) percentile: Option<f64>,
    pub(super) fine_tune: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    pub(super) image_bytes: Option<u32>,
    pub(super) macs: Option<u32>,
    pub(super) scratch_bytes: Option<u32>,
}
