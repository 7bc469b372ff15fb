//! A journal in a SQLite file of which single bits were turned: it works as before, or says what is damaged. It never
//! panics, and never tells something else about money.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
#[allow(unused_macros, reason = "the cases are tried elsewhere")]
mod store_suite;
mod sqlite_file;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use nzimbu_core::{NextAction, Operation, Status};
use nzimbu_journal::{
    Begun, Claims, Filter, Flaw, Journal, JournalError, JournalErrorKind, SqliteSettings, Task,
};

use self::sqlite_file::Folder;
use self::store_suite::cases::attempt;
use self::store_suite::shop::{payment, payout, payouts, receipt};
use self::store_suite::{Hand, LONG};

const PAGE: usize = 4_096;
const ORDERS: u64 = 60;
const THREADS: usize = 4;

fn name(number: u64) -> String {
    format!("A-{number}")
}

fn open(path: &Path, hand: &Hand) -> Result<Journal, JournalError> {
    Journal::sqlite_with(path, SqliteSettings::default(), hand.clock())
}

/// Orders in several states, with papers, histories and notices.
fn fill(path: &Path, hand: &Hand) {
    let journal = open(path, hand).unwrap();
    for number in 0..ORDERS {
        let name = name(number);
        let attempt = attempt(&journal, payout(&name, 100 + number));
        match number % 4 {
            0 => drop(attempt),
            1 => std::mem::forget(attempt),
            2 => {
                let mut told = receipt(&name, Status::Pending, None);
                told.next_action = NextAction::Prompt("dial *144#".to_owned());
                attempt.settle(&Ok(told)).wait().unwrap();
            }
            _ => {
                attempt.settle(&Ok(receipt(&name, Status::Succeeded, Some(100 + number)))).wait().unwrap();
            }
        }
    }
    let batch = journal.open_batch([1; 32], "salaries").wait().unwrap();
    journal
        .plan(&batch, (0..10).map(|number| payment(&format!("P-{number}"), 100)).collect())
        .wait()
        .unwrap();
    // Attempts that are under way keep the journal open; this brings the file up to date meanwhile.
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// A file with these bytes, and nothing beside it.
fn fresh(folder: &Folder, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    for ending in ["-wal", "-shm"] {
        // They may not be there.
        let _ = fs::remove_file(folder.path().join(format!("{name}{ending}")));
    }
    fs::write(&path, bytes).unwrap();
    path
}

/// Everything that the journal tells about money, or the first error.
fn tell(journal: &Journal) -> Result<String, JournalError> {
    let mut told = format!("{:?}\n", journal.list(&Filter::default(), 0, 1_000).wait()?);
    let mut counts: Vec<_> = journal.counts(None).wait()?.iter().map(|count| format!("{count:?}")).collect();
    counts.sort();
    told += &counts.join("\n");
    for number in 0..ORDERS {
        let order = store_suite::shop::order(&name(number));
        told += &format!("{:?}\n", journal.find("shop", Operation::Payout, &order).wait()?);
        told += &format!("{:?}\n", journal.history("shop", Operation::Payout, &order).wait()?);
    }
    Ok(told)
}

/// What a verified journal does next: it sends nothing anew, and claims what was due.
fn act(journal: &Journal) -> Result<String, JournalError> {
    let mut told = String::new();
    for number in 0..ORDERS {
        match journal.begin(payout(&name(number), 100 + number)).wait()? {
            Begun::Known(entry) => told += &format!("{:?}\n", entry.state),
            Begun::Attempt(attempt) => told += &format!("SENT AGAIN: {attempt:?}\n"),
        }
    }
    for task in journal.claim(&payouts(), Claims::Any, 1_000).wait()? {
        match task {
            Task::Ask(question) => told += &format!("{question:?}\n"),
            Task::Send(attempt) => told += &format!("{attempt:?}\n"),
            other => told += &format!("{other:?}\n"),
        }
    }
    Ok(told)
}

#[test]
fn a_turned_bit_is_harmless_or_told() {
    let folder = Folder::new();
    let hand = Hand::new();
    let path = folder.journal();
    fill(&path, &hand);
    hand.pass(LONG.as_secs());
    let sound = fs::read(&path).unwrap();
    let journal = open(&fresh(&folder, "sound.db", &sound), &hand).unwrap();
    let before = tell(&journal).unwrap();
    let acted = act(&journal).unwrap();
    let pages = sound.len() / PAGE;
    assert!(pages > 15, "the journal has {pages} pages");
    let turned: Vec<(u64, u64)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                let turning =
                    Turning { folder: &folder, hand: &hand, sound: &sound, before: &before, acted: &acted };
                scope.spawn(move || turning.pages((first..pages).step_by(THREADS), first))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (told, harmless) = turned.iter().fold((0, 0), |sum, turned| (sum.0 + turned.0, sum.1 + turned.1));
    println!("{told} told, {harmless} harmless, {pages} pages");
    assert!(told > harmless / 4, "{told} told, {harmless} harmless: the test turns bits that matter");
}

struct Turning<'a> {
    folder: &'a Folder,
    hand: &'a Hand,
    sound: &'a [u8],
    before: &'a str,
    acted: &'a str,
}

