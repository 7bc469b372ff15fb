//! What a server, its disk and the line to it can do to a journal in PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod postgres_server;
#[path = "store_suite/shop.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod shop;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_core::{Operation, Secret, Status};
use nzimbu_journal::{
    Attempt, Begun, Claims, Entry, Intent, Journal, JournalErrorKind, PlannedRow, PostgresSettings, State,
    Timing,
};

use self::postgres_server::{Cluster, Recipe, Schema, url};
use self::shop::{SHOP, order, payout, payout_of, payouts, receipt};

fn attempt(journal: &Journal, intent: Intent) -> Attempt {
    match journal.begin(intent).wait().unwrap() {
        Begun::Attempt(attempt) => attempt,
        Begun::Known(entry) => panic!("known: {entry:?}"),
    }
}

fn found(journal: &Journal, name: &str) -> Option<Entry> {
    journal.find("shop", Operation::Payout, &order(name)).wait().unwrap()
}

fn settle(journal: &Journal, name: &str) -> Entry {
    attempt(journal, payout(name, 100)).settle(&Ok(receipt(name, Status::Pending, None))).wait().unwrap()
}

fn whole(journal: &Journal) {
    let audit = journal.verify().unwrap();
    assert_eq!(audit.flaw, None, "{audit:?}");
}

fn refused(settings: PostgresSettings) -> (JournalErrorKind, String) {
    let error = Journal::postgres(settings).expect_err("refused");
    (error.kind(), error.to_string())
}

/// Has the server fail the insertion of some orders as it would by itself.
fn fail(cluster: &Cluster, schema: &Schema, order: &str, code: &str, times: u32) {
    let name = &schema.name;
    let sql = format!(
        "CREATE SEQUENCE {name}.failed; CREATE FUNCTION {name}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('{name}.failed') <= {times} THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{code}'; END IF; \
         RETURN NEW; END $$; CREATE TRIGGER fail BEFORE INSERT ON {name}.orders FOR EACH ROW \
         WHEN (NEW.order_id = '{order}') EXECUTE FUNCTION {name}.fail()"
    );
    cluster.psql(&sql).unwrap();
}

const ALWAYS: u32 = 1_000_000;

#[test]
fn what_the_server_answers_has_its_kind() {
    let Some(cluster) = Cluster::shared() else { return };
    for (code, kind) in [
        ("53100", JournalErrorKind::NotWritable),
        ("25006", JournalErrorKind::NotWritable),
        ("42501", JournalErrorKind::NotWritable),
        ("XX001", JournalErrorKind::Damaged),
        ("57014", JournalErrorKind::Unavailable),
    ] {
        let schema = cluster.schema();
        let journal = schema.open(2);
        fail(cluster, &schema, "BAD", code, ALWAYS);
        let error = journal.begin(payout("BAD", 100)).wait().expect_err(code);
        assert_eq!(error.kind(), kind, "{code}: {error}");
        assert_eq!(found(&journal, "BAD"), None, "{code}");
        settle(&journal, "GOOD");
        whole(&journal);
    }
}

#[test]
fn one_bad_command_takes_no_other_along() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let journal = schema.open(1);
    fail(cluster, &schema, "O-50", "53100", ALWAYS);
    // On one connection, what waits shares transactions.
    let replies: Vec<_> = (0..100).map(|number| journal.begin(payout(&format!("O-{number}"), 100))).collect();
    let failed: Vec<_> = replies
        .into_iter()
        .enumerate()
        .filter_map(|(number, reply)| match reply.wait() {
            Ok(Begun::Attempt(attempt)) => {
                std::mem::forget(attempt);
                None
            }
            Ok(Begun::Known(entry)) => panic!("known: {entry:?}"),
            Err(error) => Some((number, error.kind())),
        })
        .collect();
    assert_eq!(failed, [(50, JournalErrorKind::NotWritable)]);
    assert_eq!(journal.counts(None).wait().unwrap()[0].orders, 99);
    whole(&journal);
}

#[test]
fn a_plan_is_resumed_where_it_stopped() {
    let Some(cluster) = Cluster::shared() else { return };
    let journal = cluster.schema().open(2);
    let batch = journal.open_batch([1; 32], "one").wait().unwrap();
    let plan = |numbers: std::ops::Range<u64>| {
        let intents = numbers.map(|number| payout(&format!("P-{number}"), 100)).collect();
        journal.plan(&batch, intents).wait().unwrap()
    };
    assert_eq!(plan(0..50), vec![PlannedRow::New; 50]);
    // The first of these are there, the others are not, and one order is twice among them.
    let again = plan(40..60);
    assert_eq!(again[..10], vec![PlannedRow::Known(State::Planned); 10]);
    assert_eq!(again[10..], vec![PlannedRow::New; 10]);
    let twice = vec![payout("P-99", 100), payout("P-99", 100), payout("P-99", 200)];
    let told = journal.plan(&batch, twice).wait().unwrap();
    assert_eq!(told, [PlannedRow::New, PlannedRow::Known(State::Planned), PlannedRow::KeyReuse]);
    let audit = journal.verify().unwrap();
    assert_eq!((audit.orders, audit.events, audit.flaw), (61, 61, None));
}

