//! `mild-gateway load`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mild_gateway::config::Config;
use mild_gateway::load::{self, LoadPlan};

#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// TCP address of the gateway, HOST:PORT
    gateway: String,
    /// Number of nodes, each with its own connection and one request at a time
    #[arg(long, default_value_t = 100, value_name = "N")]
    nodes: u32,
    /// How long to send requests, in seconds
    #[arg(long, default_value_t = 10, value_name = "S")]
    seconds: u64,
    /// Index of the expert to ask
    #[arg(long, default_value_t = 1, value_name = "INDEX")]
    expert: u8,
    /// Number of rows to ask about, starting at row 0
    #[arg(long, default_value_t = 1000, value_name = "N")]
    rows: u32,
    /// Sign with the keys in this configuration of the gateway, with the new key if a node has two,
    /// and encrypt if the key says so; nodes are numbered from 1
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl LoadArgs {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        let keys = match &self.keys {
            Some(file) => {
                let keys = Config::load(file)?.keys.into_iter();
                keys.map(|(node, keys)| (node, keys.new_key().clone())).collect()
            }
            None => BTreeMap::new(),
        };
        let plan = LoadPlan {
            keys,
            gateway: self.gateway,
            nodes: self.nodes,
            duration: Duration::from_secs(self.seconds),
            expert: self.expert,
            rows: self.rows,
        };
        let report = load::run(&plan).await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{report}");
        }
        Ok(())
    }
}
