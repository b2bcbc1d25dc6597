//! The program `mild-gateway`.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use mild_gateway::answers::Answers;
use mild_gateway::config::{Broker, Config};
use mild_gateway::load::{self, Plan};
use mild_gateway::responder::{Responder, Source};
use mild_gateway::server::Server;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Carries deferrals from nodes to experts and their answers back
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    /// Write the log as JSON, one line an event; what is logged, the environment says (RUST_LOG, default `info`)
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a gateway until SIGTERM or SIGINT
    Serve {
        /// Its configuration (TOML)
        config: PathBuf,
    },
    /// Be an expert: one that gives the answers recorded in a deferral log, or an ONNX model
    Expert(ExpertArgs),
    /// Be many nodes, and tell what the gateway does
    Load(LoadArgs),
}

#[derive(Debug, Args)]
struct ExpertArgs {
    /// The log (CSV, gzipped or not); a question's payload is the number of the row
    #[arg(long, value_name = "CSV", requires = "column", required_unless_present = "model")]
    answers: Option<PathBuf>,
    /// The column with this expert's answers
    #[arg(long, requires = "answers")]
    column: Option<String>,
    /// The model (ONNX); a question's payload is its features. Needs a build with `--features onnx`
    #[arg(long, value_name = "FILE", conflicts_with = "answers")]
    model: Option<PathBuf>,
    /// Answer over HTTP here
    #[arg(long, value_name = "ADDRESS", required_unless_present = "mqtt", conflicts_with = "mqtt")]
    http: Option<SocketAddr>,
    /// Answer over the MQTT broker here
    #[arg(long, value_name = "HOST:PORT", requires = "name")]
    mqtt: Option<String>,
    /// The expert's name, as the gateway knows it; several of one name share the work
    #[arg(long)]
    name: Option<String>,
    /// This client's name at the broker
    #[arg(long)]
    client_id: Option<String>,
    /// Before all topics
    #[arg(long, default_value = "mild")]
    prefix: String,
    /// So long each answer takes
    #[arg(long, default_value_t = 0, value_name = "MS")]
    delay_ms: u64,
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// The gateway's TCP address
    gateway: SocketAddr,
    /// Nodes at once
    #[arg(long, default_value_t = 100)]
    nodes: u32,
    /// So long
    #[arg(long, default_value_t = 10, value_name = "S")]
    seconds: u64,
    /// The expert to ask
    #[arg(long, default_value_t = 1)]
    expert: u8,
    /// Rows to ask for, from 0 on
    #[arg(long, default_value_t = 1000)]
    rows: u32,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if program.log_json {
        log.json().init();
    } else {
        log.init();
    }
    match run(program.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve { config } => serve(Config::load(&config)?).await,
        Command::Expert(args) => expert(args).await,
        Command::Load(args) => {
            let plan = Plan {
                gateway: args.gateway,
                nodes: args.nodes,
                duration: Duration::from_secs(args.seconds),
                expert: args.expert,
                rows: args.rows,
            };
            let figures = load::run(&plan).await?;
            if args.json {
                println!("{}", serde_json::to_string_pretty(&figures)?);
            } else {
                println!("{}", figures.render());
            }
            Ok(())
        }
    }
}

async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    // Before anything is open, so that no signal is missed.
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(config).await?;
    for address in &server.tcp {
        tracing::info!(%address, "listening");
    }
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("ending");
    if server.stop().await {
        Ok(())
    } else {
        Err("some questions were still under way when the time to end was over".into())
    }
}

async fn expert(args: ExpertArgs) -> Result<(), Box<dyn Error>> {
    let source = match (&args.answers, &args.column, &args.model) {
        (Some(answers), Some(column), _) => Source::Recorded(Answers::read(answers, column)?),
        (_, _, Some(file)) => model(file)?,
        _ => return Err("found neither --answers with --column nor --model, expected one".into()),
    };
    let expert = Responder::new(source, Duration::from_millis(args.delay_ms));
    if let Some(address) = args.http {
        expert
            .serve_http(address, |address| tracing::info!(%address, "answering"))
            .await
            .map_err(|error| format!("{address}: {error}"))?;
        return Ok(());
    }
    let (Some(mqtt), Some(name)) = (args.mqtt, args.name) else {
        return Err("found neither --http nor --mqtt with --name, expected one of them".into());
    };
    let split = mqtt.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let Some((host, port)) = split else {
        return Err(format!("--mqtt: found `{mqtt}`, expected HOST:PORT").into());
    };
    let broker = Broker {
        host: host.to_owned(),
        port,
        client_id: args.client_id,
        prefix: args.prefix,
        username: None,
        password: None,
        ca: None,
    };
    expert.serve_mqtt(&broker, &name).await?;
    Ok(())
}

#[cfg(feature = "onnx")]
fn model(file: &Path) -> Result<Source, Box<dyn Error>> {
    Ok(Source::Model(mild_gateway::model::Model::load(file)?))
}

#[cfg(not(feature = "onnx"))]
fn model(file: &Path) -> Result<Source, Box<dyn Error>> {
    let file = file.display();
    Err(format!("{file}: found a build without models, expected one with `--features onnx`").into())
}
