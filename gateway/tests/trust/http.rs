//! Experts over HTTP that fail, and that answer nonsense.

use mild::wire::{Answer, Status};

use crate::support::http::{Expert, get, response};
use crate::support::process::Start;

const GOOD: &str = r#"{"label": 7}"#;

/// The status of one request, its answer, and how often the expert was asked.
async fn ask(responses: Vec<String>, more: &str) -> (Status, Answer, u32) {
    let expert = Expert::start(responses).await;
    let sections = expert.section(more);
    let gateway = Start { sections: &sections, ..Start::default() }.run().await;
    let mut node = gateway.node(1).await;
    node.ask(1, 1, &[7]).await;
    let reply = node.reply().await;
    (reply.status, reply.answer, expert.asked())
}

/// The old gateway asked an expert again that had failed with status 500, and that may have worked
/// on the request: a paid service was paid twice.
#[tokio::test]
async fn a_request_that_the_expert_took_is_not_sent_again() {
    let failure = || response("500 Internal Server Error", "", "");
    let good = || response("200 OK", "", GOOD);
    let asked = ask(vec![failure(), good()], "retries = 2").await;
    assert_eq!(asked, (Status::Unreachable, Answer::None, 1));
    let asked = ask(vec![failure(), good()], "retries = 2\nidempotent = true").await;
    assert_eq!(asked, (Status::Ok, Answer::Label(7), 2));
}

/// The old gateway gave up where the expert said when to come back.
#[tokio::test]
async fn an_expert_that_is_busy_says_when_to_come_back() {
    let busy = |headers| response("503 Service Unavailable", headers, "");
    let good = || response("200 OK", "", GOOD);
    let asked = ask(vec![busy(""), good()], "").await;
    assert_eq!(asked, (Status::Busy, Answer::None, 1));
    let asked = ask(vec![busy("Retry-After: 0\r\n"), good()], "").await;
    assert_eq!(asked, (Status::Ok, Answer::Label(7), 2));
    // Longer than the node waits: it learns at once that the expert is busy.
    let asked = ask(vec![busy("Retry-After: 60\r\n"), good()], "timeout_ms = 1500").await;
    assert_eq!(asked, (Status::Busy, Answer::None, 1));
}

/// The old gateway passed label 4,000,000,000 on as `Ok`, and took an answer with one more field
/// for none.
#[tokio::test]
async fn answers_outside_their_range_are_not_passed_on() {
    for (body, more, expected) in [
        (r#"{"label": 4000000000}"#, "", (Status::Unreachable, Answer::None)),
        (r#"{"label": 10}"#, "classes = 10", (Status::Unreachable, Answer::None)),
        (r#"{"label": 9}"#, "classes = 10", (Status::Ok, Answer::Label(9))),
        (r#"{"value": 50}"#, "range = [-20, 45]", (Status::Unreachable, Answer::None)),
        (r#"{"label": 3, "model": "v2"}"#, "", (Status::Ok, Answer::Label(3))),
    ] {
        let (status, answer, _) = ask(vec![response("200 OK", "", body)], more).await;
        assert_eq!((status, answer), expected, "{body} with {more:?}");
    }
}

/// With every expert dead the old gateway still said `ok`, and logged nothing.
#[tokio::test]
async fn health_tells_of_an_expert_that_went_and_came_back() {
    let failure = response("500 Internal Server Error", "", "");
    let good = response("200 OK", "", GOOD);
    let expert = Expert::start(vec![failure.clone(), failure.clone(), failure, good]).await;
    let sections = expert.section("");
    let gateway = Start { sections: &sections, ..Start::default() }.run().await;
    let (status, body) = get(gateway.metrics, "/ready").await.unwrap();
    assert_eq!((status, body.contains(r#""state":"unknown""#)), (200, true), "{body}");
    let mut node = gateway.node(1).await;
    for sequence in 1..=3 {
        assert_eq!(node.status(sequence, 1).await, Status::Unreachable);
    }
    gateway.said("an expert stopped answering").await;
    let (status, body) = get(gateway.metrics, "/ready").await.unwrap();
    assert_eq!((status, body.contains(r#""state":"down""#)), (503, true), "{body}");
    let (_, text) = get(gateway.metrics, "/metrics").await.unwrap();
    assert!(text.contains(r#"mild_gateway_expert_up{expert="echo"} 0"#), "{text}");
    assert_eq!(node.status(4, 1).await, Status::Ok);
    gateway.said("an expert is up").await;
    let (status, body) = get(gateway.metrics, "/health").await.unwrap();
    assert_eq!((status, body.contains(r#""status":"ok""#)), (200, true), "{body}");
}
