//! Killed at every step of the journal and of the network, and started anew: no payout twice, no order lost.
//!
//! The gateways are a sandbox in another process than the one that dies, and its ledger says what money really moved.
//! `NZIMBU_CRASH=large cargo test -p nzimbu-tests --test crash` also kills at 2,000 random moments.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

#[path = "../../crates/journal/tests/postgres_server/mod.rs"]
mod postgres_server;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nzimbu_sandbox::{Sandbox, Settings};
use nzimbu_tests::crash::Flow;
use nzimbu_tests::houses::{self, House};
use nzimbu_tests::world::{Merchant, World};
use postgres_server::Cluster;

/// Where a run keeps its journal.
trait Place: Sync {
    /// The address of an empty journal of this name.
    fn fresh(&self, name: &str) -> String;
}

/// A file of its own for every run.
struct Files(tempfile::TempDir);

impl Place for Files {
    fn fresh(&self, name: &str) -> String {
        self.0.path().join(format!("{name}.db")).display().to_string()
    }
}

/// A schema of its own for every run, in a cluster to throw away.
struct Schemas(&'static Cluster);

impl Place for Schemas {
    fn fresh(&self, name: &str) -> String {
        format!("{}#{name}", self.0.url())
    }
}

struct Scene<'a> {
    world: World,
    houses: Vec<House>,
    endpoints: String,
    place: &'a dyn Place,
}

impl<'a> Scene<'a> {
    fn new(place: &'a dyn Place) -> Self {
        // Every order is approved by itself, a moment after it was made.
        let sandbox = Sandbox::start_blocking(Settings::default()).unwrap();
        let endpoints = serde_json::to_string(sandbox.endpoints()).unwrap();
        let world = World { sandbox, merchant: Merchant::listen() };
        let houses = houses::all(&world);
        Self { world, houses, endpoints, place }
    }

    fn command(&self, flow: Flow, name: &str, journal: &str, dies_at: u64) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crash_child"));
        let dies_at = dies_at.to_string();
        command.args([journal, &self.endpoints, flow.as_str(), name, &dies_at]).stdin(Stdio::null());
        command
    }

    /// Runs to the end, and sees that every order ended well and moved money once.
    fn drain(&self, flow: Flow, name: &str, journal: &str) -> u64 {
        let output = self.command(flow, name, journal, 0).output().unwrap();
        let told = said(&output);
        assert!(output.status.success(), "{name}: {told}");
        let house = self.houses.iter().find(|house| house.provider.id().as_str() == flow.gateway()).unwrap();
        let orders = flow.orders(name);
        let states = told.split_once("steps, ").map(|(_, states)| states.trim().to_owned());
        let succeeded = format!("{:?}", vec![nzimbu_journal::State::Succeeded; orders.len()]);
        assert_eq!(states, Some(succeeded), "{name}");
        for order in orders {
            let moved = self.world.movements(house.ledger(flow.operation()), &house.booked(&order)).len();
            assert_eq!(moved, 1, "{name}: {order} moved money {moved} times");
        }
        told.split(' ').next().unwrap().parse().unwrap()
    }

    /// Dies at one step, and is started anew; whether it came so far.
    fn at_step(&self, flow: Flow, step: u64) -> bool {
        let name = format!("{} {step}", flow.as_str());
        let journal = self.place.fresh(&name.replace(' ', "_"));
        let output = self.command(flow, &name, &journal, step).output().unwrap();
        let killed = output.status.code().is_none();
        assert!(killed || output.status.success(), "{name}: {}", said(&output));
        self.drain(flow, &name, &journal);
        killed
    }

    /// How many steps a run takes that nobody kills.
    fn steps(&self, flow: Flow) -> u64 {
        let name = format!("{} whole", flow.as_str());
        self.drain(flow, &name, &self.place.fresh(&name.replace(' ', "_")))
    }
}

/// Works through jobs on several threads; a panic of one is one of the whole.
fn together<T: Send>(jobs: Vec<T>, work: impl Fn(T) + Sync) {
    let jobs = Mutex::new(jobs.into_iter());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().unwrap().next();
                    let Some(job) = job else { break };
                    work(job);
                }
            });
        }
    });
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The steps of every flow in which the intent is written, the request sent, and its answer written: three for each
/// write and two or three for each request.
const SENDING: u64 = 8;