impl Turning<'_> {
    /// How many turned bits were told, and how many changed nothing.
    fn pages(&self, pages: impl Iterator<Item = usize>, thread: usize) -> (u64, u64) {
        let (mut told, mut harmless) = (0, 0);
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64 + thread as u64;
        for page in pages {
            // The head of the page, its list of cells, and places all over it.
            let mut places = vec![0, 3, 5, 8, 9, 12, 13];
            places.extend((0..13).map(|_| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(dice >> 33).unwrap() % PAGE
            }));
            for (turn, place) in places.into_iter().enumerate() {
                let mut bytes = self.sound.to_owned();
                bytes[page * PAGE + place] ^= 1 << (turn % 8);
                let copy = fresh(self.folder, &format!("turned-{thread}.db"), &bytes);
                let what = format!("bit {} of byte {place} of page {}", turn % 8, page + 1);
                if is_damage(&copy, self.hand, self.before, self.acted, &what) {
                    told += 1;
                } else {
                    harmless += 1;
                }
            }
        }
        (told, harmless)
    }
}

/// Whether the journal said that it is damaged; where it did not, it has to be as it was before.
fn is_damage(path: &Path, hand: &Hand, before: &str, acted: &str, what: &str) -> bool {
    let journal = match open(path, hand) {
        Ok(journal) => journal,
        Err(error) => return is_told(&error, what),
    };
    match journal.verify() {
        Err(error) => {
            is_told(&error, what);
            is_stopped(&journal, what);
            return true;
        }
        Ok(audit) if audit.flaw.is_some() => {
            is_stopped(&journal, what);
            is_accepted_or_not(&journal, what);
            return true;
        }
        Ok(_) => {}
    }
    match tell(&journal) {
        Err(error) => panic!("{what}: verified, and yet: {error}"),
        Ok(told) => assert!(told == before, "{what}: it was not told, and something else is read"),
    }
    match act(&journal) {
        Err(error) => panic!("{what}: verified, and yet: {error}"),
        Ok(told) => assert!(told == acted, "{what}: it was not told, and something else is done:\n{told}"),
    }
    false
}

/// Once it is told, nothing is sent.
fn is_stopped(journal: &Journal, what: &str) {
    let error = journal.begin(payout("N-1", 100)).wait().expect_err(what);
    // A page that can be read no more may keep it from being noted, and keeps it from being begun as well.
    let kinds = [JournalErrorKind::Damaged, JournalErrorKind::Unavailable];
    assert!(kinds.contains(&error.kind()), "{what}: {:?} {error}", error.kind());
}

