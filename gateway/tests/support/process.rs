//! The program `mild-gateway`, as a process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::Node;

/// How long a program may take to begin, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where the log goes.
pub(crate) enum Log {
    /// To a file that the test reads.
    Kept,
    /// To a file on a full disk.
    FullDisk,
    /// To a pipe that nobody reads.
    Stalled,
}

/// A gateway, killed when it is dropped.
pub(crate) struct Gateway {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    pub(crate) directory: TempDir,
}

/// Starts `mild-gateway serve` with `[listen]` and `metrics` at free ports. `more` comes before the
/// sections, `sections` after them.
pub(crate) struct Start<'a> {
    pub(crate) more: &'a str,
    pub(crate) listen: &'a str,
    pub(crate) sections: &'a str,
    pub(crate) log: Log,
    /// The limit of open files; 0 for that of the test.
    pub(crate) files: u32,
    pub(crate) log_level: &'a str,
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// Where the configuration goes, with what it refers to; another one if there is none.
    pub(crate) directory: Option<TempDir>,
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self {
            more: "",
            listen: "",
            sections: "",
            log: Log::Kept,
            files: 0,
            log_level: "info",
            environment: &[],
            directory: None,
        }
    }
}

impl Start<'_> {
    pub(crate) async fn run(self) -> Gateway {
        let directory = self.directory.unwrap_or_else(|| tempfile::tempdir().unwrap());
        let [address, metrics] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let file = directory.path().join("gateway.toml");
        let Self { more, listen, sections, .. } = self;
        let text = format!(
            "metrics = '{metrics}'\n{more}\n[listen]\ntcp = ['{address}']\n{listen}\n{sections}\n"
        );
        write_secret(&file, &text);
        let program = env!("CARGO_BIN_EXE_mild-gateway");
        let mut command = if self.files > 0 {
            let mut command = Command::new("sh");
            let script = format!("ulimit -n {}; exec \"$@\"", self.files);
            command.args(["-c", &script, "sh"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let log = match self.log {
            Log::Kept => File::create(directory.path().join("log")).unwrap().into(),
            Log::FullDisk => File::options().write(true).open("/dev/full").unwrap().into(),
            Log::Stalled => Stdio::piped(),
        };
        let child = command
            .arg("serve")
            .arg(&file)
            .env("RUST_LOG", self.log_level)
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut gateway = Gateway { child, address, metrics, directory };
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = gateway.child.try_wait().unwrap();
            assert!(ended.is_none(), "ended with {ended:?}: {}", gateway.log());
            assert!(begun.elapsed() < PATIENCE, "does not listen: {}", gateway.log());
            sleep(Duration::from_millis(20)).await;
        }
        gateway
    }
}

impl Gateway {
    /// A node that is connected.
    pub(crate) async fn node(&self, number: u32) -> Node<TcpStream> {
        Node::over(TcpStream::connect(self.address).await.unwrap(), number)
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Waits until it has logged these words.
    pub(crate) async fn said(&self, words: &str) {
        let begun = Instant::now();
        while !self.log().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "not {words:?}: {}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "does not end: {}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_secret(file: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
