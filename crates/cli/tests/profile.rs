//! Settings: where they are found, what is wrong with them, secrets, and the two environments.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod common;

use common::world::{Folder, World};
use common::{Ended, end, nzimbu};
use serde_json::{Value, json};

/// What `doctor --offline` says to settings.
fn settings(text: &str) -> Ended {
    let folder = Folder::new();
    let file = folder.put("nzimbu.toml", text);
    end(nzimbu(&["balance", "--gateway", "cinetpay", "--json", "--config", &file]).env("KEY", "sandbox-k"))
}

fn problems(text: &str) -> Vec<String> {
    let ended = settings(text);
    assert_eq!(ended.code, 2, "{text}: {}{}", ended.stdout, ended.stderr);
    let error = ended.json()["error"].clone();
    assert_eq!(error["kind"], "settings");
    let line = |problem: &Value| {
        format!("{}:{} {}", problem["line"], problem["column"], problem["message"].as_str().unwrap())
    };
    error["problems"].as_array().unwrap().iter().map(line).collect()
}

/// Each text with the line and column of a fault and words of its message.
#[test]
fn every_fault_of_a_corpus_is_told_with_its_place_and_its_remedy() {
    let sandbox = "[profile.s]\nenvironment = \"sandbox\"\n";
    let live = "[profile.l]\nenvironment = \"live\"\n";
    let bitlipa = "public_id = \"a\"\nmerchant_id = \"b\"\nsecrets = [{ env = \"KEY\" }]\n";
    let rows: &[(String, &str, &str)] = &[
        (String::new(), "null:null", "no profile in it: add [profile.NAME]"),
        ("profile = 1".into(), "1:11", "must be a table: write [profile]"),
        ("[profile]\ns = 1".into(), "2:1", "must be a table: write [profile.s]"),
        ("[profile.s]\n".into(), "1:", "profile.s.environment is required"),
        ("[profile.s]\nenvironment = \"prod\"".into(), "2:15", "must be one of sandbox, live"),
        ("[profile.s]\nenvironment = true".into(), "2:15", "must be text in quotes"),
        ("[profile.s\n".into(), "1:", "is no TOML"),
        ("[profile.s]\n[profile.s]\nenvironment = \"live\"".into(), "2:", "is no TOML"),
        (
            format!("default_profile = \"x\"\n{sandbox}"),
            "null:null",
            "no profile of the name that was asked for",
        ),
        (format!("{sandbox}{live}"), "null:null", "give --profile one of l, s"),
        (
            format!("unknown = 1\n{sandbox}"),
            "1:1",
            "unknown is unknown: remove it, or use one of default_profile",
        ),
        (format!("{sandbox}cinetpai = {{}}\n"), "3:1", "is unknown: remove it, or use one of environment"),
        (format!("{live}sandbox_hosts = [\"x\"]\n"), "1:", "is live and names `sandbox_hosts`"),
        (format!("{sandbox}sandbox_hosts = \"x\"\n"), "3:17", "must be a list of texts"),
        (format!("{sandbox}[profile.s.http]\nread_timeout = 0\n"), "4:16", "whole number from 1 to 600"),
        (format!("{sandbox}[profile.s.http]\nread_timeout = \"9\"\n"), "4:16", "whole number from 1 to 600"),
        (format!("{sandbox}[profile.s.http]\nread_timeout = 1.5\n"), "4:16", "whole number from 1 to 600"),
        (
            format!("{sandbox}[profile.s.http]\nproxy = \"http://u:p@h:1\"\n"),
            "4:9",
            "is a secret and must not stand here",
        ),
        (format!("{sandbox}[profile.s.http]\nip_family = \"v6\"\n"), "4:13", "must be one of any, v4"),
        (format!("{sandbox}[profile.s.cinetpay]\n"), "3:", "neither `checkout` (to collect) nor `transfer`"),
        (
            format!("{sandbox}[profile.s.cinetpay]\nlimits = \"no\"\n"),
            "4:10",
            "must be one of enforced, ignored",
        ),
        (format!("{sandbox}[profile.s.cinetpay.checkout]\n"), "3:", "checkout.base_url is required"),
        (format!("{sandbox}[profile.s.cinetpay.checkout]\n"), "3:", "checkout.api_key is required"),
        (format!("{sandbox}[profile.s.cinetpay.checkout]\n"), "3:", "checkout.site_id is required"),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\nsite_id = 445160\n"),
            "4:11",
            "must be text in quotes",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = \"hush\"\n"),
            "4:11",
            "is a secret and must not stand here",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ env = \"$KEY\" }}\n"),
            "4:11",
            "without $",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ env = \"1K\" }}\n"),
            "4:11",
            "name of a variable",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ file = \"\" }}\n"),
            "4:11",
            "must refer to a secret",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ prompt = false }}\n"),
            "4:11",
            "must refer to a secret",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ vault = \"x\" }}\n"),
            "4:11",
            "must refer to a secret",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = {{ env = \"A\", file = \"b\" }}\n"),
            "4:11",
            "must refer to a secret",
        ),
        (format!("{sandbox}[profile.s.cinetpay.checkout]\napi_key = 7\n"), "4:11", "must refer to a secret"),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\ncallback_secrets = [\"hush\"]\n"),
            "4:21",
            "is a secret and must not stand here",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\ncurrency = \"EUR\"\n"),
            "4:12",
            "is wrong: a currency",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\ntoken_field = \"tok\"\n"),
            "4:15",
            "must be one of payment_token, token",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.checkout]\nbase_url = \"ftp://x\"\n"),
            "4:12",
            "a base URL is https://host",
        ),
        (
            format!(
                "{sandbox}[profile.s.cinetpay.checkout]\nbase_url = \"https://api-checkout.cinetpay.com\"\n"
            ),
            "4:12",
            "real host in a sandbox profile",
        ),
        (
            format!("{sandbox}[profile.s.cinetpay.transfer]\nbase_url = \"https://client.cinetpay.com\"\n"),
            "4:12",
            "real host in a sandbox profile",
        ),
        (
            format!("{live}[profile.l.cinetpay.transfer]\nbase_url = \"http://127.0.0.1:1\"\n"),
            "4:12",
            "this machine in a live profile",
        ),
        (
            format!("{live}[profile.l.cinetpay.transfer]\npasswd = 1\n"),
            "4:1",
            "is unknown: remove it, or use one of base_url, api_key, password",
        ),
        (format!("{live}[profile.l.bitlipa]\n{bitlipa}"), "3:", "bitlipa.base_url is required"),
        (
            format!("{live}[profile.l.bitlipa]\nbase_url = \"https://localhost\"\n{bitlipa}"),
            "4:12",
            "this machine in a live profile",
        ),
        (
            format!("{sandbox}[profile.s.bitlipa]\nbase_url = \"https://api.partner.example\"\n{bitlipa}"),
            "4:12",
            "another machine than this one",
        ),
        (
            format!("{sandbox}[profile.s.bitlipa]\nhosted_page = \"https://hpp.bitlipa.net\"\n{bitlipa}"),
            "4:15",
            "real host in a sandbox profile",
        ),
        (
            format!("{sandbox}[profile.s.bitlipa]\npicks = [\"1\"]\n"),
            "4:9",
            "must be a list of whole numbers",
        ),
        (
            format!("{sandbox}[profile.s.bitlipa]\ncallback_schema = \"loose\"\n"),
            "4:19",
            "must be one of strict, lenient",
        ),
        (format!("{sandbox}[profile.s.bitlipa]\ndirectory = 1\n"), "4:13", "must be a list of tables"),
        (
            format!("{sandbox}[[profile.s.bitlipa.directory]]\noperator = \"X\"\n"),
            "3:",
            "directory[0].country is required",
        ),
        (
            format!("{sandbox}[[profile.s.bitlipa.directory]]\ncountry = \"Ivory Coast\"\n"),
            "4:11",
            "a country is two capital letters",
        ),
        (
            format!("{sandbox}[[profile.s.bitlipa.directory]]\noperation = \"in\"\n"),
            "4:13",
            "must be one of pay, payout",
        ),
        (
            format!("{sandbox}[[profile.s.bitlipa.directory]]\nphone = \"local\"\n"),
            "4:9",
            "must be one of e164, msisdn",
        ),
        (
            format!("{sandbox}[[profile.s.bitlipa.directory]]\ncurrency = \"XOF\"\nleast = \"1.5\"\n"),
            "3:",
            "least is wrong: XOF has no decimals",
        ),
        (
            format!("{live}[profile.l.adullam]\n"),
            "3:",
            "exactly one of `bearer`, `x_auth`, or `phone` with `password`",
        ),
        (
            format!("{live}[profile.l.adullam]\nbearer = {{ env = \"A\" }}\nx_auth = {{ env = \"B\" }}\n"),
            "3:",
            "exactly one of `bearer`",
        ),
        (
            format!("{live}[profile.l.adullam]\nphone = \"+2250700000000\"\n"),
            "3:",
            "adullam.password is required",
        ),
        (
            format!("{live}[profile.l.adullam]\nphone = \"0700000000\"\npassword = {{ env = \"A\" }}\n"),
            "4:9",
            "is wrong",
        ),
        (
            format!("{live}[profile.l.adullam]\nbearer = {{ env = \"A\" }}\nexpires_in = 20\n"),
            "5:14",
            "from 300 to 86400",
        ),
        (
            format!("{sandbox}[profile.s.adullam]\nbase_url = \"https://api.adullam.dev\"\n"),
            "4:12",
            "real host in a sandbox profile",
        ),
        (format!("{sandbox}[profile.s.journal]\n"), "3:", "exactly one of `path`"),
        (
            format!("{sandbox}[profile.s.journal]\npostgres = \"postgres://u:p@h/d\"\n"),
            "4:12",
            "is a secret and must not stand here",
        ),
        (
            format!("{sandbox}[profile.s.journal]\npath = \"j.db\"\nencryption_keys = [\"c2VjcmV0\"]\n"),
            "5:20",
            "is a secret and must not stand here",
        ),
        (format!("{sandbox}[profile.s.listen]\naddress = \"localhost\"\n"), "4:11", "write address and port"),
        (format!("{sandbox}[profile.s.listen]\nforward_to = \"shop\"\n"), "4:14", "begins with https://"),
        (
            format!("{sandbox}[profile.s.listen]\nforward_to = \"https://shop.example\"\n"),
            "3:",
            "forward_secret is required",
        ),
        (format!("{sandbox}[profile.s.batch]\nconcurrency = 0\n"), "4:15", "from 1 to 256"),
        (
            format!("{sandbox}[profile.s.batch]\napproval_above = [\"much\"]\n"),
            "3:",
            "write them as in \"1000000 XOF\"",
        ),
        (
            format!("{sandbox}[profile.s.batch]\napproval_above = [\"1 XOF\", \"2 XOF\"]\n"),
            "3:",
            "two limits of one currency",
        ),
        (format!("{sandbox}[profile.s.batch.per_minute]\nwave = 3\n"), "4:1", "is unknown"),
        ("[profile.s]\nenvironment = \"sandbox\"\nnamespace = \"é\"\n\"ü\" = 1".into(), "4:1", "is unknown"),
    ];
    for (text, place, words) in rows {
        let found = problems(text);
        assert!(
            found.iter().any(|line| line.starts_with(place) && line.contains(words)),
            "{place} {words}\n{text}\n{found:#?}"
        );
        for secret in ["hush", "u:p@"] {
            assert!(!found.concat().contains(secret), "{found:?}");
        }
    }
    assert!(rows.len() >= 60, "{}", rows.len());
}

