//! `nzimbu doctor`, and the parts that concern the program itself.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use common::world::{Folder, World};
use common::{end, nzimbu};
use serde_json::{Value, json};

/// Findings as `check gateway verdict`.
fn findings(lines: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    lines
        .iter()
        .map(|line| format!("{} {} {}", text(&line["check"]), text(&line["gateway"]), text(&line["verdict"])))
        .collect()
}

#[test]
fn a_sandbox_that_runs_is_well() {
    let world = World::new();
    // Somebody listens for callbacks.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 512];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    world.rewrite(&world.settings().replace("127.0.0.1:9/", &format!("{address}/")));
    let ended = end(&mut world.nzimbu(&["doctor", "--json"]));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert_eq!(
        findings(&ended.lines()),
        [
            "settings - ok",
            "journal - skipped",
            "clock - ok",
            "secrets adullam ok",
            "tls adullam ok",
            "clock adullam ok",
            "credentials adullam skipped",
            "secrets bitlipa ok",
            "tls bitlipa ok",
            "clock bitlipa ok",
            "callback bitlipa ok",
            "credentials bitlipa ok",
            "secrets cinetpay ok",
            "tls cinetpay ok",
            "clock cinetpay ok",
            "tls cinetpay ok",
            "clock cinetpay ok",
            "callback cinetpay ok",
            "callback cinetpay ok",
            "credentials cinetpay ok",
            "credentials cinetpay ok",
        ]
    );
    assert_eq!(world.sandbox.ledger(), [], "nothing moved");
    assert!(!ended.stdout.contains("hush-path"), "addresses for callbacks are not shown");
}

#[test]
fn each_wrong_credential_is_found_with_a_remedy() {
    let world = World::new();
    for (variable, gateway) in
        [("T_APIKEY", "cinetpay"), ("T_PASSWORD", "cinetpay"), ("T_BITLIPA", "bitlipa")]
    {
        let ended = end(world.nzimbu(&["doctor", "--json"]).env(variable, "sandbox-wrong"));
        assert_eq!(ended.code, 1, "{variable}");
        let lines = ended.lines();
        let problems: Vec<_> = lines.iter().filter(|line| line["verdict"] == "problem").collect();
        assert!(!problems.is_empty());
        for problem in problems {
            assert_eq!((&problem["check"], &problem["gateway"]), (&json!("credentials"), &json!(gateway)));
            assert!(problem["remedy"].as_str().unwrap().contains("back-office"), "{problem}");
        }
        assert!(!ended.stdout.contains("sandbox-wrong"));
    }
}

#[test]
fn offline_nothing_is_sent_and_the_rest_is_looked_at() {
    let world = World::new();
    let settings = world.settings()
        + "[profile.sandbox.journal]\npath = \"no/such/folder/journal.db\"\n\
           [profile.sandbox.listen]\naddress = \"127.0.0.1:4999\"\n\
           [profile.sandbox.batch]\nconcurrency = 8\napproval_above = [\"1000000 XOF\"]\n\
           [profile.sandbox.batch.per_minute]\ncinetpay = 60\n";
    world.rewrite(&settings);
    let ended = end(world.nzimbu(&["doctor", "--offline", "--lang", "fr"]).env_remove("T_ADULLAM"));
    assert_eq!(ended.code, 1);
    let file = world.folder.path().join("nzimbu.toml");
    assert_eq!(
        ended.stdout.replace(file.to_str().unwrap(), "FICHIER"),
        "ok         FICHIER : le profil sandbox (sandbox) avec adullam, bitlipa, cinetpay\n\
         ok         les notifications sont reçues sur 127.0.0.1:4999 et transmises à personne\n\
         ok         lots de versements : 8 à la fois, cinetpay 60 par minute, accord au-dessus de 1000000 XOF\n\
         ATTENTION  bitlipa : notify_url ne finit pas comme `nzimbu listen` l'attend\n           \
         → faites-le finir par /bitlipa, ou réécrire par le serveur web devant\n\
         ATTENTION  cinetpay : checkout.notify_url ne finit pas comme `nzimbu listen` l'attend\n           \
         → faites-le finir par /cinetpay, ou réécrire par le serveur web devant\n\
         ATTENTION  cinetpay : transfer.notify_url ne finit pas comme `nzimbu listen` l'attend\n           \
         → faites-le finir par /cinetpay, ou réécrire par le serveur web devant\n\
         PROBLÈME   le dossier du journal n'existe pas\n           \
         → créez-le, sur un disque conservé et sauvegardé\n\
         ok         l'horloge est plausible\n\
         PROBLÈME   adullam : 32:10: profile.sandbox.adullam.bearer désigne une variable d'environnement qui n'existe \
         pas : exportez-la, et écrivez son nom ici\n\
         ok         bitlipa : les réglages et les secrets sont complets\n\
         ok         cinetpay : les réglages et les secrets sont complets\n\
         \nproblèmes : 2, avertissements : 3\n"
    );
}

