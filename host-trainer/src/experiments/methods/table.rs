//! The table of the methods that only a host runs.

use super::host_method::HostMethod;
use super::{class_gate, gate, guarded_knn, knn, one_stage, random, reference_logistic};

/// The methods of each file. A new one is its file and a line here.
pub(super) static HOST_ONLY: [&[HostMethod]; 7] = [
    knn::METHODS,
    guarded_knn::METHODS,
    one_stage::METHODS,
    gate::METHODS,
    class_gate::METHODS,
    random::METHODS,
    reference_logistic::METHODS,
];
