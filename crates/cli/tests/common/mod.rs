//! What the tests of all commands share.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part, and may panic")]

pub(crate) mod payroll;
#[cfg(unix)]
pub(crate) mod process;
#[cfg(unix)]
pub(crate) mod terminal;
pub(crate) mod world;

use assert_cmd::Command;
use serde_json::Value;

/// The built program, with an environment that holds nothing but what a test sets.
pub(crate) fn nzimbu(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nzimbu"));
    command.env_clear().args(args);
    command
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|_| panic!("not JSON: {}{}", self.stdout, self.stderr))
    }
}

impl Ended {
    /// Every line of output as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

pub(crate) fn end(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// One of the lists of golden vectors.
pub(crate) fn vectors(file: &str, list: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/signature/{file}", env!("CARGO_MANIFEST_DIR"));
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    all[list].as_array().unwrap().clone()
}
