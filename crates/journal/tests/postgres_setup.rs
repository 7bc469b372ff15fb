//! Servers, roles, tables and lines that a journal in PostgreSQL accepts or refuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod postgres_server;
#[path = "store_suite/shop.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod shop;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;

use nzimbu_core::{Operation, Secret, Status};
use nzimbu_journal::{
    Attempt, Begun, Entry, Intent, Journal, JournalErrorKind, PostgresSettings, PostgresTls,
};

use self::postgres_server::{Cluster, Recipe, append, own, url};
use self::shop::{order, payout, receipt};

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

fn refused(settings: PostgresSettings) -> (JournalErrorKind, String) {
    let error = Journal::postgres(settings).expect_err("refused");
    (error.kind(), error.to_string())
}

#[test]
fn a_server_that_is_not_durable_is_refused() {
    let settings = vec!["fsync = off".to_owned(), "full_page_writes = off".to_owned()];
    let Some(cluster) = Cluster::new(&Recipe { settings, password: None }) else { return };
    let (kind, told) = refused(cluster.schema().settings());
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("fsync = on") && told.contains("full_page_writes = on"), "{told}");
}

#[test]
fn a_role_that_is_set_up_carelessly_is_set_right_or_refused() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let role = |name: &str, setting: &str| {
        cluster
            .psql(&format!("CREATE ROLE {name} LOGIN SUPERUSER; ALTER ROLE {name} SET {setting}"))
            .unwrap();
        let mut settings = schema.settings();
        settings.connection = Secret::new(cluster.url().replace("nzimbu@", &format!("{name}@")));
        settings
    };
    // Each connection sets these for itself.
    for (name, setting) in [
        ("hasty", "synchronous_commit TO off"),
        ("strict", "default_transaction_isolation TO 'serializable'"),
        ("lost", "search_path TO nowhere"),
    ] {
        let journal = Journal::postgres(role(name, setting)).unwrap();
        settle(&journal, &format!("O-{}", name.to_uppercase()));
    }
    let (kind, told) = refused(role("reader", "default_transaction_read_only TO on"));
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("default_transaction_read_only = off"), "{told}");
}

#[test]
fn a_role_without_rights_is_told_so() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    drop(schema.open(1));
    let name = &schema.name;
    cluster
        .psql(&format!(
            "CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA {name} TO clerk; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO clerk; \
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO clerk"
        ))
        .unwrap();
    // A role that owns nothing can work, once the tables are there.
    let mut settings = schema.settings();
    settings.connection = Secret::new(cluster.url().replace("nzimbu@", "clerk@"));
    let journal = Journal::postgres(settings.clone()).unwrap();
    settle(&journal, "O-1");
    cluster.psql(&format!("REVOKE INSERT ON {name}.orders FROM clerk")).unwrap();
    let error = journal.begin(payout("O-2", 100)).wait().expect_err("no right");
    assert_eq!(error.kind(), JournalErrorKind::NotWritable, "{error}");
    settings.schema = "of_somebody_else".to_owned();
    assert!(refused(settings).1.contains("permission denied"));
}

#[test]
fn tables_are_made_once_and_newer_ones_refused() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let journals: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| schema.open(1))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    settle(&journals[0], "O-1");
    assert!(found(&journals[7], "O-1").is_some());
    let versions = format!("SELECT count(*) FROM {}.schema_version", schema.name);
    assert_eq!(cluster.psql(&versions).unwrap(), "2");
    let newer = format!("INSERT INTO {}.schema_version (version, checksum) VALUES (99, 'x')", schema.name);
    cluster.psql(&newer).unwrap();
    let (kind, told) = refused(schema.settings());
    assert_eq!(kind, JournalErrorKind::Unfit);
    assert!(told.contains("version 99") && told.contains("upgrade the program"), "{told}");
}

