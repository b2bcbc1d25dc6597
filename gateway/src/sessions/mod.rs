//! From a node's frame to a reply: who may ask, what was asked before, which expert answers.

mod dispatcher;
mod former;
mod keys;
mod node;
mod replies;
mod rotation;
mod table;
mod window;

pub(crate) use dispatcher::Dispatcher;
pub(crate) use replies::Replies;
