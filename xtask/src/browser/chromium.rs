//! A browser without a window, driven by the DevTools protocol over a pair of pipes.
//!
//! The browser reads commands from its file descriptor 3 and writes to 4, each a JSON document and
//! a zero byte. A shell gives it its standard input and output under these numbers.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// A browser that says nothing for so long is broken. axe-core takes a minute for the longest page where
/// others take the processors.
const PATIENCE: Duration = Duration::from_secs(300);

/// A browser with one page.
pub(super) struct Browser {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// What was said between the answers.
    events: VecDeque<Value>,
    session: Option<String>,
    next: u64,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// In pixels.
    pub(super) width: u32,
    pub(super) dark: bool,
}

impl Browser {
    /// Starts the browser with an empty page. `directory` is for its own files.
    pub(super) fn start(program: &Path, directory: &Path) -> Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 3<&0 4>&1 >/dev/null 2>&1", "sh"]).arg(program);
        command.args([
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--hide-scrollbars",
        ]);
        command.arg(format!("--user-data-dir={}", directory.display())).arg("about:blank");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.context("cannot start the browser")?;
        let commands = child.stdin.take().context("no pipe to the browser")?;
        let output = child.stdout.take().context("no pipe from the browser")?;
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).unwrap_or(Value::Null);
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let events = VecDeque::new();
        let mut browser = Self { child, commands, messages, events, session: None, next: 0 };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(browser)
    }

    /// Sends a command and returns its result.
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.next += 1;
        let id = self.next;
        let mut command = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&command)?;
        bytes.push(0);
        self.commands.write_all(&bytes).context("the browser has ended")?;
        loop {
            let message = self.messages.recv_timeout(PATIENCE);
            let message =
                message.with_context(|| format!("the browser does not answer {method}"))?;
            if message["id"] != id {
                self.events.push_back(message);
                continue;
            }
            if !message["error"].is_null() {
                bail!("{method}: {}", message["error"]);
            }
            return Ok(message["result"].clone());
        }
    }

    /// Opens a file as it is to be looked at, and returns what the browser complained of meanwhile,
    /// requests for anything else among it.
    pub(super) fn open(&mut self, file: &Path, view: View) -> Result<Vec<String>> {
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }))?;
        let metrics =
            json!({ "width": view.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics)?;
        self.events.clear();
        let url = format!("file://{}", file.display());
        let opened = self.call("Page.navigate", json!({ "url": url }))?;
        ensure!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let message = self.messages.recv_timeout(PATIENCE).context("the page does not load")?;
            self.events.push_back(message);
        }
        // Two frames later everything has been laid out and complained of.
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => \
        done(0))))",
        )?;
        Ok(self.complaints(&url))
    }

    /// What the browser has complained of since the page was opened.
    pub(super) fn complaints(&self, url: &str) -> Vec<String> {
        let complaint = |event: &Value| {
            let of = &event["params"];
            match event["method"].as_str()? {
                "Runtime.consoleAPICalled" => Some(format!("console: {}", of["args"])),
                "Runtime.exceptionThrown" => Some(format!("exception: {}", of["exceptionDetails"])),
                "Log.entryAdded" => Some(format!("log: {}", of["entry"]["text"])),
                "Network.requestWillBeSent" => {
                    let asked = of["request"]["url"].as_str()?;
                    let own = asked == url || asked.starts_with("data:");
                    (!own).then(|| format!("request: {asked}"))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(complaint).collect()
    }

    /// The value of an expression in the page; of a promise, what it promises.
    pub(super) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", parameters)?;
        let thrown = &answer["exceptionDetails"];
        ensure!(thrown.is_null(), "{}: {thrown}", expression.chars().take(80).collect::<String>());
        Ok(answer["result"]["value"].clone())
    }

    /// A key, pressed and released.
    pub(super) fn press(&mut self, key: &str, code: u32) -> Result<()> {
        for kind in ["keyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// The mouse, pressed at one place of the window and released at another.
    pub(super) fn drag(&mut self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let steps = [("mousePressed", from), ("mouseMoved", to), ("mouseReleased", to)];
        for (kind, (x, y)) in steps {
            let event = json!({
                "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1
            });
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// The whole page as PNG, in base64.
    pub(super) fn screenshot(&mut self) -> Result<String> {
        let size = self.call("Page.getLayoutMetrics", json!({}))?["cssContentSize"].clone();
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let parameters = json!({ "captureBeyondViewport": true, "format": "png", "clip": clip });
        let shot = self.call("Page.captureScreenshot", parameters)?;
        Ok(shot["data"].as_str().context("no screenshot")?.to_owned())
    }

    /// The page as PDF, in base64.
    pub(super) fn pdf(&mut self) -> Result<String> {
        let printed = self.call("Page.printToPDF", json!({ "printBackground": false }))?;
        Ok(printed["data"].as_str().context("no PDF")?.to_owned())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        // One that does not end by itself is ended.
        let _ = self.call("Browser.close", json!({}));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