#[test]
fn tables_of_the_first_version_are_brought_up_to_date() {
    let Some(cluster) = Cluster::shared() else { return };
    let schema = cluster.schema();
    let journal = schema.open(1);
    settle(&journal, "O-1");
    let before = found(&journal, "O-1");
    drop(journal);
    let old = format!(
        "SET search_path TO {}; DROP INDEX orders_gateway_ref; ALTER TABLE orders DROP COLUMN twin; \
         DELETE FROM schema_version WHERE version > 1",
        schema.name
    );
    cluster.psql(&old).unwrap();
    let journal = schema.open(1);
    assert_eq!(found(&journal, "O-1"), before);
    assert_eq!(journal.verify().unwrap().flaw, None);
    // What was written down before the index is found in it.
    let mut told = receipt("O-2", Status::Pending, None);
    told.reference = before.and_then(|before| before.gateway_ref);
    let entry = attempt(&journal, payout("O-2", 100)).settle(&Ok(told)).wait().unwrap();
    assert_eq!(entry.shared_with.as_ref().map(|order| order.as_str()), Some("O-1"));
}

fn openssl(words: &str, folder: &Path) {
    let out = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// An authority, and what it certifies a server of this name with: `ca.crt`, `server.key`, `server.crt`.
fn certify(name: &str, folder: &Path) {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {KEY} -days 2 -subj /CN=authority -keyout ca.key -out ca.crt"), folder);
    openssl(&format!("req {KEY} -subj /CN={name} -keyout server.key -out server.csr"), folder);
    fs::write(folder.join("names"), format!("subjectAltName=DNS:{name}")).unwrap();
    let sign = "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt";
    openssl(sign, folder);
}

#[test]
fn the_line_is_encrypted_and_the_password_secret() {
    const PASSWORD: &str = "open sesame";
    let Some(mut cluster) = Cluster::new(&Recipe { settings: Vec::new(), password: Some(PASSWORD) }) else {
        return;
    };
    let data = cluster.folder.join("data");
    certify("localhost", &data);
    let (key, certificate) = (data.join("server.key"), data.join("server.crt"));
    for file in [key, certificate] {
        own(&file);
    }
    append(&data.join("postgresql.conf"), "ssl = on");
    fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    cluster.stop_fast();
    cluster.start();

    let mut settings = cluster.schema().settings();
    settings.connection = Secret::new(format!(
        "host=localhost hostaddr=127.0.0.1 port={} user=nzimbu dbname=postgres",
        cluster.port
    ));
    settings.password = Some(Secret::new(PASSWORD));
    settings.tls = PostgresTls::Authorities(fs::read_to_string(data.join("ca.crt")).unwrap());
    let journal = Journal::postgres(settings.clone()).unwrap();
    settle(&journal, "O-1");
    let encrypted = "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'nzimbu'";
    assert_eq!(cluster.psql(encrypted).unwrap(), "t|t");

    let mut wrong = settings.clone();
    wrong.password = Some(Secret::new("hunter2"));
    let told = format!("{:?} {}", wrong, refused(wrong.clone()).1);
    assert!(told.contains("password authentication failed") && !told.contains("hunter2"), "{told}");

    let mut plain = settings.clone();
    plain.tls = PostgresTls::Unprotected;
    assert!(refused(plain).1.contains("no encryption"));

    let folder = cluster.folder.join("other");
    fs::create_dir(&folder).unwrap();
    certify("localhost", &folder);
    let mut stranger = settings.clone();
    stranger.tls = PostgresTls::Authorities(fs::read_to_string(folder.join("ca.crt")).unwrap());
    assert!(refused(stranger).1.contains("TLS"));

    let mut elsewhere = settings;
    elsewhere.connection = Secret::new(format!(
        "host=db.example hostaddr=127.0.0.1 port={} user=nzimbu dbname=postgres",
        cluster.port
    ));
    assert!(refused(elsewhere).1.contains("TLS"), "a certificate for another name");
}

#[test]
fn a_server_that_says_nothing_sensible_is_no_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 64];
            if let Ok(1..) = stream.read(&mut bytes) {
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
            }
        }
    });
    let (kind, told) = refused(PostgresSettings::new(Secret::new(url(port))));
    assert_eq!(kind, JournalErrorKind::Unavailable, "{told}");
}
