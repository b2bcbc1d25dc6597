//! Estimates: the energy of a decision beside that of a deferral.

mod radio;

use crate::{bench, table::Table};
use anyhow::{Context, Result, ensure};
use mild::wire::{self, Answer, Decoder, Key, Message, Payload, Reply, Request, Status};
use radio::RADIOS;

/// The network and the core that radios are compared with.
pub(crate) const SHAPE: &str = "16-32-16-5";
pub(crate) const CORE: &str = "m4";
const CODES: usize = 16;
/// The part with that core.
const PART: &str = "nRF52840 (M4F)";

/// The table, the sizes of the frames, and what is assumed, a line each.
pub(crate) struct Estimates {
    pub(crate) table: Table,
    pub(crate) frames: String,
    pub(crate) assumptions: String,
}

/// The energy of each radio's deferral, and how many decisions take as much, each of so many
/// instructions.
pub(crate) fn estimates(instructions: f64) -> Result<Estimates> {
    let decision =
        bench::microjoules(PART, instructions).with_context(|| format!("no part {PART}"))?;
    let (request, reply) = frames()?;
    let mut table = Table::new(["radio", "radio ms", "microjoules", "decisions"]);
    for radio in RADIOS {
        let cells = match radio.takes(request, reply) {
            Some(taken) => {
                let decisions = taken.microjoules / decision;
                [
                    format!("{:.1}", taken.ms),
                    format!("{:.0}", taken.microjoules),
                    format!("{decisions:.0}"),
                ]
            }
            None => ["does not fit", "", ""].map(str::to_owned),
        };
        let [ms, microjoules, decisions] = cells;
        table.push([radio.name.to_owned(), ms, microjoules, decisions]);
    }
    let mut assumptions = String::new();
    for radios in RADIOS.chunk_by(|a, b| a.assumptions == b.assumptions) {
        let names: Vec<&str> = radios.iter().map(|radio| radio.name).collect();
        let text = format!("- {}: {}.", names.join("; "), radios[0].assumptions);
        assumptions.push_str(&wrapped(&text));
    }
    let frames = format!(
        "A request with {CODES} codes has {request} bytes, its reply {reply}, both signed. A decision on the {PART} \
         takes {decision:.2} microjoules ({SHAPE})."
    );
    Ok(Estimates { table, frames: wrapped(&frames), assumptions })
}

/// The text in lines that are not long, the second one and those after it indented.
fn wrapped(text: &str) -> String {
    const LONGEST: usize = 110;
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 && length + 1 + word.len() > LONGEST {
            lines.push_str("\n ");
            length = 1;
        }
        if length > 0 {
            lines.push(' ');
        }
        lines.push_str(word);
        length += 1 + word.len();
    }
    lines.push('\n');
    lines
}

/// Bytes of a signed request with [`CODES`] codes, and of its reply, as they go over the link.
fn frames() -> Result<(usize, usize)> {
    let key = Key::new([7; 32]).numbered(1);
    let codes = [100; CODES];
    let request = Request {
        node: 1000,
        session: u64::MAX,
        sequence: 10_000,
        image: u32::MAX,
        expert: 1,
        local: Answer::Label(1),
        margin: -100_000,
        payload: Payload::Codes(&codes),
    };
    let mut buffer = [0; 256];
    let sent = wire::encode(&Message::Request(request), Some(&key), &mut buffer)?;
    let request_bytes = sent.bytes.len();
    let mut decoder = Decoder::<256>::new();
    let (_, frame) = decoder.feed(sent.bytes);
    let binding = frame.context("the request is a frame")??.binding();
    let reply = Reply {
        node: 1000,
        sequence: 10_000,
        status: Status::Ok,
        answer: Answer::Label(1),
        confidence: 60_000,
    };
    let mut buffer = [0; 256];
    let answered = wire::encode_answer(&Message::Reply(reply), Some(&key), &binding, &mut buffer)?;
    ensure!(!answered.bytes.is_empty(), "an empty reply");
    Ok((request_bytes, answered.bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deferral_takes_more_than_a_decision_on_every_radio() {
        let estimates = estimates(2000.0).unwrap();
        assert_eq!(estimates.table.rows.len(), RADIOS.len());
        let decisions = estimates.table.rows.iter().filter_map(|row| row[3].parse::<f64>().ok());
        assert!(decisions.into_iter().all(|decisions| decisions > 10.0));
    }

    #[test]
    fn frames_have_what_they_carry() {
        let (request, reply) = frames().unwrap();
        assert!(request > reply && reply > 20 && request < 100, "{request} {reply}");
    }
}
