//! What a gateway does where somebody means it ill, or where something is full: the program itself,
//! as a process.

mod encryption;
mod http;
mod logs;
mod rotation;
mod secrets;
mod sockets;
#[path = "../support/mod.rs"]
mod support;
mod tls;