#[test]
fn a_text_that_is_no_toml_does_not_show_its_lines() {
    for text in ["api_key = hush-hush", "api_key = \"hush-hush", "x = { env = \"hush-hush\"", "hush-hush"] {
        let ended = settings(text);
        assert_eq!(ended.code, 2);
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("hush"), "{text}: {}", ended.stdout);
        let told =
            end(nzimbu(&["balance", "--gateway", "cinetpay", "--config"]).arg(Folder::new().put("x", text)));
        assert!(!told.stderr.contains("hush"), "{}", told.stderr);
    }
}

#[test]
fn all_faults_are_told_at_once_for_people_too() {
    let folder = Folder::new();
    let file = folder.put(
        "nzimbu.toml",
        "[profile.s]\nenvironment = \"sandbox\"\n[profile.s.http]\nread_timeout = 0\n[profile.s.batch]\nrate = 1\n",
    );
    let english = end(&mut nzimbu(&["doctor", "--offline", "--config", &file]));
    assert_eq!(english.code, 1);
    for line in
        ["4:16: profile.s.http.read_timeout must be a whole number", "6:1: profile.s.batch.rate is unknown"]
    {
        assert!(english.stdout.contains(line), "{line}: {}", english.stdout);
    }
    let french = end(&mut nzimbu(&["balance", "--gateway", "cinetpay", "--lang", "fr", "--config", &file]));
    assert_eq!(french.code, 2);
    assert_eq!(
        french.stderr.replace(&file, "FILE"),
        "erreur : FILE contient des erreurs :\n  \
         4:16: profile.s.http.read_timeout doit être un nombre entier de 1 à 600\n  \
         6:1: profile.s.batch.rate est inconnu : retirez-le, ou prenez l'un de concurrency, per_minute, \
         approval_above\n"
    );
}

