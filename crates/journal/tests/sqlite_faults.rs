//! What becomes of the journal in a SQLite file when the disk is full, rights are missing, files vanish or processes
//! are killed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
#[allow(unused_macros, reason = "the cases are tried elsewhere")]
mod store_suite;
mod sqlite_file;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use nzimbu_core::{Operation, Status};
use nzimbu_journal::{Begun, Filter, Journal, JournalErrorKind, SqliteSettings, State, SteadyClock};

use self::sqlite_file::Folder;
use self::store_suite::cases::{attempt, found, whole};
use self::store_suite::shop::{order, payout, receipt};

/// Where a test that runs as a process of its own finds the journal.
const PLACE: &str = "NZIMBU_TEST_JOURNAL";

fn open(path: &Path) -> Journal {
    Journal::sqlite(path).unwrap()
}

fn with(path: &Path, set: impl FnOnce(&mut SqliteSettings)) -> Journal {
    let mut settings = SqliteSettings::default();
    set(&mut settings);
    Journal::sqlite_with(path, settings, Arc::new(SteadyClock::new())).unwrap()
}

/// Runs a test of this file as a process of its own.
fn child(program: &Path, test: &str, journal: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--ignored", "--exact", test, "--nocapture", "--test-threads=1"]).env(PLACE, journal);
    command
}

fn journal_of_child() -> std::path::PathBuf {
    std::env::var_os(PLACE).expect("this test is run by another").into()
}

fn refused(path: &Path) -> (JournalErrorKind, String) {
    let error = Journal::sqlite(path).expect_err("it is refused");
    (error.kind(), error.to_string())
}

#[test]
fn a_full_disk_refuses_what_is_new_and_keeps_what_is_old() {
    let folder = Folder::new();
    let journal = with(&folder.journal(), |settings| settings.most_pages = Some(60));
    let mut attempts = Vec::new();
    let mut refusals = 0;
    for group in 0..200 {
        let replies: Vec<_> =
            (0..8).map(|number| journal.begin(payout(&format!("A-{group}-{number}"), 100))).collect();
        for reply in replies {
            match reply.wait() {
                Ok(Begun::Attempt(attempt)) => attempts.push(attempt),
                Ok(Begun::Known(entry)) => panic!("{entry:?}"),
                Err(error) => {
                    assert_eq!(error.kind(), JournalErrorKind::NotWritable, "{error}");
                    assert!(error.to_string().contains("full"), "{error}");
                    refusals += 1;
                }
            }
        }
        if refusals > 20 {
            break;
        }
    }
    assert!(refusals > 20 && attempts.len() > 20, "{refusals} {}", attempts.len());
    whole(&journal);
    let begun: BTreeSet<_> = attempts.iter().map(|attempt| attempt.entry().order).collect();
    let listed = |journal: &Journal| -> BTreeSet<_> {
        let all = journal.list(&Filter::default(), 0, 10_000).wait().unwrap();
        all.into_iter().map(|(_, entry)| entry.order).collect()
    };
    assert_eq!(listed(&journal), begun, "nothing is half-done");
    attempts.into_iter().for_each(std::mem::forget);
    drop(journal);
    // With room again it goes on where it stood.
    let journal = open(&folder.journal());
    assert_eq!(listed(&journal), begun);
    attempt(&journal, payout("Z-1", 100)).settle(&Ok(receipt("Z-1", Status::Pending, None))).wait().unwrap();
    whole(&journal);
}

#[test]
fn a_place_that_cannot_hold_a_journal_is_named() {
    let folder = Folder::new();
    let (kind, told) = refused(&folder.path().join("nowhere").join("journal.db"));
    assert_eq!(kind, JournalErrorKind::NotWritable);
    assert!(told.contains("nowhere does not exist: create it"), "{told}");
    let (kind, told) = refused(folder.path());
    assert_eq!(kind, JournalErrorKind::NotWritable);
    assert!(told.contains("is a directory"), "{told}");
    assert_eq!(refused(Path::new("")).0, JournalErrorKind::NotWritable);
    let error = Journal::sqlite_read_only(folder.journal()).expect_err("there is none");
    assert_eq!(error.kind(), JournalErrorKind::NotFound);
    assert!(!folder.journal().exists(), "a look makes no file");
}