#[test]
fn a_transaction_that_lost_against_others_is_repeated() {
    let Some(cluster) = Cluster::shared() else { return };
    for code in ["40001", "40P01"] {
        let schema = cluster.schema();
        let journal = schema.open(1);
        fail(cluster, &schema, "O-1", code, 4);
        let sent = attempt(&journal, payout("O-1", 100));
        assert_eq!(sent.entry().attempts, 1, "{code}");
        let history = journal.history("shop", Operation::Payout, &order("O-1")).wait().unwrap().unwrap();
        assert_eq!(history.len(), 1, "{code}");
        let tried: u32 =
            cluster.psql(&format!("SELECT last_value FROM {}.failed", schema.name)).unwrap().parse().unwrap();
        assert_eq!(tried, 5, "{code}: four failed, the fifth passed");
        std::mem::forget(sent);
        // Not for ever.
        let schema = cluster.schema();
        let journal = schema.open(1);
        fail(cluster, &schema, "O-1", code, ALWAYS);
        let error = journal.begin(payout("O-1", 100)).wait().expect_err("in vain");
        assert_eq!(error.kind(), JournalErrorKind::Unavailable, "{code}: {error}");
    }
}

/// A deadlock needs somebody who holds one order and waits for another. Of several works in one transaction none waits.
#[test]
fn works_that_share_a_transaction_wait_for_nobody_so_that_no_deadlock_arises() {
    let Some(cluster) = Cluster::shared() else { return };
    let wait =
        |so: &str| format!("DO $$ BEGIN WHILE NOT ({so}) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$");
    for (held, wanted) in [("O-1", "O-2"), ("O-2", "O-1")] {
        let schema = cluster.schema();
        let journal = schema.open(1);
        let [busy, first, second] = ["O-0", "O-1", "O-2"].map(|name| attempt(&journal, payout(name, 100)));
        let name = &schema.name;
        let hold = |order: &str| format!("SELECT 1 FROM {name}.orders WHERE order_id = '{order}' FOR UPDATE");
        // One holds the journal's only connection up until both answers wait for it.
        let told = format!("EXISTS (SELECT FROM pg_tables WHERE schemaname = '{name}' AND tablename = 'go')");
        let one = format!("BEGIN; {}; {}; COMMIT", hold("O-0"), wait(&told));
        // The other holds an order, and wants the second as soon as the journal waits for the first.
        let met = "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))";
        let other = format!("BEGIN; {}; {}; {}; COMMIT", hold(held), wait(met), hold(wanted));
        let paid = |name: &str| Ok(receipt(name, Status::Succeeded, Some(100)));
        thread::scope(|scope| {
            let holders = [one, other].map(|sql| scope.spawn(move || cluster.psql(&sql)));
            let locks = format!(
                "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'RowShareLock' \
                 AND relation = '{name}.orders'::regclass"
            );
            while cluster.psql(&locks).unwrap() != "2" {
                assert!(holders.iter().all(|holder| !holder.is_finished()));
            }
            let replies =
                [busy.settle(&paid("O-0")), first.settle(&paid("O-1")), second.settle(&paid("O-2"))];
            cluster.psql(&format!("CREATE TABLE {name}.go ()")).unwrap();
            for reply in replies {
                assert_eq!(reply.wait().unwrap().state, State::Succeeded);
            }
            for holder in holders {
                holder.join().unwrap().expect("nobody had to give way");
            }
        });
        whole(&journal);
    }
    let log = std::fs::read_to_string(cluster.folder.join("log")).unwrap();
    assert!(!log.contains("deadlock detected"));
}