#[test]
fn settings_are_looked_for_in_this_order() {
    let folder = Folder::new();
    let text = |name: &str| format!("[profile.{name}]\nenvironment = \"sandbox\"\n");
    let told = |command: &mut assert_cmd::Command| {
        let ended = end(command.current_dir(folder.path()));
        ended.lines()[0]["finding"].as_str().unwrap().to_owned()
    };
    let args = ["doctor", "--offline", "--json"];
    let none = told(&mut nzimbu(&args));
    assert_eq!(none, "there are no settings yet");

    std::fs::create_dir_all(folder.path().join("home/.config/nzimbu")).unwrap();
    folder.put("home/.config/nzimbu/nzimbu.toml", &text("home"));
    std::fs::create_dir_all(folder.path().join("xdg/nzimbu")).unwrap();
    folder.put("xdg/nzimbu/nzimbu.toml", &text("xdg"));
    let home = folder.path().join("home");
    let xdg = folder.path().join("xdg");
    let own = |xdg_too: bool| {
        let mut command = nzimbu(&args);
        command.env("HOME", &home);
        if xdg_too {
            command.env("XDG_CONFIG_HOME", &xdg);
        }
        command
    };
    assert!(told(&mut own(false)).contains("the profile home"));
    assert!(told(&mut own(true)).contains("the profile xdg"));
    folder.put("nzimbu.toml", &text("here"));
    assert!(told(&mut own(true)).contains("the profile here"));
    let named = folder.put("named.toml", &text("named"));
    assert!(told(own(true).env("NZIMBU_CONFIG", &named)).contains("the profile named"));
    let typed = folder.put("typed.toml", &(text("typed") + &text("other")));
    let with = |more: &[&str]| {
        let mut command = nzimbu(&[&args[..], &["--config", &typed], more].concat());
        command.env("NZIMBU_CONFIG", &named);
        command
    };
    assert!(told(with(&[]).env("NZIMBU_PROFILE", "other")).contains("the profile other"));
    assert!(told(with(&["--profile", "typed"]).env("NZIMBU_PROFILE", "other")).contains("the profile typed"));
    assert!(told(&mut nzimbu(&[&args[..], &["--config", "/no/such"]].concat())).contains("cannot be read"));
}

