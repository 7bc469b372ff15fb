//! PostgreSQL clusters to throw away: each in a folder of its own, on loopback, ended with the process that began it.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// The folder of the newest server's programs; none, and a loud line once, when there is none. With
/// `NZIMBU_REQUIRE_POSTGRES=1` that is a failure.
pub(crate) fn programs() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let versions = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let newest = versions.filter(|version| *version >= 15).max()?;
        let folder = PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"));
        folder.join("initdb").exists().then_some(folder)
    });
    if found.is_none() {
        let required = std::env::var_os("NZIMBU_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
        assert!(!required, "PostgreSQL 15 or newer is missing, and NZIMBU_REQUIRE_POSTGRES=1 demands it");
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // Past the capture of the test harness, which would hide it.
            let line = b"\nNOT RUN: the tests of the journal in PostgreSQL, because no server 15 or newer is installed\n";
            let _ = std::io::stderr().write_all(line);
        });
    }
    found.as_deref()
}

/// A running cluster.
pub(crate) struct Cluster {
    programs: &'static Path,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    keeper: Child,
    /// The server ends when this does; waiting for the keeper would close its own.
    line: Option<ChildStdin>,
}

/// How a cluster is begun.
#[derive(Clone, Default)]
pub(crate) struct Recipe {
    /// Lines of its configuration.
    pub(crate) settings: Vec<String>,
    /// A password that everybody has to give.
    pub(crate) password: Option<&'static str>,
}

impl Cluster {
    /// Makes a cluster and starts it; none where PostgreSQL is missing.
    pub(crate) fn new(recipe: &Recipe) -> Option<Self> {
        let programs = programs()?;
        let folder = fresh_folder();
        let data = folder.join("data");
        let mut words = vec!["-U", "nzimbu", "-E", "UTF8", "--locale=C", "--no-sync", "-D"];
        words.push(data.to_str().unwrap());
        let file = folder.join("password");
        match recipe.password {
            None => words.extend(["-A", "trust"]),
            Some(password) => {
                fs::write(&file, password).unwrap();
                own(&file);
                words.extend(["-A", "scram-sha-256", "--pwfile", file.to_str().unwrap()]);
            }
        }
        done(as_postgres(programs, "initdb", &words));
        for line in &recipe.settings {
            append(&data.join("postgresql.conf"), line);
        }
        Some(Self::begin(programs, folder, free_port()))
    }

    /// The one cluster that the tests of a process share.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Self::new(&Recipe::default())).as_ref()
    }

    /// A standby of this cluster, on a port of its own.
    pub(crate) fn standby(&self) -> Self {
        let folder = fresh_folder();
        let data = folder.join("data");
        let port = self.port.to_string();
        let words = [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "nzimbu",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
            "-D",
            data.to_str().unwrap(),
        ];
        done(as_postgres(self.programs, "pg_basebackup", &words));
        Self::begin(self.programs, folder, free_port())
    }

    fn begin(programs: &'static Path, folder: PathBuf, port: u16) -> Self {
        let mut keeper = keep(programs, &folder, port);
        let line = keeper.stdin.take();
        let cluster = Self { programs, folder, port, keeper, line };
        cluster.wait_until_ready();
        cluster
    }

    fn wait_until_ready(&self) {
        let start = Instant::now();
        while self.psql("SELECT 1").is_err() {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(120), "the server does not start: {}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills every process of the server at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.stop("-KILL");
    }

    /// Ends it, rolling back what is under way.
    pub(crate) fn stop_fast(&mut self) {
        self.stop("-INT");
    }

    fn stop(&mut self, signal: &str) {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().to_owned();
        // The children of a killed postmaster end by themselves; those that work are killed too.
        if signal == "-KILL" {
            let _ = Command::new("pkill").args(["-KILL", "-P", &pid]).status();
        }
        let _ = Command::new("kill").args([signal, &pid]).status();
        let _ = self.keeper.wait();
    }

    /// Starts it again after it ended.
    pub(crate) fn start(&mut self) {
        self.keeper = keep(self.programs, &self.folder, self.port);
        self.line = self.keeper.stdin.take();
        self.wait_until_ready();
    }

    pub(crate) fn promote(&self) {
        let data = self.folder.join("data");
        done(as_postgres(self.programs, "pg_ctl", &["promote", "-w", "-D", data.to_str().unwrap()]));
    }

    /// Runs SQL as the owner, in the database that every cluster has.
    pub(crate) fn psql(&self, sql: &str) -> Result<String, String> {
        let out = Command::new(self.programs.join("psql"))
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"])
            .args(["-p", &self.port.to_string(), "-U", "nzimbu", "-d", "postgres", "-c", sql])
            .env("PGPASSWORD", "open sesame")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        match out.status.success() {
            true => Ok(String::from_utf8(out.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8(out.stderr).unwrap()),
        }
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The keeper ends the server when its input ends.
        drop(self.line.take());
        let _ = self.keeper.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn url(port: u16) -> String {
    format!("postgres://nzimbu@127.0.0.1:{port}/postgres")
}

/// A shell that waits for the end of its input and then ends the server at once: it comes also when this process is
/// killed.
fn keep(programs: &Path, folder: &Path, port: u16) -> Child {
    let script = format!(
        "exec 3<&0\n\
         '{bin}/postgres' -D '{folder}/data' -p {port} -c listen_addresses=127.0.0.1 \
         -c unix_socket_directories='{folder}' -c max_connections=200 >>'{folder}/log' 2>&1 </dev/null 3<&- &\n\
         server=$!\n\
         (read -r _ <&3; touch '{folder}/over'; kill -QUIT $server; sleep 5; kill -KILL $server) &\n\
         watcher=$!\n\
         exec 3<&-\n\
         wait $server\n\
         kill $watcher\n\
         [ -e '{folder}/over' ] && rm -rf '{folder}'",
        bin = programs.display(),
        folder = folder.display(),
    );
    user("sh", &["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn fresh_folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("nzimbu-pg-{}-{number}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    own(&folder);
    folder
}

/// Gives a file to the user that runs the server: it refuses to run as root.
pub(crate) fn own(path: &Path) {
    if is_root() {
        done(Command::new("chown").arg("postgres").arg(path).output().unwrap());
    }
}

pub(crate) fn append(path: &Path, line: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&out.stdout).trim() == "0"
}

fn user(program: &str, words: &[&str]) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(words).current_dir("/");
    command
}

fn as_postgres(programs: &Path, program: &str, words: &[&str]) -> std::process::Output {
    let program = programs.join(program);
    user(program.to_str().unwrap(), words).stdin(Stdio::null()).output().unwrap()
}

fn done(out: std::process::Output) {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}
