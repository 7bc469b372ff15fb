use std::fmt::Write as _;

use nzimbu::{Currency, Operation};
use proptest::prelude::*;

use super::csv::CsvReport;
use super::html::{About, HtmlReport};
use super::*;
use crate::batch::Encoding;
use crate::batch::source::{FileDigest, Reading};

const STATES: [State; 10] = [
    State::Succeeded,
    State::Accepted,
    State::Sending,
    State::Ready,
    State::Planned,
    State::Unknown,
    State::Failed,
    State::Rejected,
    State::Expired,
    State::Cancelled,
];

fn row(at: u64) -> ReportRow {
    let which = usize::try_from(at).unwrap();
    // Nine of ten were paid, as on a usual day.
    let state = if at.is_multiple_of(10) { STATES[which / 10 % STATES.len()] } else { State::Succeeded };
    let places =
        [("CI", "Orange"), ("CI", "MTN"), ("SN", "Wave"), ("CI", "Wave"), ("BJ", "Moov"), ("TG", "TMoney")];
    let (country, operator) = places[which % places.len()];
    ReportRow {
        reference: format!("SAL-2026-05-{at:04}"),
        order: OrderId::derive("acme/test", Operation::Payout, &at.to_string()),
        phone: Some("+225…07".to_owned()),
        operator: Some(operator.to_owned()),
        country: Some(Country::parse(country).unwrap()),
        amount: Money::from_minor(50_000 + at * 35 % 400_000, Currency::Xof).unwrap(),
        state,
        flag: (at == 30)
            .then_some(Flag::NeedsReview)
            .or((at == 40).then_some(Flag::Mismatch))
            .or((at == 50).then_some(Flag::Conflict))
            .or((at == 7).then_some(Flag::AmountUnconfirmed)),
        gateway: "cinetpay".to_owned(),
        gateway_reference: GatewayRef::new(&format!("EA{at:08}")),
        failure: matches!(state, State::Failed | State::Rejected).then(|| "insufficient_balance".to_owned()),
        created_at: Some(UnixTime::from_secs(1_780_000_000)),
        updated_at: Some(UnixTime::from_secs(1_780_000_100 + i64::try_from(at).unwrap())),
    }
}

fn about() -> About {
    About {
        file: "salaires-mai.csv".to_owned(),
        digest: digest(),
        environment: "sandbox".to_owned(),
        written_at: UnixTime::from_secs(1_780_003_600),
    }
}

fn digest() -> FileDigest {
    Reading::start(&b"x"[..], Encoding::Utf8).unwrap().finish().unwrap()
}

