//! The rate at which a file is paid, beside the rate at which the sandbox alone answers the same requests, and the memory
//! of it.
//!
//! `cargo bench -p nzimbu-cli --bench batch_rate [-- ROWS [WORKERS [LATENCY]]]`: 10,000 rows by 32 workers, and answers
//! after 50 ms, which is quick for a gateway. Machines do other things meanwhile, so both take turns, and only their ratio
//! counts. With answers that take no time (`-- 10000 32 0`) sandbox and batch want the same cores at once, so that the
//! share tells what the journal adds to the work of both. It fails below 80 %, and where ten times the rows take more
//! memory.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

#[cfg(unix)]
#[path = "../tests/common/mod.rs"]
mod common;

#[cfg(unix)]
mod rate {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use nzimbu::bitlipa::{Bitlipa, Config};
    use nzimbu::{
        BaseUrl, BlockingHttp, Channel, Currency, Money, Operation, OrderId, OrderRef, PaymentProvider,
        PayoutRequest, PhoneNumber, Secret,
    };

    use crate::common::payroll::{Payroll, QUICK};
    use crate::common::process::Running;
    use crate::common::world::World;

    /// What was measured in one turn.
    struct Turn {
        alone: Duration,
        planned: Duration,
        sent: Duration,
        /// KiB.
        memory: u64,
    }

    pub(crate) fn main() {
        let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
        let rows = numbers.next().unwrap_or(10_000);
        let workers = numbers.next().unwrap_or(32);
        let latency = numbers.next().unwrap_or(50) as u64;
        println!("{workers} workers, answers after {latency} ms; rows a second");
        println!(
            "{:>8} {:>10} {:>10} {:>6} {:>10} {:>12}",
            "rows", "sandbox", "batch", "share", "planned in", "memory"
        );
        let small = turn(rows.div_ceil(10), workers, latency);
        told(rows.div_ceil(10), &small);
        let turns: Vec<_> = (0..TURNS).map(|_| turn(rows, workers, latency)).collect();
        turns.iter().for_each(|turn| told(rows, turn));
        let sum = |part: fn(&Turn) -> Duration| turns.iter().map(part).sum::<Duration>();
        let share = share(sum(|turn| turn.alone), sum(|turn| turn.sent));
        let memory = turns.iter().map(|turn| turn.memory).max().unwrap_or_default();
        println!("of the sandbox's rate: {share} %, at least {LEAST} wanted");
        println!("memory at {rows} rows: {memory} KiB, at a tenth of them {} KiB", small.memory);
        assert!(share >= LEAST, "{share} % of what the sandbox alone can do");
        assert!(memory <= small.memory + MORE, "memory grows with the rows");
    }

    fn told(rows: usize, turn: &Turn) {
        let rate = |span: Duration| rows as u128 * 1_000 / span.as_millis().max(1);
        println!(
            "{rows:>8} {:>10} {:>10} {:>4} % {:>8} ms {:>8} KiB",
            rate(turn.alone),
            rate(turn.sent),
            share(turn.alone, turn.sent),
            turn.planned.as_millis(),
            turn.memory,
        );
    }

    fn share(alone: Duration, sent: Duration) -> u128 {
        alone.as_millis() * 100 / sent.as_millis().max(1)
    }

    /// One world, in which the same is done without and with everything around it.
    fn turn(rows: usize, workers: usize, latency: u64) -> Turn {
        let world = World::with(|settings| {
            settings.auto = Some(Duration::ZERO);
            settings.magic = false;
            settings.latency = (latency > 0).then_some(Duration::from_millis(latency));
        })
        .with_journal(QUICK);
        let alone = alone(&world, rows, workers);
        let payroll = Payroll::new(rows, &["bitlipa"]);
        let file = payroll.put(&world);
        let workers = workers.to_string();
        let args = ["batch", "run", &file, "--json", "--concurrency", &workers];
        let began = Instant::now();
        let mut running = Running::start(&world, &args);
        running.wait_for_event("planned");
        let planned = began.elapsed();
        let (code, seen, memory) = running.end();
        let sent = began.elapsed() - planned;
        assert_eq!(code, 0, "{seen}");
        Turn { alone, planned, sent, memory }
    }

    /// How long the same requests take without anything around them: each order sent, then asked for.
    fn alone(world: &World, rows: usize, workers: usize) -> Duration {
        let endpoints = world.sandbox.endpoints();
        let mut config = Config::new(
            BaseUrl::parse(&endpoints.bitlipa.base_url).unwrap(),
            endpoints.bitlipa.public_id.clone(),
            endpoints.bitlipa.merchant_id.clone(),
            Secret::new(endpoints.bitlipa.secret.clone()),
        );
        config.notify_url = Some("http://127.0.0.1:9/hush-path".to_owned());
        let provider = Bitlipa::new(config).unwrap();
        let http = BlockingHttp::new().unwrap();
        let next = AtomicUsize::new(0);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        if turn >= rows * 2 {
                            break;
                        }
                        let order = OrderId::parse(&format!("ALONE-{:06}", turn % rows)).unwrap();
                        if turn < rows {
                            let money = Money::from_minor(1_000, Currency::Xof).unwrap();
                            let mut request = PayoutRequest::new(order, money, Channel::Any);
                            let phone = format!("+22507{:08}", turn + 50_000_000);
                            request.recipient.phone = Some(PhoneNumber::parse(&phone).unwrap());
                            request.recipient.name = Some("Kouassi".to_owned());
                            request.recipient.surname = Some("Awa".to_owned());
                            http.run(provider.pay_out(&request)).unwrap();
                        } else {
                            let asked = OrderRef::new(Operation::Payout, &order);
                            http.run(PaymentProvider::status(&provider, &asked)).unwrap();
                        }
                    }
                });
            }
        });
        began.elapsed()
    }

    /// How often each is measured.
    const TURNS: usize = 3;
    /// Percent.
    const LEAST: u128 = 80;
    /// KiB that may come on top of the memory for a tenth of the rows: the journal's page caches fill up, 4 MiB of the
    /// writer and 2 MiB of each reader, and a row leaves a few hundred bytes by which repeats are known.
    const MORE: u64 = 12_288;
}

#[cfg(unix)]
fn main() {
    rate::main();
}

#[cfg(not(unix))]
fn main() {
    println!("NOT MEASURED: processes are watched on Unix only");
}