#[test]
fn without_settings_there_is_a_way_to_begin() {
    let folder = Folder::new();
    for (lang, words) in
        [("en", "nzimbu sandbox --write-config nzimbu.toml"), ("fr", "pour essayer sans compte")]
    {
        let args = ["pay", "--gateway", "bitlipa", "--profile", "sandbox", "--lang", lang];
        let ended = end(nzimbu(&args).current_dir(folder.path()));
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

/// Settings that reach nothing, whatever is sent: the proxy's port refuses every connection.
fn live(folder: &Folder) -> String {
    folder.put(
        "live.toml",
        "[profile.live]\nenvironment = \"live\"\nnamespace = \"tests/live\"\n\
         [profile.live.http]\nproxy = { env = \"PROXY\" }\n\
         [profile.live.bitlipa]\nbase_url = \"https://gateway.example\"\npublic_id = \"a\"\nmerchant_id = \"b\"\n\
         secrets = { env = \"SECRET\" }\nnotify_url = \"https://shop.example/\"\n",
    )
}

#[test]
fn real_money_needs_the_word_and_the_amount() {
    let folder = Folder::new();
    let file = live(&folder);
    let request = folder.put(
        "request.json",
        r#"{"order": "OUT-1", "amount": {"value": "1000", "currency": "XOF"},
            "channel": {"operator": {"country": "CI", "name": "Orange"}},
            "recipient": {"phone": "+2250700000000", "name": "Kouassi"}}"#,
    );
    let payout = |more: &[&str], typed: &str| {
        let args = ["payout", "--gateway", "bitlipa", "--json", "--no-journal", "--config", &file];
        end(nzimbu(&[&args[..], more].concat())
            .env("SECRET", "a-real-secret")
            .env("PROXY", "http://127.0.0.1:9")
            .write_stdin(typed.to_owned()))
    };
    let unsaid = payout(&[&request], "1000 XOF\n");
    assert_eq!(unsaid.code, 2);
    assert!(unsaid.stdout.contains("add --live"), "{}", unsaid.stdout);
    for typed in ["", "\n", "yes\n", "1000\n", "100 XOF\n", "1000 XAF\n", "1000 XOF please\n"] {
        let refused = payout(&["--live", &request], typed);
        assert_eq!(refused.code, 1, "{typed:?}: {}", refused.stdout);
        assert_eq!(refused.json()["error"]["kind"], "unconfirmed", "{typed:?}");
        assert!(
            refused.stderr.contains(
                "LIVE profile live: this pays out 1000 XOF to +225…00 through bitlipa, order OUT-1"
            )
        );
    }
    let piped = payout(&["--live", "-"], &std::fs::read_to_string(&request).unwrap());
    assert_eq!((piped.code, &piped.json()["error"]["kind"]), (2, &json!("usage")), "{}", piped.stdout);
    // Nothing can be reached, and that nothing was sent is proven.
    let tried = payout(&["--live", &request], " 1000  XOF\n");
    let error = tried.json()["error"].clone();
    assert_eq!(
        (tried.code, &error["kind"], &error["outcome"], &error["advice"]),
        (1, &json!("transport"), &json!("not-sent"), &json!("repeat")),
        "{}",
        tried.stdout
    );
    let world = World::new();
    let wrong = end(&mut world.nzimbu(&["payout", "--gateway", "bitlipa", "--live", &request]));
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("is a sandbox"), "{}", wrong.stderr);
}