#[test]
fn a_journal_is_looked_at_and_what_is_wrong_with_it_has_a_remedy() {
    let world = World::new().with_journal("[profile.sandbox.listen]\naddress = \"127.0.0.1:9\"\n");
    let settings = world.settings();
    world.rewrite(
        &settings.replace("127.0.0.1:9/hush-path", "127.0.0.1:9/bitlipa").replace(":9/\"", ":8/cinetpay\""),
    );
    let doctor = || end(&mut world.nzimbu(&["doctor", "--offline", "--json"]));
    let of = |lines: &[Value], check: &str| -> Vec<Value> {
        lines.iter().filter(|line| line["check"] == check).cloned().collect()
    };
    let new = doctor();
    assert_eq!(new.code, 0, "{}", new.stdout);
    let journal = of(&new.lines(), "journal");
    assert_eq!(journal.len(), 1);
    assert!(journal[0]["finding"].as_str().unwrap().contains("with the first order"), "{journal:?}");
    assert!(!world.folder.path().join("journal.db").exists());
    // Both addresses of CinetPay end right, at another port.
    let ports = of(&new.lines(), "listen");
    let warned: Vec<_> = ports.iter().filter(|line| line["verdict"] == "warning").collect();
    assert!(warned.len() == 2 && warned.iter().all(|line| line["gateway"] == "cinetpay"), "{ports:?}");

    let pay = ["pay", "--gateway", "adullam", "--order", "INV-1", "--amount", "2500", "--currency", "XOF"];
    let paid = end(world.nzimbu(&[&pay[..], &["--ask", "phone"]].concat()).write_stdin("+2250700000000\n"));
    assert_eq!(paid.code, 0, "{}", paid.stderr);
    let used = doctor();
    let verdicts: Vec<_> = of(&used.lines(), "journal").iter().map(|line| line["verdict"].clone()).collect();
    assert_eq!(
        verdicts,
        [json!("ok"), json!("ok"), json!("ok")],
        "room, durability, history: {}",
        used.stdout
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(world.folder.path().join("journal.db"), open).unwrap();
        let journal = of(&doctor().lines(), "journal");
        assert!(
            journal
                .iter()
                .any(|line| line["verdict"] == "warning" && line["remedy"].to_string().contains("chmod"))
        );
    }
    std::fs::write(world.folder.path().join("journal.db"), "no database").unwrap();
    for name in ["journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(world.folder.path().join(name));
    }
    let broken = doctor();
    assert_eq!(broken.code, 1, "{}", broken.stdout);
    assert!(
        of(&broken.lines(), "journal").iter().any(|line| line["verdict"] == "problem"),
        "{}",
        broken.stdout
    );
}

#[test]
fn a_gateway_that_is_gone_is_told_and_nothing_crashes() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = listener.local_addr().unwrap().to_string();
    drop(listener);
    let bitlipa = world.sandbox.endpoints().bitlipa.base_url.clone();
    world.rewrite(&world.settings().replace(&bitlipa, &format!("http://{gone}")));
    let ended = end(&mut world.nzimbu(&["doctor", "--json"]));
    assert_eq!(ended.code, 1);
    let found = findings(&ended.lines());
    assert!(found.contains(&"reach bitlipa problem".to_owned()), "{found:?}");
    assert!(found.contains(&"credentials bitlipa skipped".to_owned()), "{found:?}");
    assert!(found.contains(&"callback cinetpay warning".to_owned()), "nobody listens: {found:?}");
}

