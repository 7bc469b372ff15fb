//! `nzimbu demo --crash`: a payout whose process kills itself before the answer is read, and what the journal makes of
//! it.
//!
//! Three processes take part: this one, which is the gateway and keeps its ledger; a child that sends a payout and
//! dies; and a second child, started as anybody would start the program anew.

mod child;

use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;
use std::{env, fs};

use nzimbu::{Operation, OrderId};
use nzimbu_sandbox::{Endpoints, Fault, FaultKind, Movement, Sandbox, Settings};
use serde::{Deserialize, Serialize};

use super::gateways;
use crate::lang::{Text, say};
use crate::output::{self, Failure};

pub(super) use child::run as run_child;

/// What a child has to know; it comes over standard input, since arguments are seen by everybody.
#[derive(Debug, Deserialize, Serialize)]
struct Errand {
    endpoints: Endpoints,
    journal: std::path::PathBuf,
    order: OrderId,
    /// Whether it kills itself before the answer is read.
    dies: bool,
    json: bool,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
struct Line<'a> {
    process: &'a str,
    event: &'a str,
    order: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfers: Option<usize>,
}

impl Line<'_> {
    fn tell(&self, json: bool, told: &Text) -> Result<(), Failure> {
        if json { output::json(self) } else { output::line(format!("{:<9} {told}", self.process)) }
    }
}

pub(super) fn run(json: bool) -> Result<ExitCode, Failure> {
    let mut settings = Settings::default();
    // The gateway executes the first transfer and takes half a minute for its answer.
    let mut slow = Fault::new(FaultKind::Stall);
    slow.gateway = Some("cinetpay-transfer".to_owned());
    slow.operation = Some("send".to_owned());
    slow.times = Some(1);
    slow.seconds = Some(30);
    settings.faults = vec![slow];
    let sandbox = Sandbox::start_blocking(settings)
        .map_err(|error| Failure::failed(format!("the sandbox cannot start on loopback: {error}")))?;
    let folder = Folder::make()?;
    let order = OrderId::derive(
        &format!("nzimbu crash {} {:?}", std::process::id(), SystemTime::now()),
        Operation::Payout,
        "salary of November",
    );
    let mut errand = Errand {
        endpoints: sandbox.endpoints().clone(),
        journal: folder.0.join("journal.db"),
        order: order.clone(),
        dies: true,
        json,
    };
    let gateway = |event, state, transfers, told: Text| {
        Line { process: "gateway", event, order: order.as_str(), state, transfers }.tell(json, &told)
    };

    let died = start(&errand)?;
    if died {
        return Err(Failure::failed("the first process was to kill itself and did not"));
    }
    let moved = transfers(&sandbox, &order);
    gateway(
        "killed",
        None,
        Some(moved),
        say!(
            "the process is gone; transfers in my ledger for this order: {moved}",
            "le processus a disparu ; virements dans mon registre pour cette commande : {moved}",
        ),
    )?;

    errand.dies = false;
    let settled = start(&errand)?;
    let moved = transfers(&sandbox, &order);
    gateway(
        "ledger",
        None,
        Some(moved),
        say!(
            "transfers in my ledger for this order in the end: {moved}",
            "virements dans mon registre pour cette commande à la fin : {moved}",
        ),
    )?;
    Ok(output::exit(settled && moved == 1))
}

/// Runs this program again with an errand; whether it ended well.
fn start(errand: &Errand) -> Result<bool, Failure> {
    let cannot = |error: std::io::Error| Failure::failed(format!("the program cannot start itself: {error}"));
    let mut command = Command::new(env::current_exe().map_err(cannot)?);
    command.args(["demo", "--crash-child"]).stdin(Stdio::piped());
    let mut child = command.spawn().map_err(cannot)?;
    let input = child.stdin.take().expect("standard input is piped");
    // A child that died before it read everything is told of by its exit status.
    let _ = serde_json::to_writer(input, errand);
    Ok(child.wait().map_err(cannot)?.success())
}

fn transfers(sandbox: &Sandbox, order: &OrderId) -> usize {
    let of_order = |moved: &Movement| moved.order_id == order.as_str();
    sandbox.ledger().into_iter().filter(of_order).count()
}

/// A folder that is gone in the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn make() -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("nzimbu-demo-{}", std::process::id()));
        fs::create_dir_all(&path)
            .map_err(|error| Failure::failed(format!("no folder for the journal can be made: {error}")))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is a temporary file like others.
        let _ = fs::remove_dir_all(&self.0);
    }
}
