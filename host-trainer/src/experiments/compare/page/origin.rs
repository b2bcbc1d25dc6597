//! Where a comparison comes from, and how to make it again.

use maud::{Markup, html};

use crate::experiments::compare::ComparedLog;
use crate::judge::page::table::scrolling;
use crate::judge::report::hex;

/// What the page says of its making.
pub(crate) struct Origin {
    /// The command line.
    command: String,
    logs: Vec<OriginOfLog>,
}

struct OriginOfLog {
    name: String,
    file: String,
    rows: usize,
    log_digest: String,
    config_digest: String,
}

impl Origin {
    /// Of a comparison of these logs, made by a command line.
    #[must_use]
    pub(crate) fn new(logs: &[ComparedLog], command: String) -> Self {
        let of_log = |log: &ComparedLog| {
            let parts = [&log.data.train, &log.data.calibration, &log.data.test];
            OriginOfLog {
                name: log.name.clone(),
                file: log.config.data.log.to_string(),
                rows: parts.iter().map(|part| part.rows()).sum(),
                log_digest: hex(&log.data.log_digest),
                config_digest: hex(&log.config.digest),
            }
        };
        Self { command, logs: logs.iter().map(of_log).collect() }
    }
}

/// The section.
pub(super) fn section(origin: &Origin) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "log" }
                    th scope="col" { "file" }
                    th scope="col" class="n" { "rows" }
                    th scope="col" { "digest of the log" }
                    th scope="col" { "digest of the configuration" }
                }
            }
            tbody {
                @for log in &origin.logs {
                    tr {
                        th scope="row" { (log.name) }
                        td { (log.file) }
                        td class="n" { (log.rows) }
                        td { (log.log_digest) }
                        td { (log.config_digest) }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="origin" {
            h2 id="origin" { "Where this comes from" }
            (scrolling("The logs", table))
            p { "Written by mild " (env!("CARGO_PKG_VERSION")) ". To make it again:" }
            pre tabindex="0" { (origin.command) }
        }
    }
}
