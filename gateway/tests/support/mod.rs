//! What the gateway's tests share.

#![allow(dead_code, reason = "each test file uses a part")]

use std::time::Duration;

use mild::wire::{self, Answer, Decoder, Key, Message, Payload, Reply, Request, Status};
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
}

impl Node<TcpStream> {
    pub(crate) async fn connect(server: &Server, number: u32) -> Self {
        let stream = TcpStream::connect(server.tcp[0]).await.unwrap();
        Self { stream, decoder: Decoder::new(), number, key: None }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Node<S> {
    pub(crate) async fn ask(&mut self, sequence: u32, expert: u8, payload: &[u8]) {
        self.ask_about(sequence, expert, Payload::Bytes(payload)).await;
    }

    pub(crate) async fn ask_about(&mut self, sequence: u32, expert: u8, payload: Payload<'_>) {
        let request = Request {
            node: self.number,
            sequence,
            image: 9,
            expert,
            local: Answer::Label(1),
            margin: 2,
            payload,
        };
        let mut buffer = [0; 256];
        let frame =
            wire::encode(&Message::Request(request), self.key.as_ref(), &mut buffer).unwrap();
        self.stream.write_all(frame).await.unwrap();
    }

    pub(crate) async fn reply(&mut self) -> Reply {
        let reply = timeout(Duration::from_secs(5), async {
            loop {
                let mut byte = [0];
                assert_eq!(
                    self.stream.read(&mut byte).await.unwrap(),
                    1,
                    "the gateway closed the connection"
                );
                if let (_, Some(frame)) = self.decoder.feed(&byte) {
                    let frame = frame.unwrap();
                    if let Some(key) = &self.key {
                        frame.verify(key).unwrap();
                    }
                    let Ok(Message::Reply(reply)) = frame.message() else { panic!("not a reply") };
                    return reply;
                }
            }
        });
        reply.await.expect("a reply in time")
    }

    pub(crate) async fn status(&mut self, sequence: u32, expert: u8) -> Status {
        self.ask(sequence, expert, &[7]).await;
        let reply = self.reply().await;
        assert_eq!((reply.node, reply.sequence), (self.number, sequence));
        reply.status
    }
}