#[test]
fn a_locked_row_is_passed_over_by_claims_and_waited_for_by_answers() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let journal = schema.open(2);
    let mut soon = Timing::default();
    soon.first_poll = Duration::from_millis(1);
    for name in ["O-1", "O-2"] {
        let told = Ok(receipt(name, Status::Pending, None));
        attempt(&journal, payout_of(&SHOP, name, 100, soon)).settle(&told).wait().unwrap();
    }
    let under_way = attempt(&journal, payout("O-3", 100));
    let sql = format!(
        "BEGIN; SELECT 1 FROM {}.orders WHERE order_id IN ('O-1', 'O-3') FOR UPDATE; SELECT pg_sleep(4); COMMIT",
        schema.name
    );
    thread::scope(|scope| {
        let holder = scope.spawn(|| cluster.psql(&sql).unwrap());
        let sleeping =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%O-3%'";
        while cluster.psql(sleeping).unwrap() == "0" {
            assert!(!holder.is_finished());
        }
        while journal.pause(&[payouts()], Duration::from_secs(1)).wait().unwrap() > Duration::ZERO {}
        let tasks = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap();
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        assert!(format!("{tasks:?}").contains("O-2"), "{tasks:?}");
        let told = receipt("O-3", Status::Succeeded, Some(100));
        assert_eq!(under_way.settle(&Ok(told)).wait().unwrap().state, State::Succeeded);
        holder.join().unwrap();
    });
    whole(&journal);
}

/// Carries bytes to a server, and cuts the line around a commit when it is told to.
struct Line {
    port: u16,
    cut: Arc<AtomicU8>,
    cuts: Arc<AtomicU32>,
}

/// Before the server hears of it.
const BEFORE: u8 = 1;
/// After the server has answered, and before we hear of it.
const AFTER: u8 = 2;
/// While nobody knows.
const DURING: u8 = 3;

impl Line {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, cuts) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicU32::new(0)));
        let line = Self { port, cut: Arc::clone(&cut), cuts: Arc::clone(&cuts) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                let (cut, cuts) = (Arc::clone(&cut), Arc::clone(&cuts));
                thread::spawn(move || carry(client, server, &cut, &cuts));
            }
        });
        line
    }
}

fn carry(mut client: TcpStream, mut server: TcpStream, cut: &AtomicU8, cuts: &AtomicU32) {
    let (mut up, mut down) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let deaf = Arc::new(AtomicU8::new(0));
    let answers = Arc::clone(&deaf);
    let back = thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(read @ 1..) = server.read(&mut bytes) {
            // Once cut, what the server says is heard here and told to nobody.
            if answers.load(Ordering::SeqCst) != 0 {
                answers.store(2, Ordering::SeqCst);
            } else if down.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = down.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 65_536];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        let commits = bytes[..read].windows(7).any(|window| window == b"COMMIT\0");
        let mode = if commits { cut.swap(0, Ordering::SeqCst) } else { 0 };
        if mode == 0 {
            if up.write_all(&bytes[..read]).is_err() {
                break;
            }
            continue;
        }
        cuts.fetch_add(1, Ordering::SeqCst);
        deaf.store(1, Ordering::SeqCst);
        if mode != BEFORE {
            up.write_all(&bytes[..read]).unwrap();
            let start = Instant::now();
            while mode == AFTER && deaf.load(Ordering::SeqCst) != 2 && start.elapsed().as_secs() < 30 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        break;
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = up.shutdown(Shutdown::Both);
    let _ = back.join();
}

#[test]
fn a_line_that_is_cut_around_a_commit_leaves_no_doubt() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let line = Line::to(cluster.port);
    let through = Schema { url: url(line.port), name: schema.name.clone() };
    let journal = through.open(1);
    for turn in 0..30 {
        let name = format!("O-{turn}");
        line.cut.store([BEFORE, AFTER, DURING][turn % 3], Ordering::SeqCst);
        let sent = attempt(&journal, payout(&name, 100));
        assert_eq!((sent.entry().state, sent.entry().attempts), (State::Sending, 1), "{turn}");
        line.cut.store([AFTER, DURING, BEFORE][turn % 3], Ordering::SeqCst);
        let told = Ok(receipt(&name, Status::Succeeded, Some(100)));
        let ended = sent.settle(&told).wait().unwrap();
        assert_eq!((ended.state, ended.attempts), (State::Succeeded, 1), "{turn}");
        let history = journal.history("shop", Operation::Payout, &order(&name)).wait().unwrap().unwrap();
        let states: Vec<_> = history.iter().map(|event| event.state).collect();
        // Where nobody knew, the same answer may have been heard twice; it moved nothing.
        assert_eq!(states, [State::Sending, State::Succeeded], "{turn}");
    }
    assert_eq!(line.cuts.load(Ordering::SeqCst), 60, "every commit was cut");
    let notices = journal.notices(1_000, Duration::from_secs(60)).wait().unwrap();
    assert_eq!(notices.len(), 30);
    line.cut.store(AFTER, Ordering::SeqCst);
    journal.acknowledge(&notices).wait().unwrap();
    assert_eq!(cluster.psql(&format!("SELECT count(*) FROM {}.outbox", schema.name)).unwrap(), "0");
    whole(&journal);
}