fn killed_at_every_step(place: &dyn Place) {
    let scene = Scene::new(place);
    let mut jobs = Vec::new();
    for flow in Flow::ALL {
        let steps = scene.steps(flow);
        println!("{}: {steps} steps", flow.as_str());
        jobs.extend((1..=steps.min(120)).map(|step| (flow, step)));
    }
    let count = AtomicU64::new(0);
    together(jobs, |(flow, step)| {
        let killed = scene.at_step(flow, step);
        // How often a gateway is asked until it has decided differs from run to run, so that the last steps may not
        // come; those up to the answer of the gateway always do.
        assert!(killed || step > SENDING, "{flow:?} was over before step {step}");
        count.fetch_add(killed.into(), Ordering::Relaxed);
    });
    let killed = count.into_inner();
    println!("killed at {killed} steps: no order twice, none lost");
}

fn killed_at_random_moments(place: &dyn Place, kills: u64) {
    let scene = Scene::new(place);
    let jobs = (0..kills).map(|number| (Flow::ALL[(number % 6) as usize], number)).collect();
    together(jobs, |(flow, number): (Flow, u64)| {
        let name = format!("{} random {number}", flow.as_str());
        let journal = scene.place.fresh(&name.replace(' ', "_"));
        let mut child = scene
            .command(flow, &name, &journal, 0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over the time that a run takes; no two runs take the same.
        thread::sleep(Duration::from_micros(number * 7_919 % 120_000));
        child.kill().unwrap();
        child.wait().unwrap();
        scene.drain(flow, &name, &journal);
    });
    println!("killed at {kills} random moments: no order twice, none lost");
}

/// Two processes hand in the same orders over one journal, and one of them is killed.
fn two_of_whom_one_is_killed(place: &dyn Place, kills: u64) {
    let scene = Scene::new(place);
    let jobs = (0..kills).map(|number| (Flow::ALL[(number % 6) as usize], number)).collect();
    together(jobs, |(flow, number): (Flow, u64)| {
        let name = format!("{} two {number}", flow.as_str());
        let journal = scene.place.fresh(&name.replace(' ', "_"));
        let start = || scene.command(flow, &name, &journal, 0).stdout(Stdio::null()).spawn().unwrap();
        let [mut dying, mut living] = [start(), start()];
        thread::sleep(Duration::from_micros(number * 7_919 % 120_000));
        dying.kill().unwrap();
        dying.wait().unwrap();
        assert!(living.wait().unwrap().success(), "{name}: the other goes on");
        scene.drain(flow, &name, &journal);
    });
    println!("{kills} times two processes, one of which was killed: no order twice, none lost");
}

#[test]
fn sqlite_is_shared_by_two_processes_of_which_one_is_killed() {
    let files = Files(tempfile::tempdir().unwrap());
    two_of_whom_one_is_killed(&files, 24);
}

#[test]
fn postgres_is_shared_by_two_processes_of_which_one_is_killed() {
    if let Some(cluster) = Cluster::shared() {
        two_of_whom_one_is_killed(&Schemas(cluster), 12);
    }
}

#[test]
fn sqlite_survives_a_kill_at_every_step() {
    let files = Files(tempfile::tempdir().unwrap());
    killed_at_every_step(&files);
}

#[test]
fn sqlite_survives_kills_at_random_moments() {
    let files = Files(tempfile::tempdir().unwrap());
    let large = std::env::var_os("NZIMBU_CRASH").is_some_and(|size| size == "large");
    killed_at_random_moments(&files, if large { 2_000 } else { 48 });
    assert!(Path::new(files.0.path()).exists());
}

#[test]
fn postgres_survives_a_kill_at_every_step() {
    // Where there is no server, that was said loudly.
    if let Some(cluster) = Cluster::shared() {
        killed_at_every_step(&Schemas(cluster));
    }
}

#[test]
fn postgres_survives_kills_at_random_moments() {
    if let Some(cluster) = Cluster::shared() {
        let large = std::env::var_os("NZIMBU_CRASH").is_some_and(|size| size == "large");
        killed_at_random_moments(&Schemas(cluster), if large { 2_000 } else { 24 });
    }
}