/// A named person accepts it, and it goes on without anything being sent again; or nobody can, and nothing is sent.
fn is_accepted_or_not(journal: &Journal, what: &str) {
    match journal.accept_damage("Awa", "a bit was turned") {
        Err(error) => {
            assert!(error.to_string().contains("restore the last backup"), "{what}: {error}");
            is_stopped(journal, what);
        }
        Ok(_) => {
            assert_eq!(journal.verify().unwrap().flaw, None, "{what}");
            assert_eq!(journal.damage().wait().unwrap(), None, "{what}");
            for number in 0..ORDERS {
                match journal.begin(payout(&name(number), 100 + number)).wait() {
                    Ok(Begun::Known(_)) => {}
                    Ok(Begun::Attempt(attempt)) => panic!("{what}: sent again: {attempt:?}"),
                    // The digest of its request was altered.
                    Err(error) => assert_eq!(error.kind(), JournalErrorKind::KeyReuse, "{what}: {error}"),
                }
            }
            for task in journal.claim(&payouts(), Claims::Any, 1_000).wait().unwrap() {
                assert!(matches!(task, Task::Ask(_)), "{what}: sent again: {task:?}");
            }
        }
    }
}

fn is_told(error: &JournalError, what: &str) -> bool {
    let kinds = [JournalErrorKind::Damaged, JournalErrorKind::Unfit];
    assert!(kinds.contains(&error.kind()), "{what}: {:?} {error}", error.kind());
    true
}

#[test]
fn an_edit_is_found_and_named() {
    let folder = Folder::new();
    let hand = Hand::new();
    let path = folder.journal();
    fill(&path, &hand);
    let sound = fs::read(&path).unwrap();
    let flaw = |sql: &str| {
        let path = fresh(&folder, "edited.db", &sound);
        let connection = rusqlite::Connection::open(&path).unwrap();
        assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
        drop(connection);
        let audit = open(&path, &hand).unwrap().verify();
        audit.map_err(|error| error.to_string()).and_then(|audit| Ok(audit.flaw.ok_or("no flaw")?))
    };
    let order = Ok(Flaw::Order { order: 1 });
    assert_eq!(flaw("UPDATE orders SET minor = minor + 1 WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE orders SET state = 1 WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE orders SET due_at = NULL WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE orders SET word = 'x' WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE orders SET fence = 7 WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE orders SET batch = 7 WHERE id = 1"), order);
    assert_eq!(flaw("UPDATE events SET body = '{}' WHERE id = 2"), Ok(Flaw::Event { id: 2, order: 1 }));
    assert_eq!(flaw("UPDATE events SET at = at + 1 WHERE id = 2"), Ok(Flaw::Event { id: 2, order: 1 }));
    assert_eq!(flaw("DELETE FROM events WHERE id = 2"), Ok(Flaw::Missing { id: 2, order: 1 }));
    assert_eq!(flaw("DELETE FROM events WHERE id = 1"), Ok(Flaw::Missing { id: 1, order: 1 }));
    assert_eq!(
        flaw("UPDATE papers SET request = replace(request, '0701234567', '0701234568') WHERE id = 1"),
        order
    );
    let told = flaw("UPDATE papers SET action = NULL WHERE action IS NOT NULL");
    assert!(matches!(told, Ok(Flaw::Order { .. })), "{told:?}");
    let told = flaw("UPDATE orders SET state = 77 WHERE id = 1");
    assert!(told.as_ref().is_err_and(|told| told.contains("order number 1: state")), "{told:?}");

    // Such an order is not acted upon either.
    let path = fresh(&folder, "edited.db", &sound);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE orders SET minor = 7 WHERE name = 'A-2'", []).unwrap();
    drop(connection);
    let journal = open(&path, &hand).unwrap();
    let error = journal.begin(payout("A-2", 102)).wait().expect_err("altered");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    hand.pass(LONG.as_secs());
    let error = journal.claim(&payouts(), Claims::Any, 1_000).wait().expect_err("altered");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
    assert!(journal.begin(payout("A-3", 103)).wait().is_ok(), "others go on");
}