#[test]
fn keys_of_one_environment_never_meet_the_other() {
    let folder = Folder::new();
    let file = live(&folder);
    let args = ["doctor", "--offline", "--json", "--config", &file];
    let told =
        |secret: &str| end(nzimbu(&args).env("SECRET", secret).env("PROXY", "http://127.0.0.1:9")).stdout;
    for made_up in ["sandbox-secret-1", "Sandbox-x", "SANDBOX"] {
        assert!(told(made_up).contains("is a credential of the sandbox in a live profile"), "{made_up}");
    }
    assert!(!told("a-real-secret").contains("problem"), "{}", told("a-real-secret"));
    let world = World::new();
    let mut real = world.nzimbu(&["balance", "--gateway", "cinetpay"]);
    let ended = end(real.env("T_PASSWORD", "a-real-password"));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("is not a credential of the sandbox"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("a-real-password"));
}

#[test]
fn a_secret_comes_from_the_environment_or_from_a_file_of_ones_own() {
    let world = World::new();
    let password = world.sandbox.endpoints().cinetpay.password.clone();
    let balance = |world: &World| end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay"]));
    assert_eq!(balance(&world).code, 0);
    let unset = end(world.nzimbu(&["balance", "--gateway", "cinetpay"]).env_remove("T_PASSWORD"));
    assert_eq!(unset.code, 2);
    assert!(
        unset.stderr.contains("transfer.password refers to a variable of the environment that is not set")
    );
    let blank = end(world.nzimbu(&["balance", "--gateway", "cinetpay"]).env("T_PASSWORD", " "));
    assert!(blank.stderr.contains("refers to a secret that is empty"), "{}", blank.stderr);

    world.rewrite(&world.settings().replace("{ env = \"T_PASSWORD\" }", "{ file = \"password\" }"));
    let missing = balance(&world);
    assert!(missing.stderr.contains("a file that cannot be read"), "{}", missing.stderr);
    world.folder.put("password", &format!("{password}\n"));
    let found = balance(&world);
    assert_eq!(found.code, 0, "{}", found.stderr);
    world.folder.put("password", &format!("{password}\n\n"));
    assert_eq!(balance(&world).code, 2, "one line break and no more");

    world.rewrite(&world.settings().replace("{ file = \"password\" }", "{ prompt = true }"));
    let nobody = balance(&world);
    assert_eq!(nobody.code, 2);
    assert!(nobody.stderr.contains("there is no terminal"), "{}", nobody.stderr);
}

