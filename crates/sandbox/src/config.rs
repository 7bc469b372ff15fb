//! Settings from a TOML file: every problem at once, each with its key and its remedy.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::endings::{Ending, HOLD};
use crate::faults::{Fault, FaultKind};
use crate::gateway::Decision;
use crate::latency::Latency;
use crate::merchants::Merchant;
use crate::settings::Settings;

impl Settings {
    /// These settings changed by a TOML file; what it does not name stays as it is.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`Settings::with_toml`].
    pub fn with_file(self, path: &Path) -> Result<Settings, String> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("{} cannot be read: {error}; name a TOML file that is there", path.display())
        })?;
        self.with_toml(&text).map_err(|problems| format!("{}: {problems}", path.display()))
    }

    /// These settings changed by TOML; what it does not name stays as it is.
    ///
    /// ```
    /// use nzimbu_sandbox::Settings;
    ///
    /// let settings = Settings::default().with_toml(
    ///     r#"
    ///     seed = 7
    ///     auto_ms = 0            # 0: nothing is decided by itself
    ///     [cinetpay]
    ///     currency = "XAF"
    ///     [callbacks]
    ///     attempts = 5
    ///     [[fault]]
    ///     kind = "cut_after"
    ///     gateway = "cinetpay-transfer"
    ///     operation = "send"
    ///     percent = 20
    ///     "#,
    /// )?;
    /// assert_eq!(settings.auto, None);
    /// let problems = Settings::default().with_toml("prot = 4000\nseed = \"x\"").unwrap_err();
    /// assert!(problems.contains("prot is unknown") && problems.contains("seed must be"));
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// When the text is no TOML; otherwise with every unknown key, every value of the wrong kind and everything
    /// that [`Settings::check`] finds, separated by `; `.
    pub fn with_toml(self, text: &str) -> Result<Settings, String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            format!("it is no TOML: {}", error.to_string().trim().replace('\n', " "))
        })?;
        let mut settings = self;
        let mut problems = Vec::new();
        let mut root = Section::new(table, String::new(), &mut problems);
        read_root(&mut root, &mut settings);
        let latency = root.take("latency_ms");
        let sections = ["callbacks", "cinetpay", "bitlipa", "adullam"].map(|name| root.section(name));
        let choices = root.section("choices");
        let [merchants, faults, endings] = ["merchant", "fault", "ending"].map(|name| root.sections(name));
        root.end();
        let [callbacks, cinetpay, bitlipa, adullam] = sections;
        if let Some(table) = callbacks {
            let mut section = Section::new(table, "callbacks.".to_owned(), &mut problems);
            read_callbacks(&mut section, &mut settings);
            section.end();
        }
        let mut first = settings.first();
        read_merchant(&mut first, [cinetpay, bitlipa, adullam, choices], "", &mut problems);
        settings.take_first(first);
        for table in merchants {
            let merchant = read_further_merchant(table, &settings, &mut problems);
            settings.merchants.push(merchant);
        }
        settings.latencies.extend(read_latencies(latency, &mut settings.latency, &mut problems));
        for (index, table) in faults.into_iter().enumerate() {
            let mut section = Section::new(table, format!("fault {}: ", index + 1), &mut problems);
            settings.faults.extend(read_fault(&mut section));
            section.end();
        }
        for (index, table) in endings.into_iter().enumerate() {
            let mut section = Section::new(table, format!("ending {}: ", index + 1), &mut problems);
            settings.endings.extend(read_ending(&mut section));
            section.end();
        }
        if let Err(more) = settings.check() {
            problems.push(more);
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems.join("; ")) }
    }
}

fn read_root(root: &mut Section, settings: &mut Settings) {
    if let Some(host) = root.take_text("host") {
        match host.parse::<IpAddr>() {
            Ok(host) => settings.host = host,
            Err(_) => root.problem("host", "must be an IP address such as 127.0.0.1"),
        }
    }
    let mut port = None;
    root.number("port", &mut port);
    settings.port = port.or(settings.port);
    root.set("seed", &mut settings.seed);
    root.set("capacity", &mut settings.capacity);
    root.truth("magic", &mut settings.magic);
    if let Some(auto) = root.milliseconds("auto_ms") {
        settings.auto = (auto > Duration::ZERO).then_some(auto);
    }
    settings.drip_pause = root.milliseconds("drip_pause_ms").unwrap_or(settings.drip_pause);
    #[cfg(feature = "store")]
    {
        let mut store = None;
        root.text("store", &mut store);
        settings.store = store.map(Into::into);
    }
}