#[test]
fn a_file_of_another_program_is_not_touched() {
    let folder = Folder::new();
    let path = folder.journal();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE theirs (text TEXT); INSERT INTO theirs VALUES ('x');").unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    let (kind, told) = refused(&path);
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("another program"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::write(&path, "this is a letter and no database, and it is long enough to be looked at".repeat(100))
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(refused(&path).0, JournalErrorKind::Damaged);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_journal_of_a_newer_version_is_not_touched() {
    let folder = Folder::new();
    let path = folder.journal();
    drop(open(&path));
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    for error in
        [Journal::sqlite(&path).expect_err("newer"), Journal::sqlite_read_only(&path).expect_err("newer")]
    {
        assert_eq!(error.kind(), JournalErrorKind::Unfit);
        assert!(error.to_string().contains("newer version (its tables are number 99"), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
#[cfg(unix)]
fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let journal = open(&folder.journal());
    std::mem::forget(attempt(&journal, payout("A-1", 100)));
    let mut files = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        files += 1;
    }
    assert_eq!(files, 3, "the file, its log and the log's index");
}

#[test]
#[cfg(unix)]
fn a_file_that_vanishes_or_is_replaced_stops_the_journal() {
    for (ending, replace) in [("", false), ("", true), ("-wal", false), ("-wal", true)] {
        let folder = Folder::new();
        let journal = open(&folder.journal());
        std::mem::forget(attempt(&journal, payout("A-1", 100)));
        let file = folder.path().join(format!("journal.db{ending}"));
        let copy = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        if replace {
            fs::write(&file, copy).unwrap();
        }
        for name in ["A-2", "A-3"] {
            let error = journal.begin(payout(name, 100)).wait().expect_err("it would be lost");
            assert_eq!(error.kind(), JournalErrorKind::Unavailable);
            let word = if replace { "was replaced" } else { "is gone" };
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_may_only_be_read_is_refused_and_can_be_looked_at() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    // Root may write everything, so the test goes on as somebody else, in a place that everybody reaches.
    let place = std::env::temp_dir().join(format!("nzimbu-read-only-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    let path = place.join("journal.db");
    let journal = open(&path);
    std::mem::forget(attempt(&journal, payout("A-1", 100)));
    let program = place.join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let root = fs::metadata(&program).unwrap().uid() == 0;
    for ending in ["", "-wal", "-shm"] {
        let file = place.join(format!("journal.db{ending}"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    }
    let mut child = child(&program, "looks_at_a_file_that_it_may_only_read", &path);
    if root {
        chown(&place, Some(0), Some(0)).unwrap();
        child.uid(NOBODY).gid(NOBODY).current_dir(&place);
    }
    let output = child.output().unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    fs::remove_dir_all(&place).unwrap();
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by a_file_that_may_only_be_read_is_refused_and_can_be_looked_at"]
fn looks_at_a_file_that_it_may_only_read() {
    let path = journal_of_child();
    let (kind, told) = refused(&path);
    assert_eq!(kind, JournalErrorKind::NotWritable, "{told}");
    assert!(told.contains("cannot be written by this user"), "{told}");
    let journal = Journal::sqlite_read_only(&path).unwrap();
    assert_eq!(found(&journal, "A-1").state, State::Sending);
    whole(&journal);
}

#[test]
fn looking_changes_nothing_while_another_writes() {
    let folder = Folder::new();
    let path = folder.journal();
    let journal = open(&path);
    std::mem::forget(attempt(&journal, payout("A-1", 100)));
    let looking = Journal::sqlite_read_only(&path).unwrap();
    assert_eq!(found(&looking, "A-1").state, State::Sending);
    std::mem::forget(attempt(&journal, payout("A-2", 100)));
    assert_eq!(found(&looking, "A-2").state, State::Sending, "what was written since is seen");
    let error = looking.begin(payout("A-3", 100)).wait().expect_err("it may only look");
    assert_eq!(error.kind(), JournalErrorKind::NotWritable);
    assert!(looking.purge(std::time::Duration::ZERO).is_err());
    whole(&looking);
    drop(journal);
    let before = fs::read(&path).unwrap();
    drop(looking);
    let looking = Journal::sqlite_read_only(&path).unwrap();
    assert_eq!(looking.list(&Filter::default(), 0, 9).wait().unwrap().len(), 2);
    drop(looking);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_was_handed_over_is_done_before_the_journal_closes() {
    let folder = Folder::new();
    let journal = open(&folder.journal());
    let attempts: Vec<_> =
        (0..300).map(|number| attempt(&journal, payout(&format!("A-{number}"), 100))).collect();
    // Nobody waits for any of these.
    for attempt in attempts {
        let name = attempt.entry().order.as_str().to_owned();
        drop(attempt.settle(&Ok(receipt(&name, Status::Pending, None))));
    }
    drop(journal);
    assert!(!folder.path().join("journal.db-wal").exists(), "the last one out brings the file up to date");
    let journal = open(&folder.journal());
    let accepted = journal.counts(None).wait().unwrap();
    assert_eq!((accepted.len(), accepted[0].state, accepted[0].orders), (1, State::Accepted, 300));
    // Replies may outlive the journal.
    let reply = journal.begin(payout("B-1", 100));
    drop(journal);
    assert!(matches!(reply.wait().unwrap(), Begun::Attempt(_)));
}

#[test]
fn a_caller_that_panics_takes_nobody_along() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("this panic is meant");
        }
    }
    let folder = Folder::new();
    let journal = open(&folder.journal());
    let waker = Waker::from(Arc::new(Bad));
    for number in 0..20 {
        let mut reply = Box::pin(journal.begin(payout(&format!("A-{number}"), 100)));
        let _ = reply.as_mut().poll(&mut Context::from_waker(&waker));
        drop(reply);
    }
    std::mem::forget(attempt(&journal, payout("B-1", 100)));
    whole(&journal);
}

fn begin_many(journal: &Journal, prefix: &str, most: usize, mut told: impl FnMut(&str)) {
    for number in 0..most {
        let name = format!("{prefix}-{number}");
        std::mem::forget(attempt(journal, payout(&name, 100)));
        told(&name);
    }
}

#[test]
fn two_processes_write_one_file() {
    let folder = Folder::new();
    let path = folder.journal();
    let journal = open(&path);
    let program = std::env::current_exe().unwrap();
    let mut writing = child(&program, "begins_orders_until_it_is_killed", &path);
    let mut writing = Killed(writing.env("NZIMBU_TEST_MOST", "150").stdout(Stdio::piped()).spawn().unwrap());
    begin_many(&journal, "B", 150, |_| {});
    let status = writing.0.wait().unwrap();
    assert!(status.success(), "{status}");
    let listed = journal.list(&Filter::default(), 0, 1_000).wait().unwrap();
    assert_eq!(listed.len(), 300);
    whole(&journal);
}

#[test]
fn what_was_told_before_a_kill_is_there_after_it() {
    let folder = Folder::new();
    let path = folder.journal();
    let program = std::env::current_exe().unwrap();
    let mut told = BTreeSet::new();
    for round in 0..3 {
        let mut writing = child(&program, "begins_orders_until_it_is_killed", &path);
        let mut writing = Killed(writing.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(writing.0.stdout.take().unwrap()).lines();
        let names = lines.by_ref().map_while(Result::ok);
        let names = names.filter_map(|line| line.strip_prefix("begun ").map(str::to_owned)).take(40 + round);
        told.extend(names);
        writing.0.kill().unwrap();
        writing.0.wait().unwrap();
        // What was still in the pipe was told as well.
        let rest = lines.map_while(Result::ok);
        told.extend(rest.filter_map(|line| line.strip_prefix("begun ").map(str::to_owned)));
        let journal = open(&path);
        for name in &told {
            assert_eq!(found(&journal, name).state, State::Sending);
        }
        whole(&journal);
    }
    assert!(told.len() >= 120);
}

#[test]
#[ignore = "run by what_was_told_before_a_kill_is_there_after_it"]
fn begins_orders_until_it_is_killed() {
    let journal = open(&journal_of_child());
    let most = std::env::var("NZIMBU_TEST_MOST").ok().and_then(|most| most.parse().ok());
    let prefix = format!("K-{}", std::process::id());
    begin_many(&journal, &prefix, most.unwrap_or(1_000_000), |name| println!("begun {name}"));
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a text lies in a file of the folder.
fn lies_in(folder: &Folder, text: &str) -> bool {
    let mut files = fs::read_dir(folder.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// Another process looks on while the last command of this one forgets.
#[test]
fn what_was_purged_goes_when_the_journal_is_closed_although_others_have_it_open() {
    let folder = Folder::new();
    let journal = open(&folder.journal());
    attempt(&journal, payout("A-1", 100)).settle(&Ok(receipt("A-1", Status::Failed, None))).wait().unwrap();
    let other = rusqlite::Connection::open(folder.journal()).unwrap();
    other.execute_batch("BEGIN").unwrap();
    let papers = other.query_row("SELECT count(*) FROM papers", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(papers, 1);
    std::thread::sleep(std::time::Duration::from_millis(5));
    journal.purge(std::time::Duration::ZERO).unwrap();
    assert!(lies_in(&folder, "0701234567"), "the other one sees what was there when it began");
    let reader = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        other.execute_batch("COMMIT").unwrap();
        other
    });
    drop(journal);
    let other = reader.join().unwrap();
    assert!(!lies_in(&folder, "0701234567"), "it lies there still");
    drop(other);
}

#[test]
fn neither_secrets_nor_what_was_purged_lie_in_the_files() {
    let folder = Folder::new();
    let journal = open(&folder.journal());
    let has = |text: &str| lies_in(&folder, text);
    // Enough for pages to be split, with rows that grow after they were written.
    for number in 0..400 {
        let name = format!("A-{number}");
        let mut told = receipt(&name, Status::Pending, Some(100));
        told.next_action =
            nzimbu_core::NextAction::Prompt(format!("Canarina: dial *144*{number}#").repeat(3));
        attempt(&journal, payout(&name, 100)).settle(&Ok(told)).wait().unwrap();
        let verdict = nzimbu_journal::Verdict::Failed;
        let desk = store_suite::shop::payouts();
        journal.decide(&desk, &order(&name), verdict, "Awa", "").wait().unwrap();
    }
    assert!(
        has("Canarina") && has("+2250701234567") && has("canary of a reason"),
        "the test sees what is there"
    );
    assert!(!has("canary-secret"), "secrets are never there");
    std::thread::sleep(std::time::Duration::from_millis(5));
    journal.purge(std::time::Duration::ZERO).unwrap();
    // One more command, behind the one that forgets.
    journal.acknowledge(&[]).wait().unwrap();
    for text in ["Canarina", "Personowa", "0701234567", "canary of a reason"] {
        assert!(!has(text), "{text} lies there still");
    }
    assert_eq!(
        journal.find("shop", Operation::Payout, &order("A-7")).wait().unwrap().unwrap().next_action,
        None
    );
    whole(&journal);
    drop(journal);
    assert!(!has("Canarina") && !has("0701234567"));
}

#[test]
fn a_file_of_the_first_version_is_brought_up_to_date() {
    let folder = Folder::new();
    let path = folder.journal();
    let journal = open(&path);
    attempt(&journal, payout("A-1", 100)).settle(&Ok(receipt("A-1", Status::Pending, None))).wait().unwrap();
    let before = found(&journal, "A-1");
    drop(journal);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP INDEX orders_gateway_ref; ALTER TABLE orders DROP COLUMN twin; \
             DELETE FROM migrations WHERE version > 1; PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let (kind, told) = match Journal::sqlite_read_only(&path) {
        Ok(_) => panic!("tables of another version were read"),
        Err(error) => (error.kind(), error.to_string()),
    };
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("open it once for writing"), "{told}");
    let journal = open(&path);
    assert_eq!(found(&journal, "A-1"), before);
    whole(&journal);
    // What was written down before the index is found in it.
    let mut told = receipt("A-2", Status::Pending, None);
    told.reference = before.gateway_ref;
    let entry = attempt(&journal, payout("A-2", 100)).settle(&Ok(told)).wait().unwrap();
    assert_eq!(entry.shared_with, Some(order("A-1")));
}
