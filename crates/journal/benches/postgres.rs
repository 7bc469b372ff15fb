//! The journal in PostgreSQL beside pgbench running the same statements, in turns, on one cluster.
//!
//! `cargo bench -p nzimbu-journal --features postgres --bench postgres [-- SECONDS ROUNDS CONNECTIONS,…]`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[path = "../tests/postgres_server/mod.rs"]
mod postgres_server;
#[path = "../tests/store_suite/shop.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod shop;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_journal::{Begun, Intent, Journal};

use self::postgres_server::{Cluster, Recipe, Schema, programs};
use self::shop::payout;

/// Tells orders of all rounds apart.
static ORDER: AtomicU64 = AtomicU64::new(0);

fn next() -> Intent {
    payout(&format!("B-{}", ORDER.fetch_add(1, Ordering::Relaxed)), 2_500)
}

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(5);
    let rounds: usize = words.next().and_then(|word| word.parse().ok()).unwrap_or(3);
    let counts = words.next().unwrap_or_else(|| "1,8,32".to_owned());
    let counts: Vec<usize> = counts.split(',').map(|count| count.parse().unwrap()).collect();
    let recipe = Recipe { settings: vec!["shared_buffers = 256MB".to_owned()], password: None };
    let Some(cluster) = Cluster::new(&recipe) else { return };
    let (ours, theirs) = (cluster.schema(), cluster.schema());
    drop(theirs.open(1));
    let plain = script(&cluster, &theirs, false);
    let piped = script(&cluster, &theirs, true);
    let span = Duration::from_secs(seconds);
    println!(
        "single payouts made durable, per second; {rounds} rounds of {seconds} s each in turns, medians"
    );
    println!(
        "{:>11} {:>9} {:>9} {:>7} {:>18} {:>7}",
        "connections", "journal", "pgbench", "ratio", "pgbench, pipelined", "ratio"
    );
    let mut single = 0;
    for connections in counts {
        let journal = ours.open(connections);
        let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
        // Client time per payout, in microseconds: it tells more than rates on a machine that others use as well.
        let mut spent = [0; 3];
        let mut done = [0; 3];
        for _ in 0..rounds {
            let start = used();
            a.push(begins(&journal, connections, span));
            let first = used();
            b.push(pgbench(&cluster, &plain, connections, seconds));
            let second = used();
            c.push(pgbench(&cluster, &piped, connections, seconds));
            let third = used();
            for (place, (rates, spent_now)) in
                [(&a, first.0 - start.0), (&b, second.1 - first.1), (&c, third.1 - second.1)]
                    .iter()
                    .enumerate()
            {
                spent[place] += spent_now;
                done[place] += rates.last().copied().unwrap_or_default() * seconds;
            }
        }
        let per = |place: usize| spent[place] * 1_000 / done[place].max(1);
        let (a, b, c) = (median(&mut a), median(&mut b), median(&mut c));
        println!("{connections:>11} {a:>9} {b:>9} {:>7} {c:>18} {:>7}", ratio(a, b), ratio(a, c));
        println!("{:>11} {:>6} us {:>6} us {:>26} us", "client", per(0), per(1), per(2));
        single = a;
    }
    println!("payouts of batches, planned 500 at a time, 32 connections");
    let journal = ours.open(32);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        a.push(plans(&journal, 32, span));
        b.push(begins(&journal, 32, span));
    }
    let (a, b) = (median(&mut a), median(&mut b));
    println!("{a} rows/s, {} times the {b}/s of single payouts beside it ({single}/s above)", ratio(a, b));
}

/// Begins payouts, each caller one after the other.
fn begins(journal: &Journal, callers: usize, span: Duration) -> u64 {
    each(callers, span, || match journal.begin(next()).wait().unwrap() {
        // Dropping it would write as well.
        Begun::Attempt(attempt) => {
            std::mem::forget(attempt);
            1
        }
        Begun::Known(entry) => panic!("known: {entry:?}"),
    })
}

fn plans(journal: &Journal, callers: usize, span: Duration) -> u64 {
    let batch = journal.open_batch([7; 32], "bench").wait().unwrap();
    each(callers, span, || {
        let rows = journal.plan(&batch, (0..500).map(|_| next()).collect()).wait().unwrap();
        rows.len() as u64
    })
}

/// What this process, and what its children that have ended, have used of the processors, in milliseconds.
fn used() -> (u64, u64) {
    let told = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold blanks; in ticks of ten milliseconds.
    let ticks: Vec<u64> = told
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|word| word.parse().unwrap_or_default())
        .collect();
    let sum = |a: usize, b: usize| ticks.get(a).zip(ticks.get(b)).map_or(0, |(a, b)| (a + b) * 10);
    (sum(11, 12), sum(13, 14))
}