fn page(rows: impl Iterator<Item = ReportRow>, about: &About, lang: Lang) -> String {
    let mut report = HtmlReport::default();
    rows.for_each(|row| report.add(&row));
    let mut page = Vec::new();
    report.write(about, lang, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn table(row: &ReportRow, lang: Lang) -> Vec<Vec<String>> {
    let mut report = CsvReport::new(Vec::new(), lang).unwrap();
    report.add(row).unwrap();
    let bytes = report.finish().unwrap();
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let delimiter = if lang == Lang::Fr { b';' } else { b',' };
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(text);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The pages that a person looks at in a browser; `NZIMBU_REPORTS` names a folder for them.
#[test]
fn the_page_says_what_became_of_the_money() {
    let more = (0..1240).map(row).chain((0..60).map(|at| ReportRow {
        amount: Money::from_minor(1250 + at, Currency::Ghs).unwrap(),
        country: Some(Country::parse("GH").unwrap()),
        operator: Some("MTN".to_owned()),
        gateway: "bitlipa".to_owned(),
        ..row(at * 10 + 1)
    }));
    let rows: Vec<_> = more.collect();
    for (lang, name) in [(Lang::En, "report-en.html"), (Lang::Fr, "report-fr.html")] {
        let text = page(rows.iter().cloned(), &about(), lang);
        if let Some(folder) = std::env::var_os("NZIMBU_REPORTS") {
            std::fs::write(std::path::Path::new(&folder).join(name), &text).unwrap();
        }
        assert!(text.contains(&format!("<html lang=\"{}\">", lang.code())));
        assert!(text.contains(lang.pick("1,300 payouts", "1\u{202f}300 versements")));
        assert!(text.contains(lang.pick("do not pay again", "Ne repayez pas")));
        assert!(text.contains("SAL-2026-05-0030"));
        // A paid row is in the sums and not in the list.
        assert!(!text.contains("SAL-2026-05-0001"));
    }
}

#[test]
fn sums_of_the_page_are_those_of_its_rows() {
    let rows =
        [(State::Succeeded, 1000), (State::Succeeded, 2500), (State::Failed, 400), (State::Unknown, 70)];
    let rows = rows.iter().map(|(state, minor)| ReportRow {
        amount: Money::from_minor(*minor, Currency::Xof).unwrap(),
        state: *state,
        flag: None,
        ..row(1)
    });
    let text = page(rows, &about(), Lang::En);
    for wanted in [
        "<strong class=\"number\">3,970 XOF</strong> in 4 payouts",
        "<strong class=\"number\">3,500</strong>",
        "aria-label=\"Paid 88.2%, Under way 0%, Unclear 1.8%, Not paid 10.1%\"",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn a_page_lists_only_so_many_rows_and_says_so() {
    let rows = (0..2000).map(|at| ReportRow { state: State::Failed, flag: None, ..row(at) });
    let text = page(rows, &about(), Lang::En);
    assert_eq!(text.matches("<th scope=\"row\" class=\"id\">").count(), 500);
    assert!(text.contains("<strong>1,500</strong> more rows need attention"));
}

#[test]
fn a_page_loads_and_runs_nothing() {
    let evil = "\"><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>";
    let bad = ReportRow {
        reference: evil.to_owned(),
        operator: Some(evil.to_owned()),
        gateway: evil.to_owned(),
        gateway_reference: GatewayRef::new(evil),
        failure: Some(evil.to_owned()),
        phone: Some(evil.to_owned()),
        state: State::Failed,
        ..row(1)
    };
    let about = About { file: evil.to_owned(), environment: evil.to_owned(), ..about() };
    let text = page([bad].into_iter(), &about, Lang::Fr);
    let pristine = page([row(10)].into_iter(), &self::about(), Lang::Fr);
    for sign in
        ["<script", "<img", "src=", "href=\"h", "href=\"/", "url(", "@import", "http://", "https://", "<link"]
    {
        assert!(!pristine.contains(sign), "{sign}");
    }
    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
}

#[test]
fn a_number_that_is_not_masked_is_masked_by_the_report() {
    let told = ReportRow { phone: Some("+2250700000017".to_owned()), state: State::Failed, ..row(1) };
    assert_eq!(table(&told, Lang::En)[1][2], "…17");
    assert!(!page([told].into_iter(), &about(), Lang::En).contains("0700000"));
}

#[test]
fn french_files_open_in_a_french_spreadsheet() {
    let row = ReportRow { amount: Money::from_minor(123_450, Currency::Ghs).unwrap(), ..row(10) };
    let french = table(&row, Lang::Fr);
    assert_eq!((french[0][5].as_str(), french[1][5].as_str()), ("montant", "1234,50"));
    assert_eq!(table(&row, Lang::En)[1][5], "1234.50");
    assert_eq!(french[1][2], "'+225…07");
}

/// A million rows pass through a writer that keeps nothing.
#[test]
fn rows_are_not_kept() {
    struct Counting(u64);
    impl std::io::Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut report = CsvReport::new(Counting(0), Lang::En).unwrap();
    let mut page = HtmlReport::default();
    let one = row(10);
    for _ in 0..20_000 {
        report.add(&one).unwrap();
        page.add(&one);
    }
    assert!(report.finish().unwrap().0 > 20_000 * 80);
    let mut text = Vec::new();
    page.write(&about(), Lang::En, &mut text).unwrap();
    assert!(text.len() < 600_000, "{}", text.len());
}

proptest! {
    #[test]
    fn no_cell_is_a_formula(texts in prop::collection::vec("[=+@\\-\t\r\n\"',;a-zé＝ ]{0,9}", 4)) {
        let bad = ReportRow {
            reference: texts[0].clone(),
            operator: Some(texts[1].clone()),
            gateway: texts[2].clone(),
            failure: Some(texts[3].clone()),
            ..row(1)
        };
        for lang in [Lang::En, Lang::Fr] {
            let table = table(&bad, lang);
            prop_assert_eq!(table.len(), 2);
            for cell in &table[1] {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']), "{:?}", cell);
            }
            for (cell, text) in [(0, 0), (4, 1), (10, 2), (12, 3)] {
                let told = &table[1][cell];
                let same = told == &texts[text] || told == &format!("'{}", texts[text]);
                prop_assert!(same, "{}", told);
            }
        }
    }

    #[test]
    fn any_text_is_escaped(text in "[<>&\"'/a-z ]{0,12}") {
        let bad = ReportRow { reference: text.clone(), state: State::Failed, ..row(1) };
        let page = page([bad].into_iter(), &about(), Lang::En);
        let mut escaped = String::new();
        for sign in text.chars() {
            match sign {
                '<' | '>' | '&' | '"' | '\'' => { let _ = write!(escaped, "&#{};", u32::from(sign)); }
                _ => escaped.push(sign),
            }
        }
        let wanted = format!("<th scope=\"row\" class=\"id\">{escaped}<small>");
        prop_assert!(page.contains(&wanted), "{}", escaped);
    }
}
