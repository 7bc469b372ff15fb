//! The program as a process that goes on while the test does something else.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::world::World;

/// A running program whose standard output is JSON, line by line. It is killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Running {
    pub(crate) fn start(world: &World, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nzimbu"));
        command.env_clear().args(args).env("NZIMBU_CONFIG", world.config());
        for (name, value) in world.secrets() {
            command.env(name, value);
        }
        let mut child = command
            .env("T_SEGMENT", SEGMENT)
            .env("T_HOOK", HOOK)
            .env("T_OLD_HOOK", OLD_HOOK)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        for stream in [
            Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
            Box::new(child.stderr.take().unwrap()),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines, seen: String::new() }
    }

    /// Waits for a line that is JSON and fits.
    pub(crate) fn wait_for(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait(what, |line| serde_json::from_str(line).ok().filter(&fits))
    }

    /// Waits for a line that has these words in it.
    pub(crate) fn wait_for_line(&mut self, words: &str) -> String {
        self.wait(words, |line| line.contains(words).then(|| line.to_owned()))
    }

    fn wait<T>(&mut self, what: &str, fits: impl Fn(&str) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            let Ok(line) = self.lines.recv_timeout(left) else { break };
            self.seen.push_str(&line);
            self.seen.push('\n');
            if let Some(found) = fits(&line) {
                return found;
            }
        }
        panic!("{what} did not come; this did:\n{}", self.seen);
    }

    pub(crate) fn wait_for_event(&mut self, event: &str) -> Value {
        self.wait_for(event, |value| value["event"] == event)
    }

    pub(crate) fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Stops it as an operator would, and gives the exit status and all that was seen.
    pub(crate) fn stop(mut self, signal: &str) -> (i32, String) {
        self.signal(signal);
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        (status.code().unwrap_or(-1), std::mem::take(&mut self.seen))
    }

    /// Waits until it ends by itself; gives the exit status, the last of what was seen, and the most memory in KiB.
    pub(crate) fn end(&mut self) -> (i32, String, u64) {
        let mut memory = 0;
        loop {
            memory = memory.max(self.memory());
            while let Ok(line) = self.lines.try_recv() {
                self.seen = line;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
                    self.seen.push('\n');
                    self.seen.push_str(&line);
                }
                return (status.code().unwrap_or(-1), std::mem::take(&mut self.seen), memory);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The most memory that was resident so far, in KiB, where the system tells it.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
        number.unwrap_or_default()
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// The first line of the answer to a request.
pub(crate) fn ask(port: u16, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

pub(crate) const SEGMENT: &str = "hush-segment-4f1c9b2a";
pub(crate) const HOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OLD_HOOK: &str = "whsec_b2xkIGtleSBvZiB0aGUgdGVzdHMsIDI0IGJ5dGVz";
/// Longer than anything takes, also on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);