fn read_callbacks(section: &mut Section, settings: &mut Settings) {
    section.set("attempts", &mut settings.callback_attempts);
    settings.callback_pause = section.milliseconds("pause_ms").unwrap_or(settings.callback_pause);
    settings.callback_timeout = section.milliseconds("timeout_ms").unwrap_or(settings.callback_timeout);
    if let Some(hosts) = section.texts("allowed_hosts") {
        settings.allowed_callback_hosts = hosts;
    }
}

/// What one merchant's sections say: `[cinetpay]`, `[bitlipa]`, `[adullam]`, `[choices]`.
fn read_merchant(
    merchant: &mut Merchant,
    sections: [Option<Table>; 4],
    path: &str,
    problems: &mut Vec<String>,
) {
    let [cinetpay, bitlipa, adullam, choices] = sections;
    if let Some(table) = cinetpay {
        let mut section = Section::new(table, format!("{path}cinetpay."), problems);
        read_cinetpay(&mut section, merchant);
        section.end();
    }
    if let Some(table) = bitlipa {
        let mut section = Section::new(table, format!("{path}bitlipa."), problems);
        let given = &mut merchant.credentials;
        section.text("public_id", &mut given.bitlipa_public_id);
        section.text("merchant_id", &mut given.bitlipa_merchant_id);
        section.text("secret", &mut given.bitlipa_secret);
        section.end();
    }
    if let Some(table) = adullam {
        let mut section = Section::new(table, format!("{path}adullam."), problems);
        section.text("token", &mut merchant.credentials.adullam_token);
        section.end();
    }
    if let Some(table) = choices {
        let mut section = Section::new(table, format!("{path}choices."), problems);
        section.read("checkout", &mut merchant.checkout);
        section.read("transfer", &mut merchant.transfer);
        section.read("bitlipa", &mut merchant.bitlipa);
        section.read("adullam", &mut merchant.adullam);
        section.end();
    }
}

/// What the table does not say is as for the first merchant, besides credentials.
fn read_further_merchant(table: Table, settings: &Settings, problems: &mut Vec<String>) -> Merchant {
    let number = settings.merchants.len() + 1;
    let mut section = Section::new(table, format!("merchant {number}: "), problems);
    let name = section.take_text("name").unwrap_or_else(|| {
        section.problem("name", "is missing; choose one of small letters, digits and underscores");
        format!("merchant_{number}")
    });
    let mut merchant = settings.merchant(&name);
    if let Some(auto) = section.milliseconds("auto_ms") {
        merchant.auto = (auto > Duration::ZERO).then_some(auto);
    }
    let sections = ["cinetpay", "bitlipa", "adullam", "choices"].map(|name| section.section(name));
    section.end();
    read_merchant(&mut merchant, sections, &format!("merchant {name}: "), problems);
    merchant
}

fn read_cinetpay(section: &mut Section, merchant: &mut Merchant) {
    if let Some(currency) = section.take_text("currency") {
        merchant.cinetpay_currency = currency;
    }
    let given = &mut merchant.credentials;
    section.text("apikey", &mut given.cinetpay_apikey);
    section.text("site_id", &mut given.cinetpay_site_id);
    section.text("secret_key", &mut given.cinetpay_secret_key);
    section.text("password", &mut given.cinetpay_password);
    section.set("transfer_balance", &mut merchant.transfer_balance);
    let mut life = None;
    section.number("transfer_token_seconds", &mut life);
    merchant.transfer_token_life = life.map_or(merchant.transfer_token_life, Duration::from_secs);
    section.truth("email_confirmation", &mut merchant.email_confirmation);
    section.truth("ip_allowed", &mut merchant.ip_allowed);
}

