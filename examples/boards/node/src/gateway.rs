//! A gateway in memory, for the tests.

extern crate std;

use mild::wire::{self, Answer, Decoder, Message, Reply, Status, Welcome};
use std::{collections::VecDeque, vec::Vec};

/// Room for every frame of the tests.
pub(crate) const FRAME: usize = wire::max_frame(3);

/// It answers each request with the first code, if it is there.
#[derive(Default)]
pub(crate) struct Gateway {
    decoder: Decoder<FRAME>,
    /// Bytes to the node.
    pub(crate) coming: VecDeque<u8>,
    /// Session and number of each request.
    pub(crate) asked: Vec<(u64, u32)>,
    sessions: u64,
    pub(crate) away: bool,
}

impl Gateway {
    pub(crate) fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (used, frame) = self.decoder.feed(bytes);
            bytes = &bytes[used..];
            let Some(frame) = frame else { continue };
            let frame = frame.expect("the node's frames are good");
            let answer = match frame.message() {
                Ok(Message::Hello(hello)) => {
                    self.sessions += 1;
                    Message::Welcome(Welcome { node: hello.node, session: self.sessions })
                }
                Ok(Message::Request(request)) => {
                    self.asked.push((request.session, request.sequence));
                    if self.away {
                        continue;
                    }
                    let code = request.payload.as_codes().expect("the node sends codes")[0];
                    Message::Reply(Reply {
                        node: request.node,
                        sequence: request.sequence,
                        status: Status::Ok,
                        answer: Answer::Label(code.unsigned_abs().into()),
                        confidence: 0,
                    })
                }
                _ => panic!("a node only asks"),
            };
            let mut buffer = [0; FRAME];
            let answer = wire::encode_answer(&answer, None, &frame.binding(), &mut buffer);
            self.coming.extend(answer.expect("it fits").bytes);
        }
    }
}
