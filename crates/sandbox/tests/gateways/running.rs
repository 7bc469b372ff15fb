//! Starting, stopping and the bounds of the server itself.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use nzimbu_sandbox::{Decision, Sandbox, Settings};
use serde_json::{Value, json};

use crate::client::{get, post_json, until};

#[test]
fn endpoints_are_the_line_that_other_programs_read() {
    let sandbox = Sandbox::start_blocking(Settings::default()).unwrap();
    let line = serde_json::to_value(sandbox.endpoints()).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&line), "admin_url adullam bitlipa cinetpay");
    assert_eq!(names(&line["cinetpay"]), "apikey checkout_url password secret_key site_id transfer_url");
    assert_eq!(names(&line["bitlipa"]), "base_url hosted_page_url merchant_id public_id secret");
    assert_eq!(names(&line["adullam"]), "base_url token");
    assert!(line["admin_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    for group in line.as_object().unwrap().values().filter(|group| group.is_object()) {
        for (name, value) in group.as_object().unwrap() {
            let value = value.as_str().unwrap();
            if name.ends_with("url") {
                assert!(value.starts_with("http://127.0.0.1:"), "{value}");
            } else if name == "site_id" {
                assert!(value.bytes().all(|byte| byte.is_ascii_digit()));
            } else {
                assert!(value.starts_with("sandbox"), "{value}");
            }
        }
    }
}

#[test]
fn equal_seeds_make_equal_credentials() {
    let credentials = |seed| {
        let mut settings = Settings::default();
        settings.seed = seed;
        let sandbox = Sandbox::start_blocking(settings).unwrap();
        (sandbox.endpoints().cinetpay.secret_key.clone(), sandbox.endpoints().bitlipa.secret.clone())
    };
    assert_eq!(credentials(7), credentials(7));
    assert_ne!(credentials(7), credentials(8));
}

#[test]
fn dropping_closes_the_ports_and_ports_can_be_fixed() {
    let first = free_run_of_ports();
    let mut settings = Settings::default();
    settings.port = Some(first);
    let sandbox = Sandbox::start_blocking(settings.clone()).unwrap();
    assert_eq!(sandbox.endpoints().cinetpay.checkout_url, format!("http://127.0.0.1:{first}"));
    assert_eq!(sandbox.endpoints().adullam.base_url, format!("http://127.0.0.1:{}", first + 4));
    assert!(Sandbox::start_blocking(settings.clone()).is_err(), "the ports are taken");
    drop(sandbox);
    for port in first..first + 6 {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{port} is still open");
    }
    drop(Sandbox::start_blocking(settings.clone()).unwrap());
    settings.port = Some(65_533);
    assert!(Sandbox::start_blocking(settings).is_err());
}

#[test]
fn it_runs_on_the_callers_runtime_too() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let address = runtime.block_on(async {
        let sandbox = Sandbox::start(Settings::default()).await.unwrap();
        let url = sandbox.endpoints().adullam.base_url.clone();
        let asked = tokio::task::spawn_blocking({
            let url = url.clone();
            move || get(&url).status
        });
        assert_eq!(asked.await.unwrap(), 404);
        sandbox.stop().await;
        url
    });
    assert!(TcpStream::connect(address.strip_prefix("http://").unwrap()).is_err());

    let sandbox = Sandbox::start_blocking(Settings::default()).unwrap();
    runtime.block_on(sandbox.stop());
}

#[test]
fn the_first_answer_comes_within_a_tenth_of_a_second() {
    let start = Instant::now();
    let sandbox = Sandbox::start_blocking(Settings::default()).unwrap();
    assert_eq!(get(&sandbox.endpoints().adullam.base_url).status, 404);
    let passed = start.elapsed();
    // The target is 100 ms; the bound leaves room for a busy machine.
    assert!(passed < Duration::from_millis(1_000), "{passed:?}");
}

#[test]
fn bodies_and_state_are_bounded() {
    let mut settings = Settings::default();
    settings.capacity = 2;
    settings.auto = None;
    let sandbox = Sandbox::start_blocking(settings).unwrap();
    let cinetpay = &sandbox.endpoints().cinetpay;
    let url = format!("{}/v2/payment", cinetpay.checkout_url);
    let order = |id: &str, description: &str| {
        json!({"apikey": cinetpay.apikey, "site_id": cinetpay.site_id, "transaction_id": id, "amount": 100,
            "currency": "XOF", "description": description, "notify_url": "http://localhost:1/",
            "return_url": "http://localhost:1/"})
        .to_string()
    };
    assert_eq!(post_json(&url, &order("A", &"x".repeat(1_100_000))).status, 413);
    assert_eq!(post_json(&url, &order("A", "a")).status, 200);
    assert_eq!(post_json(&url, &order("B", "b")).status, 200);
    assert_eq!(post_json(&url, &order("C", "c")).status, 503);
    assert_eq!(post_json(&url, &order("B", "b")).status, 200, "what is known is still known");
    assert!(!sandbox.settle("nobody", "A", Decision::Approve));
    assert!(sandbox.settle("cinetpay-checkout", "A", Decision::Approve));
    let failed = until("the failed callback", || sandbox.deliveries().into_iter().next());
    assert!(failed.outcome.unwrap_err().contains("connection failed"));
}

/// Six neighbouring ports that are free now.
fn free_run_of_ports() -> u16 {
    (20_000..60_000_u16)
        .step_by(7)
        .skip(std::process::id() as usize % 3_000)
        .find(|first| {
            (*first..first + 6).all(|port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok())
        })
        .unwrap()
}
