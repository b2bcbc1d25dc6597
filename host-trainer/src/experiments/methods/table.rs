//! The table of the methods that only a host runs.

use super::host_method::HostMethod;
use super::{gate, knn, one_stage, random};

/// The methods of each file. A new one is its file and a line here.
pub(super) static HOST_ONLY: [&[HostMethod]; 4] =
    [knn::METHODS, one_stage::METHODS, gate::METHODS, random::METHODS];
