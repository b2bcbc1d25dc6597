//! A log that nobody can take.

use mild::wire::Status;

use crate::support::http::{Expert, get, metric};
use crate::support::process::{Log, Start};

/// The old gateway ended with its first line of log.
#[tokio::test]
async fn a_full_disk_costs_the_log_and_nothing_else() {
    let expert = Expert::good().await;
    let sections = expert.section("");
    let mut gateway =
        Start { sections: &sections, log: Log::FullDisk, ..Start::default() }.run().await;
    let mut node = gateway.node(1).await;
    for sequence in 1..5 {
        assert_eq!(node.status(sequence, 1).await, Status::Ok);
    }
    assert!(metric(gateway.metrics, "log_lines_dropped_total").await > 0.0);
    gateway.signal("TERM");
    assert!(gateway.ended().await.success());
}

/// The old gateway froze, metrics included, when the pipe was full.
#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_nobody() {
    let expert = Expert::good().await;
    let sections =
        format!("[limits]\nrequests_per_s = 1e6\nburst = 1000000\n{}", expert.section(""));
    let (log, log_level) = (Log::Stalled, "trace");
    let mut gateway = Start { sections: &sections, log, log_level, ..Start::default() }.run().await;
    let mut node = gateway.node(1).await;
    // Each writes many lines; a pipe holds 64 KiB.
    for sequence in 1..1500 {
        assert_eq!(node.status(sequence, 1).await, Status::Ok);
    }
    assert_eq!(get(gateway.metrics, "/health").await.unwrap().0, 200);
    assert!(metric(gateway.metrics, "log_lines_dropped_total").await > 0.0);
    gateway.signal("TERM");
    assert!(gateway.ended().await.success());
}
