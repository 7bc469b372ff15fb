//! No secret, whole phone number or name in any output of the commands that speak with gateways: whatever is asked,
//! in either form and language, and also from a gateway that repeats all it was told.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::end;
use common::world::World;

/// Words that no output may hold. The request has each of them.
const PEOPLE: [&str; 6] =
    ["Canarykouassi", "Canaryawa", "canary@example.com", "Canary street", "CANARYDOC", "hush-path"];
const PHONE_DIGITS: &str = "2250701234567";

fn request(role: &str, document: &str) -> String {
    format!(
        r#"{{"amount": {{"value": "1000", "currency": "XOF"}},
            "channel": {{"operator": {{"country": "CI", "name": "Orange"}}}},
            "{role}": {{"phone": "+{PHONE_DIGITS}", "name": "Canarykouassi", "surname": "Canaryawa",
                "email": "canary@example.com", "address": "Canary street"}}{document}}}"#
    )
}

#[test]
fn no_output_holds_a_secret_or_a_person() {
    // Without a journal each order leaves again; with one there is more to see.
    for world in [World::new(), World::new().with_journal("")] {
        look_through(&world);
    }
}

fn look_through(world: &World) {
    let mut logs = run_all(world);
    let heard = Arc::new(Mutex::new(String::new()));
    let manners = [Manner::Json(200), Manner::Json(400), Manner::Json(500), Manner::Text, Manner::Cut];
    for (index, manner) in manners.into_iter().enumerate() {
        let url = parrot(manner, &heard);
        let endpoints = world.sandbox.endpoints().clone();
        let settings = world.settings();
        let mut changed = settings.clone();
        for base in [
            &endpoints.cinetpay.checkout_url,
            &endpoints.cinetpay.transfer_url,
            &endpoints.bitlipa.base_url,
            &endpoints.adullam.base_url,
        ] {
            changed = changed.replace(base.as_str(), &url);
        }
        // A journal of its own for each, so that the orders leave.
        world.rewrite(&changed.replace("journal.db", &format!("journal-{index}.db")));
        logs.push_str(&run_all(world));
        world.rewrite(&settings);
    }
    for reached in ["\"status\":\"pending\"", "\"kind\":\"malformed\"", "\"kind\":\"transport\"", "erreur : "]
    {
        assert!(logs.contains(reached), "no command came as far as {reached}");
    }
    // What is looked for did leave the program, towards the gateway.
    let heard = heard.lock().unwrap().clone();
    for word in ["Canarykouassi", PHONE_DIGITS, "CANARYDOC", "hush-path"] {
        assert!(heard.contains(word), "{word} was never sent");
    }
    let mut leaks = Vec::new();
    for word in PEOPLE.iter().copied().chain(world.secrets().map(|(_, secret)| secret)) {
        // The link to the hosted page has to hold the address for callbacks: its own test knows that.
        if logs.contains(word) {
            leaks.push(word);
        }
    }
    let digits = digits_of_the_phone(&logs);
    assert!(leaks.is_empty() && digits.is_empty(), "{leaks:?} {digits:?}");
}

#[test]
fn the_search_would_find_them() {
    let logs = request("payer", "");
    assert!(logs.contains(PEOPLE[0]) && logs.contains(&PHONE_DIGITS[2..8]));
}

