//! The commands behind the parts: what they run, and how its output becomes tables.

mod commands;
mod compare;
mod device;
mod python;
mod studies;
mod training;

pub(super) use compare::{
    by_experts, compared, comparison, curves, digits, few_rows, learning_curves, number_of_experts,
};
pub(super) use device::{device, energies, flash, frames, motion, signatures, window_features};
pub(super) use python::{python, training_speed};
pub(super) use studies::{
    NEW_EXPERTS, known_from_answers, margins, margins_of, new_expert, promised, promises,
};
pub(super) use training::{drift, init, losses, memory, speed};
