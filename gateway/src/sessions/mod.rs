//! From a node's frame to a reply: who may ask, what was asked before, which expert answers.

mod dispatcher;
mod table;

pub(crate) use dispatcher::Dispatcher;
