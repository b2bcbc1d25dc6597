//! Asking an expert, with bounds on how many are asked at once and how many wait.

mod http;
pub(crate) mod mqtt;
#[cfg(feature = "onnx")]
mod onnx;

use std::io;
use std::time::Duration;

use mild::wire::{Answer, Status};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config;
use crate::protocol::Question;

/// An expert that can be asked.
#[derive(Debug)]
pub(crate) struct Expert {
    pub(crate) name: String,
    way: Way,
    limit: Duration,
    /// Under way or waiting.
    places: Semaphore,
    /// Under way.
    turns: Semaphore,
}

#[derive(Debug)]
enum Way {
    Http(http::Endpoint),
    Mqtt(mqtt::Subscriber),
    #[cfg(feature = "onnx")]
    Onnx(onnx::Local),
}

/// Why a way to an expert failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It could not be reached, or closed the connection: worth another try.
    Unreachable,
    /// It answered, but with nothing that is an answer.
    NoAnswer,
    /// It says that it has too much to do.
    Busy,
}

impl Expert {
    pub(crate) fn new(
        expert: &config::Expert,
        client: &reqwest::Client,
        broker: Option<&mqtt::Broker>,
    ) -> io::Result<Self> {
        let way = Self::way(expert, client, broker)?;
        let concurrency = expert.way.concurrency;
        Ok(Self {
            name: expert.name.clone(),
            way,
            limit: expert.way.timeout(),
            places: Semaphore::new(concurrency.saturating_add(expert.way.queue)),
            turns: Semaphore::new(concurrency),
        })
    }

    /// The configuration is checked: there is one way, and a broker if that is it.
    fn way(
        expert: &config::Expert,
        client: &reqwest::Client,
        broker: Option<&mqtt::Broker>,
    ) -> io::Result<Way> {
        if let Some(url) = &expert.way.http {
            return Ok(Way::Http(http::Endpoint::new(client, url, expert.way.retries)));
        }
        #[cfg(feature = "onnx")]
        if let Some(file) = &expert.way.onnx {
            return onnx::Local::load(file).map(Way::Onnx);
        }
        let broker = broker.ok_or_else(|| io::Error::other("found no way to ask it"))?;
        Ok(Way::Mqtt(broker.subscriber(&expert.name)))
    }

    /// Asks; there always is an answer or a status within the expert's timeout.
    pub(crate) async fn ask(&self, question: &Question) -> Result<(Answer, u16), Status> {
        // No place: said at once, so that the node can do without.
        let Ok(_place) = self.places.try_acquire() else { return Err(Status::Busy) };
        let asked = timeout(self.limit, async {
            // Never closed.
            let _turn = self.turns.acquire().await.map_err(|_| Trouble::Unreachable)?;
            match &self.way {
                Way::Http(endpoint) => endpoint.ask(question).await,
                Way::Mqtt(subscriber) => subscriber.ask(question, self.limit).await,
                #[cfg(feature = "onnx")]
                Way::Onnx(model) => model.ask(question).await,
            }
        });
        match asked.await {
            Err(_) => Err(Status::TimedOut),
            Ok(Err(Trouble::Busy)) => Err(Status::Busy),
            Ok(Err(Trouble::Unreachable | Trouble::NoAnswer)) => Err(Status::Unreachable),
            Ok(Ok(document)) => document.answer().ok_or(Status::Unreachable),
        }
    }
}
