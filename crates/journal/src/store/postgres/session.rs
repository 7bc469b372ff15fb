//! One connection, ready to work: checked, migrated, prepared, and with the database's time.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use nzimbu_core::UnixTime;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, Row as Told, Statement};

use super::checks::{Server, is_durable};
use super::migrate::migrate;
use super::settings::Address;
use super::statement::Sql;
use super::trouble::{Trouble, words};
use super::value::Value;
use crate::clock::Clock;
use crate::error::{JournalError, JournalErrorKind};
use crate::store::StoreError;

/// How long a server may take to let somebody in and be looked over.
const OPEN_WITHIN: Duration = Duration::from_secs(60);
/// How long a server may take for its answers before it counts as gone. Locks are given up long before.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long the time goes by the machine's own clock before the database's is looked at again.
const ANCHOR_LIFE: Duration = Duration::from_secs(30);

/// Why a connection cannot be used.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The server or its tables are not fit, and stay so until a person changes something.
    Unfit(String),
    /// It cannot be reached, or refused this time.
    Refused(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(told) | Self::Refused(told) => f.write_str(told),
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Refused(words(&error))
    }
}

impl From<OpenError> for JournalError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unfit(told) => Self::new(JournalErrorKind::Unfit, told),
            OpenError::Refused(told) => StoreError::Lost(told).into(),
        }
    }
}

/// Which process of the server serves a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Backend {
    pid: i32,
    /// Process ids are given again; the time of its start tells them apart.
    started: String,
}

/// Whose time counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Time {
    /// The database's, so that all machines have one.
    OfTheDatabase,
    /// That of the clock in the settings, for tests that move it.
    #[cfg(any(test, feature = "testing"))]
    HandedIn,
}

/// An open connection.
pub(super) struct Session {
    client: Client,
    statements: Vec<Statement>,
    runtime: Runtime,
    clock: Arc<dyn Clock>,
    /// The database's time, and the machine's at that moment; none where the time is handed in.
    anchor: Option<Cell<(UnixTime, UnixTime)>>,
    backend: Backend,
}