#[test]
fn a_clock_that_differs_from_the_gateways_is_found() {
    let world = World::new();
    for (date, verdict) in [("Tue, 15 Nov 1994 08:12:31 GMT", "problem"), ("no date", "none")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked);
                let answer = format!(
                    "HTTP/1.1 404 Not Found\r\ndate: {date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        let adullam = world.sandbox.endpoints().adullam.base_url.clone();
        let settings = world.settings();
        world.rewrite(&settings.replace(&adullam, &url));
        let lines = end(&mut world.nzimbu(&["doctor", "--json"])).lines();
        let clock = lines.iter().find(|line| line["check"] == "clock" && line["gateway"] == "adullam");
        assert_eq!(clock.map_or("none", |line| line["verdict"].as_str().unwrap()), verdict);
        world.rewrite(&settings);
    }
}

#[test]
fn the_sandbox_writes_settings_that_work_and_touches_no_others() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let folder = Folder::new();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_nzimbu"))
            .args(["sandbox", "--json", "--write-config", "nzimbu.toml"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    for _ in 0..2 {
        let mut sandbox = start();
        let mut line = String::new();
        BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoints: Value = serde_json::from_str(&line).unwrap();
        let written = std::fs::read_to_string(folder.path().join("nzimbu.toml")).unwrap();
        for secret in [&endpoints["cinetpay"]["apikey"], &endpoints["bitlipa"]["secret"]] {
            assert!(!written.contains(secret.as_str().unwrap()), "no secret stands in the settings");
        }
        let ended = end(nzimbu(&["doctor", "--json"]).current_dir(folder.path()));
        assert_eq!(ended.code, 0, "{}", ended.stdout);
        assert!(ended.lines().iter().filter(|line| line["check"] == "credentials").count() == 4);
        let pay = ["pay", "--gateway", "cinetpay", "--reference", "invoice 7", "--amount", "2500"];
        let more = ["--currency", "XOF", "--description", "Two books"];
        let paid = end(nzimbu(&[&pay[..], &more].concat()).current_dir(folder.path()));
        assert_eq!(paid.code, 0, "{}", paid.stderr);
        sandbox.kill().unwrap();
        sandbox.wait().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let secret = folder.path().join("nzimbu.secrets/bitlipa-secret");
            let mode = std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
            // The next start closes it again.
            std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
    folder.put("nzimbu.toml", "# mine\n");
    let refused = start().wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("was not written by the sandbox"));
    assert_eq!(std::fs::read_to_string(folder.path().join("nzimbu.toml")).unwrap(), "# mine\n");
}

#[test]
fn completions_and_manual_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = end(&mut nzimbu(&["completions", shell]));
        assert_eq!(script.code, 0, "{shell}");
        for word in ["payout", "doctor", "gateway-reference", "reconcile", "needs-people"] {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
    }
    let page = end(&mut nzimbu(&["man"])).stdout;
    for word in [".TH nzimbu 1", "outcome is not known", "journal cannot be trusted", "payout"] {
        assert!(page.contains(word), "{word}");
    }
    let folder = Folder::new();
    assert_eq!(end(&mut nzimbu(&["man", "--dir", folder.path().to_str().unwrap()])).code, 0);
    for name in ["nzimbu.1", "nzimbu-payout.1", "nzimbu-doctor.1", "nzimbu-listen.1", "nzimbu-journal.1"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    assert_eq!(end(&mut nzimbu(&["man", "--dir", "/no/such/folder"])).code, 2);
}

#[test]
#[cfg(unix)]
fn bash_reads_its_completions() {
    let script = end(&mut nzimbu(&["completions", "bash"])).stdout;
    let folder = Folder::new();
    let file = folder.put("nzimbu.bash", &script);
    let Ok(read) = std::process::Command::new("bash").args(["-n", &file]).output() else {
        return;
    };
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}
