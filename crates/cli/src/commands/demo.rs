//! `nzimbu demo`: every gateway under both drivers, against a sandbox on this machine.
//!
//! The steps are exchanges ([`steps`]), so the two drivers below differ by `.await` and nothing else.

mod crash;
mod gateways;
mod listener;
mod steps;
mod report;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nzimbu::{AsyncHttp, BlockingHttp, HttpSettings};
use nzimbu_sandbox::{Sandbox, Settings};

use crate::args::Demo;
use crate::output::{self, Failure};

use self::listener::Listener;
use self::report::{Progress, Report, Row};
use self::steps::{Job, Step};

pub(crate) fn run(args: &Demo) -> Result<ExitCode, Failure> {
    if args.crash_child {
        return crash::run_child();
    }
    if args.crash {
        return crash::run(args.json);
    }
    let begun = Instant::now();
    let sandbox = Sandbox::start_blocking(Settings::default())
        .map_err(|error| Failure::failed(format!("the sandbox cannot start on loopback: {error}")))?;
    let mut listener = Listener::bind()
        .map_err(|error| Failure::failed(format!("no loopback port is free for callbacks: {error}")))?;
    let providers = gateways::providers(sandbox.endpoints(), &listener.url("/"))?;
    let namespace = format!("nzimbu demo {} {:?}", std::process::id(), SystemTime::now());
    let mut jobs = Vec::new();
    for provider in &providers {
        for driver in [Driver::Async, Driver::Blocking] {
            jobs.push(Job::new(provider, driver.as_str(), &namespace, &mut listener));
        }
    }
    let (awaited, blocked): (Vec<_>, Vec<_>) =
        jobs.into_iter().partition(|job| job.driver() == Driver::Async.as_str());
    let progress = Progress::new();
    let serving = listener
        .serve()
        .map_err(|error| Failure::failed(format!("the thread for callbacks cannot start: {error}")))?;

    // Both drivers run at the same time, as do the gateways under each.
    let mut rows: Vec<Row> = thread::scope(|scope| {
        let awaited = scope.spawn(|| run_async(awaited, &progress));
        let blocked = scope.spawn(|| run_blocking(blocked, &progress));
        let joined = [awaited.join(), blocked.join()];
        joined
            .into_iter()
            .map(|rows| rows.unwrap_or_else(|_| Err(Failure::failed("a driver panicked"))))
            .collect::<Result<Vec<_>, _>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    drop(serving);
    progress.clear();
    drop(sandbox);

    rows.sort_by_key(Row::place);
    let report = Report { rows, took: begun.elapsed() };
    if args.json {
        for row in &report.rows {
            output::json(row)?;
        }
        report.failures().for_each(|told| output::note(&told));
    } else {
        output::line(&report)?;
    }
    Ok(output::exit(report.is_good()))
}

fn run_async(jobs: Vec<Job>, progress: &Progress) -> Result<Vec<Row>, Failure> {
    let mut settings = HttpSettings::default();
    settings.total_timeout = PATIENCE;
    let http = AsyncHttp::with(settings).map_err(|error| Failure::failed(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime cannot start: {error}")))?;
    let tasks: Vec<_> = jobs
        .into_iter()
        .map(|mut job| {
            let (http, line) = (http.clone(), progress.line(job.name()));
            runtime.spawn(async move {
                for step in Step::ALL {
                    line.begin(step);
                    let result = http.run(job.exchange(step)).await;
                    line.end(step, job.settle(step, result));
                }
                job.into_rows()
            })
        })
        .collect();
    let mut rows = Vec::new();
    for task in tasks {
        rows.extend(
            runtime.block_on(task).map_err(|_| Failure::failed("a task of the async driver panicked"))?,
        );
    }
    Ok(rows)
}

fn run_blocking(jobs: Vec<Job>, progress: &Progress) -> Result<Vec<Row>, Failure> {
    let mut settings = HttpSettings::default();
    settings.total_timeout = PATIENCE;
    let http = BlockingHttp::with(settings).map_err(|error| Failure::failed(error.to_string()))?;
    thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|mut job| {
                let (http, line) = (http.clone(), progress.line(job.name()));
                scope.spawn(move || {
                    for step in Step::ALL {
                        line.begin(step);
                        let result = http.run(job.exchange(step));
                        line.end(step, job.settle(step, result));
                    }
                    job.into_rows()
                })
            })
            .collect();
        let mut rows = Vec::new();
        for thread in threads {
            rows.extend(
                thread.join().map_err(|_| Failure::failed("a thread of the blocking driver panicked"))?,
            );
        }
        Ok(rows)
    })
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Driver {
    Async,
    Blocking,
}

impl Driver {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Blocking => "blocking",
        }
    }
}

/// How long one call may take; the sandbox answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