/// What is sent.
pub(super) enum Call<'v> {
    /// A command without parameters and answer.
    Plain(&'static str),
    /// A prepared statement that tells rows.
    Ask(Sql, Vec<Value<'v>>),
    /// A prepared statement of which only the number of rows counts.
    Do(Sql, Vec<Value<'v>>),
}

/// What came back.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) rows: Vec<Told>,
    pub(super) count: u64,
}

impl Session {
    /// Connects, looks the server over, brings the tables up to date, and prepares every statement.
    pub(super) fn open(
        address: &Address,
        schema: &str,
        clock: Arc<dyn Clock>,
        time: Time,
    ) -> Result<Self, OpenError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| OpenError::Refused(error.to_string()))?;
        let opened = runtime.block_on(async { timeout(OPEN_WITHIN, connect(address, schema)).await });
        let (client, statements, backend) = opened
            .map_err(|_| OpenError::Refused("the server did not let us in within a minute".to_owned()))??;
        let anchor = match time {
            Time::OfTheDatabase => Some(Cell::new((UnixTime::default(), UnixTime::default()))),
            #[cfg(any(test, feature = "testing"))]
            Time::HandedIn => None,
        };
        let session = Self { client, statements, runtime, clock, anchor, backend };
        session
            .look_at_the_clock()
            .map_err(|trouble| OpenError::Refused(trouble.into_error().to_string()))?;
        Ok(session)
    }

    pub(super) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The database's time.
    pub(super) fn now(&self) -> UnixTime {
        let here = self.clock.now();
        match self.anchor.as_ref().map(Cell::get) {
            Some((then, since)) => then.plus(here.since(since)),
            None => here,
        }
    }

    /// Looks at the database's clock again if that is long ago.
    pub(super) fn keep_time(&self) -> Result<(), Trouble> {
        match self.anchor.as_ref().map(Cell::get) {
            Some((_, here)) if self.clock.now().since(here) >= ANCHOR_LIFE => self.look_at_the_clock(),
            _ => Ok(()),
        }
    }

    fn look_at_the_clock(&self) -> Result<(), Trouble> {
        let Some(anchor) = &self.anchor else { return Ok(()) };
        let told = self.call_one(Call::Ask(Sql::Clock, Vec::new()))?;
        let millis = told.rows.first().and_then(|row| row.try_get(0).ok());
        let millis = millis.ok_or_else(|| Trouble::Lost("the server told no time".to_owned()))?;
        // By the time of the answer, so that ours is never ahead of the database's.
        anchor.set((UnixTime { millis }, self.clock.now()));
        Ok(())
    }

    /// Sends everything at once and waits for all answers, in order. The first that failed is told.
    pub(super) fn call(&self, calls: &[Call<'_>]) -> Result<Vec<Answer>, Trouble> {
        let answers = self.runtime.block_on(async {
            let futures = calls.iter().map(|call| Box::pin(self.one(call))).collect();
            timeout(ANSWER_WITHIN, together(futures)).await
        });
        let answers =
            answers.map_err(|_| Trouble::Lost("the server gave no answer within a minute".to_owned()))?;
        answers.into_iter().map(|answer| answer.map_err(Trouble::from)).collect()
    }

    pub(super) fn call_one(&self, call: Call<'_>) -> Result<Answer, Trouble> {
        Ok(self.call(&[call])?.pop().unwrap_or_default())
    }

    /// Runs a statement that is made of parts and therefore not prepared beforehand.
    pub(super) fn query(&self, text: &str, values: &[Value<'_>]) -> Result<Vec<Told>, Trouble> {
        self.runtime.block_on(async {
            let values: Vec<_> = values.iter().map(parameter).collect();
            match timeout(ANSWER_WITHIN, self.client.query(text, &values)).await {
                Ok(told) => Ok(told?),
                Err(_) => Err(Trouble::Lost("the server gave no answer within a minute".to_owned())),
            }
        })
    }

    async fn one(&self, call: &Call<'_>) -> Result<Answer, Error> {
        match call {
            Call::Plain(text) => self.client.batch_execute(text).await.map(|()| Answer::default()),
            Call::Ask(sql, values) => {
                let values: Vec<_> = values.iter().map(parameter).collect();
                let rows = self.client.query(&self.statements[*sql as usize], &values).await?;
                Ok(Answer { rows, count: 0 })
            }
            Call::Do(sql, values) => {
                let values: Vec<_> = values.iter().map(parameter).collect();
                let count = self.client.execute(&self.statements[*sql as usize], &values).await?;
                Ok(Answer { rows: Vec::new(), count })
            }
        }
    }

    /// Ends the process that served a connection that was lost, and waits until it is gone: until then nobody knows
    /// whether it still commits.
    pub(super) fn end(&self, backend: &Backend) -> Result<(), Trouble> {
        let text = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                    WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2";
        let which = [Value::Int4(backend.pid), Value::text(&backend.started)];
        for _ in 0..4 {
            if self.query(text, &which)?.is_empty() {
                return Ok(());
            }
        }
        Err(Trouble::Lost("the server does not end the connection that was lost".to_owned()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("backend", &self.backend).finish_non_exhaustive()
    }
}

fn parameter<'a>(value: &'a Value<'_>) -> &'a (dyn tokio_postgres::types::ToSql + Sync) {
    value
}

/// Polls all until all are done. What the first poll of each sends goes out in one piece.
async fn together<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(told) => *output = Some(told),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

async fn connect(address: &Address, schema: &str) -> Result<(Client, Vec<Statement>, Backend), OpenError> {
    let (mut client, connection) = address.config.connect(address.tls.clone()).await?;
    tokio::spawn(async move {
        // How it ended is told by whatever is called next.
        drop(connection.await);
    });
    client
        .batch_execute(&format!(
            "SET search_path TO \"{schema}\", pg_temp; SET default_transaction_isolation TO 'read committed'; \
             SET lock_timeout TO '10s'; SET idle_in_transaction_session_timeout TO '30s'; \
             SET plan_cache_mode TO force_generic_plan; SET jit TO off; SET client_min_messages TO warning"
        ))
        .await?;
    let backend = look_over(&client).await?;
    migrate(&mut client, schema).await?;
    let mut statements = Vec::with_capacity(Sql::ALL.len());
    let texts: Vec<_> = Sql::ALL.iter().map(|sql| sql.text()).collect();
    let prepared = together(texts.iter().map(|text| Box::pin(client.prepare(text))).collect()).await;
    for statement in prepared {
        statements.push(statement?);
    }
    remember(&mut client).await?;
    Ok((client, statements, backend))
}

async fn look_over(client: &Client) -> Result<Backend, OpenError> {
    let told = client.query_one("SELECT current_setting('synchronous_commit')", &[]).await?;
    if !is_durable(told.get(0)) {
        // A role may choose for itself; whether it did is read back.
        client.batch_execute("SET synchronous_commit TO on").await?;
    }
    let text = "SELECT current_setting('server_version_num')::int4, current_setting('fsync'), \
                current_setting('full_page_writes'), current_setting('synchronous_commit'), \
                current_setting('transaction_isolation'), pg_is_in_recovery(), \
                current_setting('transaction_read_only'), pg_backend_pid(), \
                (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity WHERE pid = pg_backend_pid())";
    let told = client.query_one(text, &[]).await?;
    let server = Server {
        version: told.get(0),
        fsync: told.get(1),
        full_page_writes: told.get(2),
        synchronous_commit: told.get(3),
        isolation: told.get(4),
        in_recovery: told.get(5),
        read_only: told.get(6),
    };
    let faults = server.faults();
    if !faults.is_empty() {
        return Err(OpenError::Unfit(faults.join("; ")));
    }
    Ok(Backend { pid: told.get(7), started: told.get::<_, Option<String>>(8).unwrap_or_default() })
}

/// Remembers which server wrote the journal last. Where another goes on, acknowledged rows may be lost, so that the
/// journal is doubted before anybody can write.
async fn remember(client: &mut Client) -> Result<(), OpenError> {
    let seen = identity(client).await?;
    let known = client.query_opt("SELECT value FROM meta WHERE name = 'server'", &[]).await?;
    if known.is_some_and(|row| row.get::<_, &str>(0) == seen) {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction
        .execute("INSERT INTO meta (name, value) VALUES ('server', $1) ON CONFLICT DO NOTHING", &[&seen])
        .await?;
    let known = transaction.query_one("SELECT value FROM meta WHERE name = 'server' FOR UPDATE", &[]).await?;
    let known: &str = known.get(0);
    if known != seen {
        let doubt = format!(
            "another server goes on with the journal ({known} before, {seen} now): a standby took over, or a backup \
             was restored"
        );
        transaction
            .execute(
                "INSERT INTO meta (name, value) VALUES ('doubt', $1), ('server', $2) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                &[&doubt, &seen],
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Names a cluster and its timeline.
async fn identity(client: &Client) -> Result<String, OpenError> {
    // The file that is written now tells the timeline at once; the control file tells it after the next checkpoint.
    let told = client.query_one("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)", &[]).await?;
    let timeline: String = told.get(0);
    let allowed =
        client.query_one("SELECT has_function_privilege('pg_control_system()', 'execute')", &[]).await?;
    if !allowed.get::<_, bool>(0) {
        return Ok(format!("timeline {timeline}"));
    }
    let told = client.query_one("SELECT system_identifier::text FROM pg_control_system()", &[]).await?;
    Ok(format!("cluster {} timeline {timeline}", told.get::<_, String>(0)))
}