#[test]
#[cfg(unix)]
fn a_file_that_everybody_can_read_is_no_place_for_a_live_secret() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let text = std::fs::read_to_string(live(&folder))
        .unwrap()
        .replace("{ env = \"SECRET\" }", "{ file = \"secret\" }");
    let file = folder.put("live.toml", &text);
    let secret = folder.put("secret", "a-real-secret");
    let doctor = |mode: u32| {
        set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        let args = ["doctor", "--offline", "--config", &file];
        end(nzimbu(&args).env("PROXY", "http://127.0.0.1:9"))
    };
    for mode in [0o644, 0o604] {
        let ended = doctor(mode);
        assert_eq!(ended.code, 1);
        assert!(ended.stdout.contains("every user of this machine can read: chmod 600"), "{}", ended.stdout);
    }
    for mode in [0o600, 0o400, 0o640] {
        assert_eq!(doctor(mode).code, 0, "{mode:o}");
    }
    // In a sandbox it is a warning.
    let world = World::new();
    world.rewrite(&world.settings().replace("{ env = \"T_PASSWORD\" }", "{ file = \"password\" }"));
    let path = world.folder.put("password", &world.sandbox.endpoints().cinetpay.password);
    set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    let warned = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay"]));
    assert_eq!(warned.code, 0);
    assert!(
        warned.stderr.starts_with("warning: profile.sandbox.cinetpay.transfer.password"),
        "{}",
        warned.stderr
    );
}

#[test]
fn what_a_gateway_finds_in_the_settings_has_a_place_too() {
    let world = World::new();
    let site = &world.sandbox.endpoints().cinetpay.site_id;
    world.rewrite(&world.settings().replace(&format!("site_id = \"{site}\""), "site_id = \"no digits\""));
    let ended = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay"]));
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("9:11: profile.sandbox.cinetpay.checkout.site_id must be the digits"),
        "{}",
        ended.stderr
    );
    let gone = end(&mut world.nzimbu(&["balance", "--gateway", "cinetpay", "--profile", "live"]));
    assert_eq!(gone.code, 2);
    assert!(gone.stderr.contains("use one of sandbox"), "{}", gone.stderr);
}

#[test]
fn the_language_is_the_one_that_was_chosen() {
    let folder = Folder::new();
    let told = |lang: &[&str], variables: &[(&str, &str)]| {
        let mut command = nzimbu(&[&["balance", "--gateway", "cinetpay"], lang].concat());
        command.current_dir(folder.path()).envs(variables.iter().copied());
        end(&mut command).stderr.lines().next().unwrap().to_owned()
    };
    let (english, french) = ("error: there are no settings yet", "erreur : il n'y a pas encore de réglages");
    assert_eq!(told(&[], &[]), english);
    assert_eq!(told(&[], &[("LANG", "fr_FR.UTF-8")]), french);
    assert_eq!(told(&[], &[("LANG", "fr_FR.UTF-8"), ("LC_ALL", "C")]), english);
    assert_eq!(told(&[], &[("LANG", "C"), ("LC_MESSAGES", "fr_CI")]), french);
    assert_eq!(told(&[], &[("LANG", "fr_FR"), ("NZIMBU_LANG", "en")]), english);
    assert_eq!(told(&["--lang", "fr"], &[("NZIMBU_LANG", "en")]), french);
    assert!(told(&[], &[("NZIMBU_LANG", "de")]).contains("NZIMBU_LANG is neither en nor fr"));
    // Programs read English whatever people read.
    let json =
        end(nzimbu(&["balance", "--gateway", "cinetpay", "--json", "--lang", "fr"])
            .current_dir(folder.path()));
    assert_eq!(json.json()["error"]["message"], "there are no settings yet");
}