#[test]
fn what_was_acknowledged_outlives_crashes_of_the_server() {
    let Some(mut cluster) = Cluster::new(&Recipe::default()) else { return };
    let journal = cluster.schema().open(4);
    let over = AtomicU8::new(0);
    let begun: Vec<String> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|caller| {
                let (journal, over) = (&journal, &over);
                scope.spawn(move || {
                    let mut begun = Vec::new();
                    for turn in 0.. {
                        if over.load(Ordering::SeqCst) == 1 {
                            return begun;
                        }
                        let name = format!("O-{caller}-{turn}");
                        // Commands wait for the server to come back.
                        std::mem::forget(attempt(journal, payout(&name, 100)));
                        begun.push(name);
                    }
                    begun
                })
            })
            .collect();
        for turn in 0..4 {
            thread::sleep(Duration::from_millis(300));
            if turn % 2 == 0 {
                cluster.kill()
            } else {
                cluster.stop_fast()
            }
            cluster.start();
        }
        thread::sleep(Duration::from_millis(300));
        over.store(1, Ordering::SeqCst);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    assert!(begun.len() > 50, "{}", begun.len());
    assert_eq!(journal.counts(None).wait().unwrap()[0].orders, begun.len() as u64);
    for name in &begun {
        let entry = found(&journal, name).expect("acknowledged");
        assert_eq!((entry.state, entry.attempts), (State::Sending, 1));
    }
    assert!(!journal.is_doubted().wait().unwrap(), "a server that recovered is the same server");
    whole(&journal);
}

#[test]
fn a_server_that_stays_away_is_told_after_the_patience() {
    let Some(mut cluster) = Cluster::new(&Recipe::default()) else { return };
    let mut settings = cluster.schema().settings();
    settings.patience = Duration::from_millis(500);
    settings.connections = 2;
    let journal = Journal::postgres(settings.clone()).unwrap();
    cluster.stop_fast();
    let replies: Vec<_> = (0..20).map(|turn| journal.begin(payout(&format!("O-{turn}"), 100))).collect();
    for reply in replies {
        let error = reply.wait().expect_err("nobody is there");
        assert_eq!(error.kind(), JournalErrorKind::Unavailable);
    }
    assert_eq!(refused(settings).0, JournalErrorKind::Unavailable);
    cluster.start();
    settle(&journal, "O-1");
}

#[test]
fn connections_that_the_server_does_not_give_hold_nobody_up() {
    let Some(cluster) = Cluster::shared() else { return };
    let role = "CREATE ROLE few LOGIN CONNECTION LIMIT 2; GRANT CREATE ON DATABASE postgres TO few";
    cluster.psql(role).unwrap();
    let mut settings = cluster.schema().settings();
    settings.connection = Secret::new(cluster.url().replace("nzimbu@", "few@"));
    settings.connections = 8;
    settings.patience = Duration::from_secs(5);
    let journal = Journal::postgres(settings).unwrap();
    for turn in 0..200 {
        std::mem::forget(attempt(&journal, payout(&format!("O-{turn}"), 100)));
    }
    assert_eq!(journal.counts(None).wait().unwrap()[0].orders, 200);
}