/// A number for all answers; or a table of gateways, each with a number or a table of operations. `all` stands
/// for every one.
fn read_latencies(
    value: Option<Value>,
    all: &mut Option<Duration>,
    problems: &mut Vec<String>,
) -> Vec<Latency> {
    let time = |value: &Value| value.as_integer().and_then(|number| u64::try_from(number).ok());
    let named = |name: &str| (name != ALL).then(|| name.to_owned());
    let mut found = Vec::new();
    match value {
        None => {}
        Some(Value::Table(gateways)) => {
            for (gateway, value) in gateways {
                let times = match value {
                    Value::Table(operations) => operations,
                    one => Table::from_iter([(ALL.to_owned(), one)]),
                };
                for (operation, value) in times {
                    let Some(least) = time(&value) else {
                        let place = format!("latency_ms.{gateway}.{operation}");
                        problems.push(format!("{place} must be an integer of milliseconds, 0 or more"));
                        continue;
                    };
                    let mut latency = Latency::new(Duration::from_millis(least));
                    latency.gateway = named(&gateway);
                    latency.operation = named(&operation);
                    found.push(latency);
                }
            }
        }
        Some(value) => match time(&value) {
            Some(least) => *all = Some(Duration::from_millis(least)),
            None => problems.push(
                "latency_ms must be an integer of milliseconds, or a table such as { bitlipa = 300 }"
                    .to_owned(),
            ),
        },
    }
    found
}

fn read_ending(section: &mut Section) -> Option<Ending> {
    let name = section.take_text("decision");
    let decision = match name.as_deref() {
        Some(HOLD) => Some(None),
        other => other.and_then(Decision::parse).map(Some),
    };
    if decision.is_none() {
        let names = Decision::ALL.map(Decision::name).join(", ");
        section.problem("decision", &format!("must be one of {names}, or {HOLD} for none"));
    }
    let mut ending = Ending::new(decision.flatten());
    ending.after = section.milliseconds("after_ms").unwrap_or(ending.after);
    section.text("gateway", &mut ending.gateway);
    section.text("merchant", &mut ending.merchant);
    section.text("order_id", &mut ending.order_id);
    section.text("phone", &mut ending.phone);
    section.text("amount", &mut ending.amount);
    section.set("percent", &mut ending.percent);
    section.number("times", &mut ending.times);
    decision.map(|_| ending)
}

fn read_fault(section: &mut Section) -> Option<Fault> {
    let name = section.take_text("kind");
    let kind = name.as_deref().and_then(FaultKind::parse);
    if kind.is_none() {
        let names = FaultKind::ALL.map(FaultKind::name).join(", ");
        section.problem("kind", &format!("must be one of {names}"));
    }
    let mut fault = Fault::new(kind.unwrap_or(FaultKind::CutAfter));
    section.text("gateway", &mut fault.gateway);
    section.text("merchant", &mut fault.merchant);
    section.text("operation", &mut fault.operation);
    section.text("order_id", &mut fault.order_id);
    section.text("phone", &mut fault.phone);
    section.text("amount", &mut fault.amount);
    section.set("percent", &mut fault.percent);
    section.number("times", &mut fault.times);
    section.number("seconds", &mut fault.seconds);
    section.number("copies", &mut fault.copies);
    kind.map(|_| fault)
}

/// A table whose members are taken one by one; those left over are unknown.
struct Section<'a> {
    table: Table,
    path: String,
    known: Vec<&'static str>,
    problems: &'a mut Vec<String>,
}