/// What callers do together in a second.
fn each(callers: usize, span: Duration, turn: impl Fn() -> u64 + Sync) -> u64 {
    let start = Instant::now();
    let done: u64 = thread::scope(|scope| {
        let work = || {
            let mut done = 0;
            while start.elapsed() < span {
                done += turn();
            }
            done
        };
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    done * 1_000 / u64::try_from(start.elapsed().as_millis()).unwrap()
}

/// The statements of [`begins`] as the journal sends them, with values of the same sizes; piped in the same two pieces,
/// or one by one.
fn script(cluster: &Cluster, schema: &Schema, piped: bool) -> std::path::PathBuf {
    let journal = schema.open(1);
    match journal.begin(next()).wait().unwrap() {
        Begun::Attempt(attempt) => std::mem::forget(attempt),
        Begun::Known(_) => panic!("known"),
    }
    drop(journal);
    let columns = |table: &str| {
        let sql = format!(
            "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{}.{table}'::regclass AND attnum > 0",
            schema.name
        );
        cluster.psql(&sql).unwrap()
    };
    // A row as the journal wrote it, with the id and the key anew.
    let values = |table: &str, id: &str, key: &str| {
        let mut values = Vec::new();
        for name in columns(table).split(',') {
            values.push(match name {
                "id" | "order_row" | "last_event" => id.to_owned(),
                "key" => key.to_owned(),
                _ => {
                    let told = |what: &str| {
                        let sql = format!("SELECT {what} FROM {}.{table} LIMIT 1", schema.name);
                        cluster.psql(&sql).unwrap()
                    };
                    let literal = told(&format!("quote_nullable({name}::text)"));
                    // A colon in a text would be a variable.
                    let literal = match literal.contains(':') {
                        true => format!("E{}", literal.replace(':', "\\x3a")),
                        false => literal,
                    };
                    format!("{literal}::{}", told(&format!("pg_typeof({name})")))
                }
            });
        }
        values.join(", ")
    };
    let key = "lpad(to_hex(:key::bigint), 32, '0')::uuid";
    let (orders, events) = (columns("orders"), columns("events"));
    let id = if piped { "currval('ids')" } else { ":got_id" };
    let (open, close) = if piped { ("\\startpipeline\n", "\\endpipeline\n") } else { ("", "") };
    let from_o = orders.split(',').map(|name| format!("o.{name}")).collect::<Vec<_>>().join(",");
    let lock = format!(
        "SELECT nextval('ids') AS id, (SELECT name FROM meta WHERE name IN ('damage', 'doubt') \
         AND value <> '' ORDER BY name LIMIT 1) AS stop, o.id IS NOT NULL AS known, \
         {} FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT {orders} FROM orders WHERE key = {key} FOR UPDATE) AS o ON true",
        from_o.replacen("o.id,", "o.id AS row_id,", 1)
    );
    let mut text = "\\set key random(1, 9000000000000000000)\n".to_owned();
    write!(
        text,
        "{open}BEGIN;\n{lock}{}\n{close}\
         {open}INSERT INTO orders ({orders}) VALUES ({});\nINSERT INTO events ({events}) VALUES ({});\nCOMMIT;\n{close}",
        if piped { ";" } else { " \\gset got_" },
        values("orders", id, key),
        values("events", id, key),
    )
    .unwrap();
    let file = cluster.folder.join(if piped { "piped.sql" } else { "plain.sql" });
    fs::write(&file, text).unwrap();
    file
}

fn pgbench(cluster: &Cluster, script: &Path, connections: usize, seconds: u64) -> u64 {
    let out = Command::new(programs().unwrap().join("pgbench"))
        .args(["-n", "-M", "prepared", "-h", "127.0.0.1", "-p", &cluster.port.to_string(), "-U", "nzimbu"])
        .args(["-c", &connections.to_string(), "-j", &connections.min(2).to_string()])
        .args(["-T", &seconds.to_string(), "-f", script.to_str().unwrap(), "postgres"])
        .env("PGOPTIONS", "-c search_path=journal_1 -c plan_cache_mode=force_generic_plan -c jit=off")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{told}{}", String::from_utf8_lossy(&out.stderr));
    assert!(told.contains("number of failed transactions: 0"), "{told}");
    let rate = told.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split('.').next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("no rate: {told}"))
}

fn median(rates: &mut [u64]) -> u64 {
    rates.sort_unstable();
    rates[rates.len() / 2]
}

fn ratio(a: u64, b: u64) -> String {
    let hundredths = a * 100 / b.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