#[test]
fn a_failover_that_lost_rows_is_followed_up_before_anything_is_sent() {
    let Some(mut primary) = Cluster::new(&Recipe::default()) else { return };
    let mut schema = primary.schema();
    let standby = primary.standby();
    schema.url = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=nzimbu dbname=postgres",
        primary.port, standby.port
    );
    let journal = schema.open(4);
    let kept = attempt(&journal, payout("KEPT", 100));
    kept.settle(&Ok(receipt("KEPT", Status::Pending, None))).wait().unwrap();
    let batch = journal.open_batch([1; 32], "one").wait().unwrap();
    journal.plan(&batch, vec![payout("READY", 1)]).wait().unwrap();
    let batch = journal.approve_batch(&batch, "Awa").wait().unwrap();
    journal.release(&batch, &SHOP, Timing::default(), 0, 100).wait().unwrap();
    let behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_flush_lsn()";
    while primary.psql(behind).unwrap() != "0"
        || primary.psql("SELECT count(*) FROM pg_stat_replication").unwrap() != "1"
    {
        thread::sleep(Duration::from_millis(20));
    }

    let mut here = schema.settings();
    here.connection = Secret::new(standby.url());
    let (kind, told) = refused(here);
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("standby"), "{told}");

    // The standby hears nothing any more, and the primary goes on.
    standby.psql("ALTER SYSTEM SET primary_conninfo TO ''").unwrap();
    standby.psql("SELECT pg_reload_conf()").unwrap();
    while primary.psql("SELECT count(*) FROM pg_stat_replication").unwrap() != "0" {
        thread::sleep(Duration::from_millis(20));
    }
    let lost = attempt(&journal, payout("LOST", 100));
    primary.kill();
    standby.promote();

    // What was acknowledged is gone, and the journal knows that it may be.
    assert!(found(&journal, "LOST").is_none());
    let error = journal.begin(payout("NEW", 100)).wait().expect_err("in doubt");
    assert_eq!(error.kind(), JournalErrorKind::Doubted, "{error}");
    let error = journal.claim(&payouts(), Claims::Any, 9).wait().expect_err("in doubt");
    assert_eq!(error.kind(), JournalErrorKind::Doubted, "{error}");
    assert!(
        matches!(journal.begin(payout("KEPT", 100)).wait().unwrap(), Begun::Known(_)),
        "that can be told"
    );
    let why = journal.doubted().wait().unwrap().unwrap();
    assert!(why.contains("timeline 00000001") && why.contains("timeline 00000002"), "{why}");
    // The answer to what was under way finds no order.
    let told = receipt("LOST", Status::Succeeded, Some(100));
    let error = lost.settle(&Ok(told)).wait().expect_err("lost");
    assert_eq!(error.error().kind(), JournalErrorKind::NotFound);

    let incomplete =
        journal.doubt(&[], Timing::default(), Duration::from_secs(3_600)).expect_err("no provider");
    assert_eq!(incomplete.kind(), JournalErrorKind::Doubted, "{incomplete}");
    journal.doubt(&[&SHOP], Timing::default(), Duration::from_secs(3_600)).unwrap();
    assert!(!journal.is_doubted().wait().unwrap());
    let tasks = journal.claim(&payouts(), Claims::Any, 9).wait().unwrap();
    let told = format!("{tasks:?}");
    assert!(tasks.len() == 2 && !told.contains("Send"), "asked for before anything is sent: {told}");
    // Begun again it has the same key, so that the gateway refuses what it has executed.
    let again = attempt(&journal, payout("LOST", 100));
    assert_eq!(again.entry().attempts, 1);
    std::mem::forget(again);
    whole(&journal);
    // Whoever opens it now finds no doubt.
    assert!(!schema.open(1).is_doubted().wait().unwrap());
}

#[test]
fn a_restored_dump_is_doubted_when_it_is_said() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let journal = schema.open(2);
    settle(&journal, "O-1");
    journal.restored("Awa").wait().unwrap();
    let other = schema.open(1);
    assert!(other.is_doubted().wait().unwrap());
    assert_eq!(
        other.begin(payout("O-2", 100)).wait().expect_err("in doubt").kind(),
        JournalErrorKind::Doubted
    );
    other.doubt(&[&SHOP], Timing::default(), Duration::ZERO).unwrap();
    std::mem::forget(attempt(&journal, payout("O-2", 100)));
}

#[test]
fn altered_rows_are_found() {
    let Some(cluster) = Cluster::shared() else { return };
    for (sql, what) in [
        ("UPDATE ?.orders SET minor = 99 WHERE order_id = 'O-2'", "does not fit its history"),
        ("UPDATE ?.events SET body = replace(body, '100', '900') WHERE id = 2", "event 2"),
        ("DELETE FROM ?.events WHERE id = 2", "event 2"),
    ] {
        let schema = cluster.schema();
        let journal = schema.open(1);
        for name in ["O-1", "O-2", "O-3"] {
            std::mem::forget(attempt(&journal, payout(name, 100)));
        }
        whole(&journal);
        cluster.psql(&sql.replace('?', &schema.name)).unwrap();
        let flaw = journal.verify().unwrap().flaw.expect(sql).to_string();
        assert!(flaw.contains(what), "{sql}: {flaw}");
    }
}

#[test]
fn a_gateway_may_send_a_nul() {
    let Some(cluster) = Cluster::shared() else { return };
    let journal = cluster.schema().open(1);
    let mut intent = payout("O-1", 100);
    intent.reference = Some("a\0b".to_owned());
    let sent = attempt(&journal, intent);
    let mut told = receipt("O-1", Status::Pending, None);
    told.raw_status = "PEND\0ING".into();
    sent.settle(&Ok(told)).wait().unwrap();
    assert_eq!(found(&journal, "O-1").unwrap().word.as_deref(), Some("PEND\u{fffd}ING"));
    whole(&journal);
}
