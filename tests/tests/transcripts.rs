//! Plays every transcript under both drivers and compares the conversation with the snapshot beside it.
//! `cargo xtask fixtures` writes the snapshots anew; nothing here writes a `.http` file.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use nzimbu_tests::gateways::GATEWAYS;
use nzimbu_tests::player::{Driver, play};
use nzimbu_tests::transcript::Transcript;

#[test]
fn every_transcript_plays_alike_under_both_drivers_and_as_recorded() {
    let mut failures = Vec::new();
    for (gateway, path) in files("http") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let told = catch_unwind(AssertUnwindSafe(|| {
            let text = fs::read_to_string(&path).unwrap();
            let transcript = Transcript::parse(&text)?;
            let [one, other] =
                Driver::ALL.map(|driver| play(&transcript, &gateway, driver).map(|played| played.text));
            let (one, other) = (one?, other?);
            if one != other {
                return Err(format!("the drivers differ:\n{one}\n---\n{other}"));
            }
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(path.parent().unwrap());
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(name, one));
            Ok(())
        }));
        match told {
            Ok(Ok(())) => {}
            Ok(Err(told)) => failures.push(format!("{gateway}/{name}: {told}")),
            Err(_) => failures.push(format!("{gateway}/{name}: differs from its snapshot, or has none")),
        }
    }
    assert!(
        failures.is_empty(),
        "{}\nlook at the differences above; `cargo xtask fixtures` records what we say now",
        failures.join("\n")
    );
}

#[test]
fn every_snapshot_has_its_transcript() {
    let of = |extension| files(extension).into_iter().map(|(_, path)| path.with_extension(""));
    let (transcripts, snapshots) = (of("http").collect::<BTreeSet<_>>(), of("snap").collect::<BTreeSet<_>>());
    let orphans: Vec<_> = snapshots.difference(&transcripts).collect();
    assert!(orphans.is_empty(), "snapshots without a transcript, to be deleted by hand: {orphans:?}");
    assert!(!transcripts.is_empty());
}

/// The calls that the gateways' documents describe, each by a line that its snapshots must hold.
#[test]
fn every_documented_operation_has_a_transcript() {
    let mut missing = Vec::new();
    for (gateway, operations) in DOCUMENTED {
        let told: String = files("http")
            .iter()
            .filter(|(of, _)| of == gateway)
            .map(|(_, path)| played(gateway, path))
            .collect();
        for operation in *operations {
            let said = told
                .lines()
                .any(|line| line.starts_with(operation) || line.contains(&format!("{operation} ")));
            if !said {
                missing.push(format!("{gateway}: {operation}"));
            }
        }
    }
    assert!(missing.is_empty(), "no transcript holds {missing:#?}");
}

#[test]
fn every_folder_of_transcripts_is_a_gateway() {
    for (gateway, path) in files("http") {
        assert!(
            GATEWAYS.iter().any(|(known, _)| **known == gateway),
            "{} belongs to no gateway",
            path.display()
        );
    }
}

fn played(gateway: &str, path: &Path) -> String {
    let transcript = Transcript::parse(&fs::read_to_string(path).unwrap());
    transcript
        .and_then(|transcript| play(&transcript, gateway, Driver::Blocking))
        .map(|played| played.text)
        .unwrap_or_default()
}

const DOCUMENTED: &[(&str, &[&str])] = &[
    ("adullam", &["/v1/checkouts", "/v1/auth/token", "= error unsupported", "= refused unsupported"]),
    (
        "bitlipa",
        &[
            "/payment_c2b",
            "/payment_b2c",
            "/status",
            "/banks",
            "= link",
            "= authentic",
            "= confirmation required",
            "=   next: redirect",
            "=   bank:",
        ],
    ),
    (
        "cinetpay",
        &[
            "/v2/payment",
            "/v2/payment/check",
            "/v1/auth/login",
            "/v1/transfer/check/balance?token=[token 1]",
            "/v1/transfer/contact?token=[token 1]",
            "/v1/transfer/money/send/contact?token=[token 1]",
            "/v1/transfer/check/money?token=[token 1]&client_transaction_id=MYMERCHANTID1",
            "/v1/transfer/check/money?token=[token 1]&transaction_id=EA180627.122753.M279245",
            "/v1/transfer/check/money?token=[token 1]&lot=0044557641201530102473",
            "= authentic",
            "= notice",
            "= hint payout",
            "= ping",
            "= visit",
            "= config",
        ],
    ),
];

fn files(extension: &str) -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").canonicalize().unwrap();
    let mut found = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap();
        if folder.file_type().unwrap().is_dir() {
            let gateway = folder.file_name().into_string().unwrap();
            let paths = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
            let fitting = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
            found.extend(fitting.map(|path| (gateway.clone(), path)));
        }
    }
    found.sort();
    found
}