impl Section<'_> {
    fn new(table: Table, path: String, problems: &mut Vec<String>) -> Section<'_> {
        Section { table, path, known: Vec::new(), problems }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.table.remove(name)
    }

    fn take_text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.problem(name, "must be text in quotes");
                None
            }
        }
    }

    fn text(&mut self, name: &'static str, place: &mut Option<String>) {
        if let Some(text) = self.take_text(name) {
            *place = Some(text);
        }
    }

    fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(name)? else {
            self.problem(name, "must be a list of texts such as [\"merchant.test\"]");
            return None;
        };
        let texts: Vec<String> = items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.len() < items.len() {
            self.problem(name, "must hold texts only");
        }
        Some(texts)
    }

    fn number<N: TryFrom<i64>>(&mut self, name: &'static str, place: &mut Option<N>) {
        let Some(value) = self.take(name) else { return };
        match value.as_integer().and_then(|number| N::try_from(number).ok()) {
            Some(number) => *place = Some(number),
            None => self.problem(name, "must be an integer that fits; see the README for its unit"),
        }
    }

    fn set<N: TryFrom<i64>>(&mut self, name: &'static str, place: &mut N) {
        let mut given = None;
        self.number(name, &mut given);
        if let Some(number) = given {
            *place = number;
        }
    }

    fn truth(&mut self, name: &'static str, place: &mut bool) {
        match self.take(name) {
            None => {}
            Some(Value::Boolean(truth)) => *place = truth,
            Some(_) => self.problem(name, "must be true or false"),
        }
    }

    fn milliseconds(&mut self, name: &'static str) -> Option<Duration> {
        let mut given = None;
        self.number(name, &mut given);
        given.map(Duration::from_millis)
    }

    fn section(&mut self, name: &'static str) -> Option<Table> {
        match self.take(name)? {
            Value::Table(table) => Some(table),
            _ => {
                self.problem(name, &format!("must be a table: write [{name}]"));
                None
            }
        }
    }

    /// A table as a whole; what it does not name has its default.
    fn read<T: DeserializeOwned>(&mut self, name: &'static str, place: &mut T) {
        let Some(value) = self.take(name) else { return };
        match value.try_into() {
            Ok(read) => *place = read,
            Err(error) => {
                let text = error.to_string().trim().replace('\n', " ");
                self.problem(name, &format!("cannot be read: {text}"));
            }
        }
    }

    fn sections(&mut self, name: &'static str) -> Vec<Table> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let tables = match value {
            Value::Array(items) => {
                let count = items.len();
                let tables: Vec<Table> = items
                    .into_iter()
                    .filter_map(|item| match item {
                        Value::Table(table) => Some(table),
                        _ => None,
                    })
                    .collect();
                (tables.len() == count).then_some(tables)
            }
            _ => None,
        };
        tables.unwrap_or_else(|| {
            self.problem(name, &format!("must be a list of tables: write [[{name}]]"));
            Vec::new()
        })
    }

    fn problem(&mut self, name: &str, rule: &str) {
        self.problems.push(format!("{}{name} {rule}", self.path));
    }

    fn end(self) {
        for name in self.table.keys() {
            let remedy = format!("use one of {}, or remove it", self.known.join(", "));
            self.problems.push(format!("{}{name} is unknown; {remedy}", self.path));
        }
    }
}

