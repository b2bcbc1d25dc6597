//! `mild-gateway expert`.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
#[cfg(feature = "recorded-answers")]
use mild_gateway::responder::RecordedAnswers;
use mild_gateway::responder::{Responder, Source};

use super::broker::BrokerArgs;
use super::signals::StopSignals;

#[derive(Debug, Args)]
pub(super) struct ExpertArgs {
    /// Answer from this deferral log (CSV, may be gzipped); a request's payload is a row number
    #[arg(long, value_name = "LOG", requires = "column", required_unless_present = "model")]
    answers: Option<PathBuf>,
    /// Column of the log with the expert's answers
    #[arg(long, requires = "answers")]
    column: Option<String>,
    /// Answer with this model (ONNX or TensorFlow Lite); a request's payload is the model's input.
    /// Requires a build with `--features onnx`
    #[arg(long, value_name = "FILE", conflicts_with = "answers")]
    model: Option<PathBuf>,
    /// Listen for HTTP requests on this address
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present_any = ["mqtt", "lines"],
        conflicts_with = "mqtt"
    )]
    http: Option<SocketAddr>,
    /// Answer each line of standard input with a line that includes the probabilities of all classes,
    /// as `mild log collect` expects of a program
    #[arg(long, requires = "model", conflicts_with_all = ["http", "mqtt", "delay_ms"])]
    lines: bool,
    /// With --lines: the names of the classes by number, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "lines")]
    classes: Vec<String>,
    #[command(flatten)]
    broker: BrokerArgs,
    /// Name of the expert in the gateway's configuration; clients of the same name share the work
    #[arg(long)]
    name: Option<String>,
    /// How long to wait before each answer, in milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    delay_ms: u64,
}

impl ExpertArgs {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        if self.lines
            && let Some(file) = &self.model
        {
            return answer_lines(file, &self.classes);
        }
        let source = match (&self.answers, &self.column, &self.model) {
            (Some(log), Some(column), _) => read_answers(log, column)?,
            (_, _, Some(file)) => load_model(file)?,
            _ => return Err("expected --answers with --column, or --model".into()),
        };
        let responder = Responder::new(source, Duration::from_millis(self.delay_ms));
        // Before anything listens, so that no signal is missed.
        let stop = StopSignals::listen()?.into_token();
        match (self.http, self.broker.broker()?, self.name) {
            (Some(address), _, _) => {
                let ready = |address| tracing::info!(%address, "listening for requests");
                let served = responder.serve_http(address, ready, stop).await;
                served.map_err(|error| format!("{address}: {error}").into())
            }
            (None, Some(broker), Some(name)) => {
                Ok(responder.serve_mqtt(&broker, &name, stop).await?)
            }
            _ => Err("expected --http, or --mqtt with --name".into()),
        }
    }
}

#[cfg(feature = "recorded-answers")]
fn read_answers(log: &Path, column: &str) -> Result<Source, Box<dyn Error>> {
    Ok(Source::Recorded(RecordedAnswers::read(log, column)?))
}

#[cfg(not(feature = "recorded-answers"))]
fn read_answers(log: &Path, _: &str) -> Result<Source, Box<dyn Error>> {
    let log = log.display();
    Err(format!("{log}: this build cannot read logs; build with `--features recorded-answers`")
        .into())
}

#[cfg(feature = "onnx")]
fn load_model(file: &Path) -> Result<Source, Box<dyn Error>> {
    Ok(Source::Model(mild_gateway::experts::onnx::Model::load(file)?))
}

#[cfg(not(feature = "onnx"))]
fn load_model(file: &Path) -> Result<Source, Box<dyn Error>> {
    let file = file.display();
    Err(format!("{file}: this build cannot run models; build with `--features onnx`").into())
}

#[cfg(feature = "onnx")]
fn answer_lines(file: &Path, classes: &[String]) -> Result<(), Box<dyn Error>> {
    let model = mild_gateway::experts::onnx::Model::load(file)?;
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    Ok(mild_gateway::responder::answer_lines(&model, classes, input, output)?)
}

#[cfg(not(feature = "onnx"))]
fn answer_lines(file: &Path, _: &[String]) -> Result<(), Box<dyn Error>> {
    load_model(file).map(drop)
}
