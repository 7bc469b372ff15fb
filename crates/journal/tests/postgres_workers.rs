//! Eight workers in processes of their own, stopped and killed at any moment, and a gateway that executes everything it
//! is told: no order is executed twice, and all end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod postgres_server;
mod till;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_core::{
    Channel, HttpRequest, HttpResponse, OrderId, PayoutRequest, Secret, Transport, TransportError, UnixTime,
};
use nzimbu_journal::{
    Cashier, Clock as _, Intent, Journal, Limits, PostgresSettings, State, SteadyClock, Stop, Timing,
};

use self::postgres_server::Cluster;
use self::till::{Till, francs};

const ORDERS: u64 = 400;
const WORKERS: usize = 8;
const FAULTS: usize = 30;
const WORD: &str = "NZIMBU_TEST_WORKER";

/// Stops are longer than a lease, so that others take over what a stopped worker held, and shorter than the grace
/// period, as the rules demand of every request.
fn timing() -> Timing {
    let mut timing = Timing::default();
    timing.lease = Duration::from_secs(2);
    timing.grace = Duration::from_secs(15);
    timing.first_poll = Duration::from_millis(100);
    timing.most_poll = Duration::from_secs(1);
    timing.first_retry = Duration::from_millis(100);
    timing
}
const STOPPED: Duration = Duration::from_secs(3);

/// One line there and one back, over a connection of its own.
#[derive(Debug)]
struct Wire {
    port: u16,
    clock: SteadyClock,
}

impl Transport for Wire {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .map_err(|_| TransportError::not_sent("the till is not there"))?;
        let lost = |_| TransportError::unknown("the line was cut");
        stream.write_all(format!("{}\n", request.path()).as_bytes()).map_err(lost)?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).map_err(lost)?;
        if line.is_empty() {
            return Err(TransportError::unknown("the till said nothing"));
        }
        Ok(HttpResponse::new(200, line))
    }

    fn sleep(&self, delay: Duration) {
        thread::sleep(delay);
    }

    fn now(&self) -> UnixTime {
        self.clock.now()
    }
}

/// How often each order was executed.
type Ledger = Arc<Mutex<BTreeMap<String, u32>>>;

/// Executes whatever it is told, and forgets to answer every ninth time.
fn till() -> (u16, Ledger) {
    let ledger = Ledger::default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let book = Arc::clone(&ledger);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (mut stream, book) = (stream.unwrap(), Arc::clone(&book));
            thread::spawn(move || {
                let mut line = String::new();
                // Whoever was killed meanwhile has said nothing, or hears nothing.
                let _ = BufReader::new(&stream).read_line(&mut line);
                // Some requests are executed at once and answered late, some are under way for a while.
                let pause = Duration::from_millis(100);
                if number % 2 == 0 {
                    thread::sleep(pause);
                }
                let answer = match line.trim_end().rsplit_once('/') {
                    Some(("/pay", order)) => {
                        *book.lock().unwrap().entry(order.to_owned()).or_insert(0) += 1;
                        "taken\n"
                    }
                    Some(("/ask", order)) if book.lock().unwrap().contains_key(order) => "paid\n",
                    Some(("/ask", _)) => "unknown\n",
                    _ => return,
                };
                if number % 2 == 1 {
                    thread::sleep(pause);
                }
                if number % 9 != 8 {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    (port, ledger)
}

fn cashier(port: &str, schema: &str, connections: usize) -> Cashier {
    let url = postgres_server::url(port.parse().unwrap());
    let mut settings = PostgresSettings::new(Secret::new(url));
    settings.schema = schema.to_owned();
    settings.connections = connections;
    let mut limits = Limits::default();
    limits.calls_per_second = 100_000;
    limits.first_pause = Duration::from_millis(50);
    let journal = Journal::postgres(settings).unwrap();
    Cashier::with(journal, vec![Arc::new(Till)], timing(), limits)
}

/// What a worker's process runs; in the test's own process it is nothing.
#[test]
fn worker_of_another_process() {
    let Ok(word) = std::env::var(WORD) else { return };
    let [server, schema, till] = word.split(' ').collect::<Vec<_>>()[..] else { panic!("{word}") };
    let wire = Wire { port: till.parse().unwrap(), clock: SteadyClock::new() };
    // Until it is killed.
    cashier(server, schema, 2).work(&wire, &Stop::new()).unwrap();
}

fn worker(word: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "worker_of_another_process"])
        .env(WORD, word)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn signal(worker: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &worker.id().to_string()]).status().unwrap().success());
}

#[test]
fn stopped_and_killed_workers_pay_nobody_twice() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let (port, ledger) = till();
    let cashier = cashier(&cluster.port.to_string(), &schema.name, 4);
    let journal = cashier.journal();
    let batch = journal.open_batch([1; 32], "salaries").wait().unwrap();
    let intents = (0..ORDERS).map(|number| {
        let order = OrderId::parse(&format!("O-{number}")).unwrap();
        let request = PayoutRequest::new(order, francs(), Channel::MobileMoney);
        Intent::payout(&Till, request, timing())
    });
    journal.plan(&batch, intents.collect()).wait().unwrap();
    let batch = journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &Till, timing(), 0, 1_000).wait().unwrap();

    let word = format!("{} {} {port}", cluster.port, schema.name);
    let mut workers: Vec<_> = (0..WORKERS).map(|_| worker(&word)).collect();
    let start = Instant::now();
    let succeeded = || {
        let counts = journal.counts(None).wait().unwrap();
        let ended =
            counts.iter().filter(|count| count.state == State::Succeeded && !count.flags.needs_people());
        ended.map(|count| count.orders).sum::<u64>()
    };
    for turn in 0.. {
        if turn >= FAULTS && succeeded() == ORDERS {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "{:?}", journal.counts(None).wait().unwrap());
        let chosen = turn * 5 % WORKERS;
        match turn {
            // Faults stop at last, so that everything can end.
            FAULTS.. => {}
            _ if turn % 6 == 5 => {
                signal(&workers[chosen], "-STOP");
                thread::sleep(STOPPED);
                signal(&workers[chosen], "-CONT");
            }
            _ => {
                workers[chosen].kill().unwrap();
                workers[chosen].wait().unwrap();
                workers[chosen] = worker(&word);
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
    for worker in &mut workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let ledger = ledger.lock().unwrap();
    assert_eq!(ledger.len() as u64, ORDERS);
    let twice: Vec<_> = ledger.iter().filter(|(_, executed)| **executed != 1).collect();
    assert!(twice.is_empty(), "executed twice: {twice:?}");
    // Workers died over orders whose end only a question could tell.
    let asked =
        cluster.psql(&format!("SELECT count(*) FROM {}.events WHERE state = 4", schema.name)).unwrap();
    assert!(asked.parse::<u32>().unwrap() > 0, "no fault hit anybody");
    let audit = journal.verify().unwrap();
    assert_eq!(audit.flaw, None, "{audit:?}");
}