/// Every gateway, or every operation.
const ALL: &str = "all";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;
    use crate::choices::{BadSignature, RefusalData, ReusedKey, TransferNotification};

    #[test]
    fn every_key_has_its_effect() {
        let settings = Settings::default()
            .with_toml(
                r#"
            host = "127.0.0.2"
            port = 4000
            seed = 9
            capacity = 10
            magic = false
            auto_ms = 20
            latency_ms = 30
            drip_pause_ms = 40
            [callbacks]
            attempts = 7
            pause_ms = 50
            timeout_ms = 60
            allowed_hosts = ["merchant.test"]
            [cinetpay]
            currency = "GNF"
            apikey = "sandbox-a"
            site_id = "123"
            secret_key = "sandbox-s"
            password = "sandbox-p"
            transfer_balance = 5000
            transfer_token_seconds = 70
            email_confirmation = true
            ip_allowed = false
            [bitlipa]
            public_id = "sandboxpub"
            merchant_id = "sandboxmer"
            secret = "sandbox-sec"
            [adullam]
            token = "sandbox-tok"
            [[fault]]
            kind = "stall"
            gateway = "bitlipa"
            operation = "create"
            order_id = "A-*"
            phone = "*1"
            amount = "100"
            percent = 50
            times = 3
            seconds = 2
            [[fault]]
            kind = "duplicate_callback"
            copies = 4
            "#,
            )
            .unwrap();
        let milliseconds = Duration::from_millis;
        assert_eq!(settings.host.to_string(), "127.0.0.2");
        assert_eq!((settings.port, settings.seed, settings.capacity), (Some(4000), 9, 10));
        assert!(!settings.magic && settings.email_confirmation && !settings.ip_allowed);
        assert_eq!(settings.auto, Some(milliseconds(20)));
        assert_eq!(settings.latency, Some(milliseconds(30)));
        assert_eq!(settings.drip_pause, milliseconds(40));
        assert_eq!(settings.callback_attempts, 7);
        assert_eq!(settings.callback_pause, milliseconds(50));
        assert_eq!(settings.callback_timeout, milliseconds(60));
        assert_eq!(settings.allowed_callback_hosts, ["merchant.test"]);
        assert_eq!(settings.cinetpay_currency, "GNF");
        assert_eq!(settings.transfer_balance, 5000);
        assert_eq!(settings.transfer_token_life, Duration::from_secs(70));
        let given = &settings.credentials;
        let all = [
            &given.cinetpay_apikey,
            &given.cinetpay_site_id,
            &given.cinetpay_secret_key,
            &given.cinetpay_password,
            &given.bitlipa_public_id,
            &given.bitlipa_merchant_id,
            &given.bitlipa_secret,
            &given.adullam_token,
        ]
        .map(|text| text.as_deref().unwrap());
        assert_eq!(
            all,
            [
                "sandbox-a",
                "123",
                "sandbox-s",
                "sandbox-p",
                "sandboxpub",
                "sandboxmer",
                "sandbox-sec",
                "sandbox-tok"
            ]
        );
        let [stall, copies] = &settings.faults[..] else { panic!("two faults") };
        assert_eq!(
            (stall.kind, stall.percent, stall.times, stall.seconds),
            (FaultKind::Stall, 50, Some(3), Some(2))
        );
        assert_eq!(stall.order_id.as_deref(), Some("A-*"));
        assert_eq!((copies.kind, copies.copies), (FaultKind::DuplicateCallback, Some(4)));
        assert_eq!(Settings::default().with_toml("auto_ms = 0").unwrap().auto, None);
    }

    #[test]
    fn choices_are_read_by_table() {
        let settings = Settings::default()
            .with_toml(
                r#"
            [choices.checkout]
            refusal_data = "empty_array"
            calls_per_minute = 60
            [choices.transfer]
            balances = { 237 = 500 }
            allowed_callers = ["127.0.0.1"]
            notification = "french2018"
            [choices.bitlipa]
            bad_signature = "html"
            callback = "seen"
            [choices.adullam]
            reused_key = "replay"
            "#,
            )
            .unwrap();
        assert_eq!(settings.checkout.refusal_data, RefusalData::EmptyArray);
        assert_eq!((settings.checkout.calls_per_minute, settings.checkout.refusal_status), (Some(60), 400));
        assert_eq!(settings.transfer.balances.get("237"), Some(&500));
        assert!(settings.transfer.allowed_callers.iter().all(IpAddr::is_loopback));
        assert_eq!(settings.transfer.notification, TransferNotification::French2018);
        assert_eq!(settings.bitlipa.bad_signature, BadSignature::Html);
        assert_eq!(settings.adullam.reused_key, ReusedKey::Replay);
        let problems = Settings::default()
            .with_toml("[choices.checkout]\nslice = true\n[choices.transfer]\nflat_data = 1\n[choices.other]")
            .unwrap_err();
        for part in
            ["choices.checkout cannot be read", "choices.transfer cannot be read", "choices.other is unknown"]
        {
            assert!(problems.contains(part), "{part:?} is missing in {problems}");
        }
    }

    #[test]
    fn further_merchants_have_what_the_first_has_unless_they_say_otherwise() {
        let settings = Settings::default()
            .with_toml(
                r#"
            auto_ms = 20
            [cinetpay]
            currency = "GNF"
            apikey = "sandbox-first"
            transfer_balance = 700
            [choices.adullam]
            password = "password-of-first"
            [[merchant]]
            name = "shop"
            auto_ms = 0
            [merchant.cinetpay]
            apikey = "sandbox-shop"
            transfer_balance = 900
            [merchant.bitlipa]
            secret = "sandbox-secret"
            [merchant.adullam]
            token = "sandbox-token"
            [merchant.choices.transfer]
            flat_data = true
            [[merchant]]
            name = "school"
            "#,
            )
            .unwrap();
        let [shop, school] = &settings.merchants[..] else { panic!("two merchants") };
        assert_eq!((shop.name.as_str(), school.name.as_str()), ("shop", "school"));
        assert_eq!((shop.auto, school.auto), (None, Some(Duration::from_millis(20))));
        assert_eq!((shop.cinetpay_currency.as_str(), shop.transfer_balance), ("GNF", 900));
        assert_eq!(shop.credentials.cinetpay_apikey.as_deref(), Some("sandbox-shop"));
        assert_eq!(shop.credentials.bitlipa_secret.as_deref(), Some("sandbox-secret"));
        assert_eq!(shop.credentials.adullam_token.as_deref(), Some("sandbox-token"));
        assert_eq!(school.credentials, crate::settings::Credentials::default());
        assert!(shop.transfer.flat_data && !settings.transfer.flat_data);
        assert_eq!(school.adullam.password, "password-of-first-school");
        assert_eq!(settings.cinetpay_currency, "GNF");
        let problems = Settings::default()
            .with_toml(
                "[cinetpay]\napikey = \"same\"\n[[merchant]]\n[[merchant]]\nname = \"A B\"\ncolour = 1\n\
                 [[merchant]]\nname = \"main\"\n[merchant.cinetpay]\napikey = \"same\"\ncurrency = \"EUR\"\n\
                 [merchant.choices.adullam]\nphone = \"+22507123456\"\n[[fault]]\nkind = \"stall\"\n\
                 merchant = \"nobody\"",
            )
            .unwrap_err();
        for part in [
            "merchant 1: name is missing",
            "merchant 2: colour is unknown",
            "merchant.name must be 1 to 32 small letters",
            "merchant main occurs twice",
            "cinetpay.apikey of merchant main is that of main too",
            "choices.adullam.password of merchant main is that of main too",
            "merchant main: cinetpay_currency is unknown",
            "merchant nobody is unknown; use one of main",
        ] {
            assert!(problems.contains(part), "{part:?} is missing in {problems}");
        }
    }

    #[test]
    fn latencies_and_endings_are_read() {
        let settings = Settings::default()
            .with_toml(
                r#"
            [latency_ms]
            all = 10
            bitlipa = 20
            cinetpay-transfer = { all = 30, send = 800 }
            [[ending]]
            decision = "refuse"
            after_ms = 250
            gateway = "cinetpay-transfer"
            order_id = "BAD-*"
            percent = 50
            times = 3
            [[ending]]
            decision = "hold"
            phone = "*9"
            amount = "100"
            merchant = "main"
            "#,
            )
            .unwrap();
        let milliseconds = Duration::from_millis;
        let mut latencies: Vec<_> = settings
            .latencies
            .iter()
            .map(|latency| (latency.gateway.as_deref(), latency.operation.as_deref(), latency.least))
            .collect();
        latencies.sort_unstable();
        assert_eq!(
            latencies,
            [
                (None, None, milliseconds(10)),
                (Some("bitlipa"), None, milliseconds(20)),
                (Some("cinetpay-transfer"), None, milliseconds(30)),
                (Some("cinetpay-transfer"), Some("send"), milliseconds(800)),
            ]
        );
        let [refuse, hold] = &settings.endings[..] else { panic!("two endings") };
        assert_eq!((refuse.decision, refuse.after), (Some(Decision::Refuse), milliseconds(250)));
        assert_eq!((refuse.order_id.as_deref(), refuse.percent, refuse.times), (Some("BAD-*"), 50, Some(3)));
        assert_eq!((hold.decision, hold.phone.as_deref()), (None, Some("*9")));
        assert_eq!((hold.amount.as_deref(), hold.merchant.as_deref()), (Some("100"), Some("main")));
        let problems = Settings::default()
            .with_toml(
                "[latency_ms]\npaypal = 1\nbitlipa = { dance = 2, create = \"x\" }\n[[ending]]\n\
                 decision = \"maybe\"",
            )
            .unwrap_err();
        for part in [
            "gateway is unknown",
            "operation is unknown",
            "latency_ms.bitlipa.create must be an integer",
            "ending 1: decision must be one of approve",
        ] {
            assert!(problems.contains(part), "{part:?} is missing in {problems}");
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let problems = Settings::default().with_toml(
            "prot = 1\nseed = \"x\"\nport = 70000\nmagic = 1\ncinetpay = 3\ncapacity = 0\n\
             [callbacks]\nretries = 2\n[[fault]]\nkind = \"explode\"\n[[fault]]\nkind = \"stall\"\npercent = 0\nx = 1",
        )
        .unwrap_err();
        for part in [
            "prot is unknown; use one of host, port",
            "seed must be an integer",
            "port must be an integer",
            "magic must be true or false",
            "cinetpay must be a table",
            "capacity must be at least 1",
            "callbacks.retries is unknown; use one of attempts",
            "fault 1: kind must be one of refuse",
            "percent must be 1 to 100",
            "fault 2: x is unknown",
        ] {
            assert!(problems.contains(part), "{part:?} is missing in {problems}");
        }
        assert!(Settings::default().with_toml("= 1").unwrap_err().contains("no TOML"));
    }
}
