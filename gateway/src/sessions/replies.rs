//! The way back to a node.

use tokio::sync::mpsc;

/// Where the frames for a connection go.
pub(crate) type Replies = mpsc::Sender<Vec<u8>>;
