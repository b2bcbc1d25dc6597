//! What the gateway's tests share.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod broker;
pub(crate) mod certificates;
pub(crate) mod http;
pub(crate) mod process;

use std::collections::HashMap;
use std::time::Duration;

use mild::wire::{
    self, Answer, Binding, Decoder, Hello, Key, Message, Payload, Reply, Request, Status,
};
use mild_gateway::server::Server;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A node at the other end of a connection.
pub(crate) struct Node<S> {
    pub(crate) stream: S,
    pub(crate) decoder: Decoder<64>,
    pub(crate) number: u32,
    pub(crate) key: Option<Key>,
    /// The session, once it has begun.
    pub(crate) session: Option<u64>,
    /// The ends of the frames sent, by sequence number.
    pub(crate) sent: HashMap<u32, Binding>,
}

impl Node<TcpStream> {
    pub(crate) async fn connect(server: &Server, number: u32) -> Self {
        Self::over(TcpStream::connect(server.tcp[0]).await.unwrap(), number)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Node<S> {
    pub(crate) fn over(stream: S, number: u32) -> Self {
        let (decoder, sent) = (Decoder::new(), HashMap::new());
        Self { stream, decoder, number, key: None, session: None, sent }
    }

    /// With this key.
    pub(crate) fn with_key(self, secret: [u8; 32]) -> Self {
        Self { key: Some(Key::new(secret)), ..self }
    }

    /// In this session, which began elsewhere.
    pub(crate) fn in_session(self, session: Option<u64>) -> Self {
        Self { session, ..self }
    }

    pub(crate) async fn ask(&mut self, sequence: u32, expert: u8, payload: &[u8]) {
        self.ask_about(sequence, expert, Payload::Bytes(payload)).await;
    }

    /// Sends a request, after a session has begun.
    pub(crate) async fn ask_about(&mut self, sequence: u32, expert: u8, payload: Payload<'_>) {
        if self.session.is_none() {
            self.begin(1).await;
        }
        let frame = self.frame(sequence, expert, payload);
        self.stream.write_all(&frame).await.unwrap();
    }

    /// The frame of a request.
    pub(crate) fn frame(&mut self, sequence: u32, expert: u8, payload: Payload<'_>) -> Vec<u8> {
        let request = Request {
            node: self.number,
            session: self.session.unwrap_or(0),
            sequence,
            image: 9,
            expert,
            local: Answer::Label(1),
            margin: 2,
            payload,
        };
        let mut buffer = [0; 4200];
        let frame =
            wire::encode(&Message::Request(request), self.key.as_ref(), &mut buffer).unwrap();
        self.sent.insert(sequence, frame.binding);
        frame.bytes.to_vec()
    }

    /// Begins a session; the reply is the reason if there is none.
    pub(crate) async fn begin(&mut self, nonce: u64) -> Option<Reply> {
        let hello = Message::Hello(Hello { node: self.number, nonce });
        let mut buffer = [0; 64];
        let frame = wire::encode(&hello, self.key.as_ref(), &mut buffer).unwrap();
        self.stream.write_all(frame.bytes).await.unwrap();
        match self.answer(&[frame.binding]).await.0 {
            Message::Welcome(welcome) => {
                assert_eq!(welcome.node, self.number);
                self.session = Some(welcome.session);
                None
            }
            Message::Reply(reply) => Some(reply),
            _ => panic!("not an answer"),
        }
    }

    /// The next frame, which must answer one of these, and which one. Signed and encrypted as it
    /// must be.
    async fn answer(&mut self, sent: &[Binding]) -> (Message<'static>, Binding) {
        let answer = timeout(Duration::from_secs(5), async {
            loop {
                let mut byte = [0];
                assert_eq!(
                    self.stream.read(&mut byte).await.unwrap(),
                    1,
                    "the gateway closed the connection"
                );
                if let (_, Some(frame)) = self.decoder.feed(&byte) {
                    let frame = frame.unwrap();
                    let to = sent.iter().find(|to| frame.answers(to));
                    let to = to.expect("an answer to one of these frames");
                    let key = self.key.as_ref();
                    assert_eq!(frame.key_number(), key.map(Key::number), "signed for whom?");
                    return (frame.read_answer(key, to).unwrap(), *to);
                }
            }
        });
        answer.await.expect("an answer in time")
    }

    pub(crate) async fn reply(&mut self) -> Reply {
        let sent: Vec<_> = self.sent.values().copied().collect();
        let (Message::Reply(reply), to) = self.answer(&sent).await else { panic!("not a reply") };
        assert_eq!(self.sent[&reply.sequence], to, "the answer to another frame");
        reply
    }

    pub(crate) async fn status(&mut self, sequence: u32, expert: u8) -> Status {
        self.ask(sequence, expert, &[7]).await;
        let reply = self.reply().await;
        assert_eq!((reply.node, reply.sequence), (self.number, sequence));
        reply.status
    }
}
