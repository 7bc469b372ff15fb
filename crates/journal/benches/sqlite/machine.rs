//! What the machine tells of this process.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies in the build folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The time that all threads of this process have run, as the scheduler counts it.
pub(crate) fn cpu() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let nanos = tasks.map(|task| {
        let told = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap_or_default();
        told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
    });
    Duration::from_nanos(nanos.sum())
}

/// The bytes that this process has handed to `write` and its like.
pub(crate) fn written() -> u64 {
    field("/proc/self/io", "wchar:")
}

/// The most memory that was resident, in KiB.
pub(crate) fn most_resident() -> u64 {
    field("/proc/self/status", "VmHWM:")
}

fn field(file: &str, name: &str) -> u64 {
    let told = fs::read_to_string(file).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().split(' ').next().unwrap().parse().unwrap()
}