/// A batch from its file to its report, with rows of each kind, and what its journal keeps.
#[test]
fn no_output_of_a_batch_holds_a_secret_or_a_person() {
    let quick = common::payroll::QUICK;
    let world = World::with(|settings| settings.auto = Some(std::time::Duration::from_millis(20)))
        .with_journal(&format!("{quick}[profile.sandbox.batch]\napproval_above = [\"4000 XOF\"]\n"));
    let head = "reference;amount;currency;phone;name;surname;email;address;gateway\n";
    let person = "Canarykouassi;Canaryawa;canary@example.com;Canary street";
    let row = |reference: &str, amount: &str, gateway: &str| {
        format!("{reference};{amount};XOF;+{PHONE_DIGITS};{person};{gateway}\n")
    };
    let good = format!("{head}{}{}{}", row("R-1", "1000", "cinetpay"), row("R-2", "1500", "bitlipa"), {
        row("R-3", "2000", "bitlipa")
    });
    let broken = format!("{head}{}", row("R-4", "Canarykouassi", "Canaryawa"));
    let swapped = format!("{head}R-5;{PHONE_DIGITS};XOF;1000;{person};cinetpay\n");
    let changed = good.replace(";1000;", ";1005;");
    let files: Vec<_> = [("good", &good), ("broken", &broken), ("swapped", &swapped), ("changed", &changed)]
        .map(|(name, text)| world.folder.put(&format!("{name}.csv"), text))
        .to_vec();
    let place = |name: &str| world.folder.path().join(name).to_str().unwrap().to_owned();
    let (csv, html) = (place("out.csv"), place("out.html"));
    let export = format!(
        "client_transaction_id;amount;currency;status\n{PHONE_DIGITS};1;XOF;VAL\nCanarykouassi;1;XOF;Canaryawa\n"
    );
    let export = world.folder.put("export.csv", &export);
    let mut commands: Vec<Vec<&str>> = vec![vec!["batch", "run", &files[0], "--person", "Canaryplanner"]];
    commands.push(vec!["batch", "approve", &files[0], "--person", "Canaryapprover"]);
    commands.extend(files.iter().map(|file| vec!["batch", "run", file]));
    commands.extend([
        vec!["batch", "discard", &files[0], "--person", "Canarydiscarder", "--reason", "why"],
        vec!["batch", "list"],
        vec!["batch", "status", &files[0]],
        vec!["batch", "report", &files[0], "--csv", &csv, "--html", &html],
        vec!["statement", "match", &export, "--gateway", "cinetpay"],
        vec!["statement", "match", &export, "--gateway", "bitlipa", "--map", "status=currency"],
    ]);
    let mut logs = String::new();
    for command in &commands {
        for more in [&["--json"][..], &["--lang", "fr"]] {
            let ended = end(&mut world.nzimbu(&[&command[..], more].concat()));
            assert!(!ended.stderr.contains("panicked"), "{command:?}: {}", ended.stderr);
            logs.push_str(&ended.stdout);
            logs.push_str(&ended.stderr);
        }
    }
    for reached in
        ["waits_for_approval", "\"approved\"", "reference_reused", "\"succeeded\":3", "\"problem\""]
    {
        assert!(logs.contains(reached), "no command came as far as {reached}: {logs}");
    }
    logs += &std::fs::read_to_string(csv).unwrap();
    logs += &std::fs::read_to_string(html).unwrap();
    let words = PEOPLE.into_iter().chain(["Canaryplanner", "Canaryapprover", "Canarydiscarder"]);
    let mut leaks: Vec<_> = words.filter(|word| logs.contains(word)).map(str::to_owned).collect();
    leaks.extend(digits_of_the_phone(&logs));
    let journal = files_of_the_journal(&world);
    for (name, secret) in world.secrets() {
        if logs.contains(secret) || journal.contains(secret) {
            leaks.push(name.to_owned());
        }
    }
    assert!(leaks.is_empty(), "{leaks:?} in {logs}");

    // What the journal holds of a person is what sending it again would take, and goes with it.
    let personal = [&PEOPLE[..4], &[PHONE_DIGITS]].concat();
    let missing: Vec<_> = personal.iter().filter(|word| !journal.contains(**word)).collect();
    assert!(missing.is_empty(), "the search would not find {missing:?}");
    let purge = end(&mut world.nzimbu(&["journal", "purge", "--older-than", "0s"]));
    assert_eq!(purge.code, 0, "{}", purge.stderr);
    let journal = files_of_the_journal(&world);
    let left: Vec<_> = personal.iter().chain(&["01234567"]).filter(|word| journal.contains(**word)).collect();
    assert!(left.is_empty(), "{left:?} lie in the journal after the purge");
    assert!(journal.contains("Canaryapprover"), "who decided stays");
    assert_eq!(end(&mut world.nzimbu(&["journal", "verify"])).code, 0);
}

