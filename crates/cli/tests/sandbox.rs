//! `nzimbu sandbox`, started, asked and stopped as another program would.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

#[test]
fn one_line_of_json_tells_all_and_a_signal_ends_it() {
    for signal in ["-TERM", "-INT"] {
        let start = Instant::now();
        let (mut child, endpoints) = start_json(&[]);
        let passed = start.elapsed();
        // The target is 100 ms; the bound leaves room for a busy machine.
        assert!(passed < Duration::from_secs(3), "{passed:?}");
        let text = |group: &str, name: &str| endpoints[group][name].as_str().unwrap().to_owned();
        for (group, name) in [
            ("cinetpay", "checkout_url"),
            ("cinetpay", "transfer_url"),
            ("bitlipa", "base_url"),
            ("bitlipa", "hosted_page_url"),
            ("adullam", "base_url"),
        ] {
            assert!(text(group, name).starts_with("http://127.0.0.1:"), "{group}.{name}");
        }
        for (group, name) in [
            ("cinetpay", "apikey"),
            ("cinetpay", "site_id"),
            ("cinetpay", "secret_key"),
            ("cinetpay", "password"),
            ("bitlipa", "public_id"),
            ("bitlipa", "merchant_id"),
            ("bitlipa", "secret"),
            ("adullam", "token"),
        ] {
            assert!(!text(group, name).is_empty(), "{group}.{name}");
        }
        let admin = endpoints["admin_url"].as_str().unwrap();
        let state = get(&format!("{admin}/api/state"));
        assert!(state.starts_with("HTTP/1.1 200"), "{state}");
        assert!(state.contains("\"auto_milliseconds\":null"), "nothing is decided by itself: {state}");
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success(), "{signal} is a stop, not a failure");
    }
}

#[test]
fn settings_store_and_seed_are_taken() {
    let directory = std::env::temp_dir().join(format!("nzimbu-cli-sandbox-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let config = directory.join("sandbox.toml");
    std::fs::write(&config, "seed = 3\n[adullam]\ntoken = \"sandbox-mine\"\n").unwrap();
    let store = directory.join("state.db");
    let arguments = ["--config", config.to_str().unwrap(), "--store", store.to_str().unwrap(), "--seed", "4"];
    let (mut child, endpoints) = start_json(&arguments);
    assert_eq!(endpoints["adullam"]["token"], "sandbox-mine");
    let state = get(&format!("{}/api/state", endpoints["admin_url"].as_str().unwrap()));
    assert!(state.contains("\"seed\":4"), "what is typed wins: {state}");
    assert!(store.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn further_merchants_are_named() {
    let config: PathBuf = std::env::temp_dir().join(format!("nzimbu-cli-two-{}.toml", std::process::id()));
    std::fs::write(&config, "[[merchant]]\nname = \"shop\"\n[merchant.adullam]\ntoken = \"sandbox-shop\"\n")
        .unwrap();
    let mut child = Command::new(cargo_bin("nzimbu"))
        .args(["sandbox", "--stop-with-stdin", "--config", config.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("Further merchants: shop; see ")).unwrap();
    let url = line.trim_start_matches("Further merchants: shop; see ").trim_end_matches('.');
    assert!(get(url).contains("\"token\":\"sandbox-shop\""));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    std::fs::remove_file(&config).unwrap();
}

#[test]
fn wrong_settings_are_all_named_and_end_with_2() {
    let config: PathBuf = std::env::temp_dir().join(format!("nzimbu-cli-wrong-{}.toml", std::process::id()));
    std::fs::write(&config, "prot = 1\ncapacity = 0\n[[fault]]\nkind = \"explode\"\n").unwrap();
    let output = Command::new(cargo_bin("nzimbu"))
        .args(["sandbox", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    for part in ["prot is unknown; use one of", "capacity must be at least 1", "fault 1: kind must be one of"]
    {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    std::fs::remove_file(&config).unwrap();
    let missing = Command::new(cargo_bin("nzimbu")).args(["sandbox", "--config", "/no/such/file"]).output();
    assert_eq!(missing.unwrap().status.code(), Some(2));
}

#[test]
fn it_can_end_with_the_program_that_started_it() {
    let mut child = Command::new(cargo_bin("nzimbu"))
        .args(["sandbox", "--json", "--stop-with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let endpoints: Value = serde_json::from_str(&line).unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"what is said is of no interest\n").unwrap();
    let state = get(&format!("{}/api/state", endpoints["admin_url"].as_str().unwrap()));
    assert!(state.starts_with("HTTP/1.1 200"), "{state}");
    // What the end of the other process does, however sudden.
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_taken_port_is_a_failure_that_says_so() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(cargo_bin("nzimbu")).args(["sandbox", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains(&port) && errors.contains("choose another first port"), "{errors}");
}

fn start_json(more: &[&str]) -> (Child, Value) {
    let mut child = Command::new(cargo_bin("nzimbu"))
        .args(["sandbox", "--json"])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