/// Every byte of the journal, its log included.
fn files_of_the_journal(world: &World) -> String {
    let files = std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().path());
    let own = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("journal.db"));
    own.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
}

/// Parts of the number that should not be there. The gateways' ids are long digits as well, so six are looked for.
fn digits_of_the_phone(logs: &str) -> Vec<String> {
    let digits: String = logs.chars().filter(|sign| !matches!(sign, ' ' | '-')).collect();
    let parts = (0..=PHONE_DIGITS.len() - 6).map(|start| &PHONE_DIGITS[start..start + 6]);
    parts.filter(|part| digits.contains(part)).map(str::to_owned).collect()
}

/// Every command at every gateway, for people and for programs.
fn run_all(world: &World) -> String {
    let pay = world.folder.put("pay.json", &request("payer", ""));
    let document = r#", "document": {"kind": "passport", "number": "CANARYDOC"}"#;
    let payout = world.folder.put("payout.json", &request("recipient", document));
    let broken = world.folder.put("broken.json", &request("payer", document).replace("CI", "Canarykouassi"));
    let mut logs = String::new();
    for gateway in ["adullam", "bitlipa", "cinetpay"] {
        let commands: [Vec<&str>; 8] = [
            vec!["pay", "--gateway", gateway, "--order", "INV-1", &pay],
            vec!["pay", "--gateway", gateway, "--order", "INV-2", &broken],
            vec!["payout", "--gateway", gateway, "--order", "OUT-1", &payout],
            vec!["status", "--gateway", gateway, "--operation", "pay", "--order", "INV-1"],
            vec!["status", "--gateway", gateway, "--operation", "payout", "--order", "OUT-1"],
            vec!["balance", "--gateway", gateway],
            vec!["banks", "--gateway", gateway, "--provider", "5008"],
            vec!["doctor"],
        ];
        let which = ["OUT-1", "--gateway", gateway];
        let decide = ["--verdict", "ask", "--person", "A. Kouame", "--reason", "asked again"];
        let mut commands = commands.to_vec();
        if world.settings().contains("[profile.sandbox.journal]") {
            commands.extend([
                vec!["journal", "show", "INV-1", "--gateway", gateway],
                [&["journal", "show"], &which[..]].concat(),
                [&["resolve"], &which[..], &decide].concat(),
                vec!["reconcile"],
                vec!["journal", "list"],
                vec!["journal", "counts"],
                vec!["journal", "verify"],
                vec!["journal", "export"],
                vec!["journal", "strays"],
            ]);
        }
        for command in &commands {
            for more in [&["--json"][..], &["--lang", "fr"]] {
                let ended = end(&mut world.nzimbu(&[&command[..], more].concat()));
                assert!(!ended.stderr.contains("panicked"), "{command:?}: {}", ended.stderr);
                logs.push_str(&ended.stdout);
                logs.push_str(&ended.stderr);
            }
        }
    }
    logs
}

#[derive(Clone, Copy)]
enum Manner {
    Cut,
    Json(u16),
    Text,
}

/// A server that answers every request with all that it was told.
fn parrot(manner: Manner, heard: &Arc<Mutex<String>>) -> String {
    let heard = Arc::clone(heard);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, manner, &heard);
        }
    });
    url
}

fn answer(mut stream: TcpStream, manner: Manner, heard: &Mutex<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? < 3 {
            break;
        }
        if let Some(told) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = told.trim().parse().unwrap_or(0);
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    heard.lock().unwrap().push_str(&String::from_utf8_lossy(&body));
    let all = format!("{head}{}", String::from_utf8_lossy(&body)).replace(['"', '\r', '\n', '\\'], " ");
    let (status, text) = match manner {
        Manner::Cut => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
        Manner::Text => (200, all),
        Manner::Json(status) => {
            let members =
                ["code", "message", "description", "status", "api_response_id", "error", "detail", "failure"];
            let members: Vec<_> = members.iter().map(|name| format!("\"{name}\": \"{all}\"")).collect();
            (
                status,
                format!(
                    "{{{}, \"result\": {{\"code\": \"{all}\", \"message\": \"{all}\"}}}}",
                    members.join(", ")
                ),
            )
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}
