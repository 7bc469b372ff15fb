use std::cell::Cell;
use std::io::{self, Read};
use std::sync::Arc;

use nzimbu::SharedProvider;
use nzimbu::cinetpay::{CinetPay, Config, TransferConfig};
use proptest::prelude::*;

use super::*;
use crate::batch::{Encoding, MOST_ROWS};

fn settings() -> Settings {
    let mut transfer = TransferConfig::new(nzimbu::Secret::new("stand-in"), nzimbu::Secret::new("stand-in"));
    transfer.notify_url = Some("https://merchant.example/".to_owned());
    let cinetpay: SharedProvider = Arc::new(CinetPay::new(Config::new(None, Some(transfer))).unwrap());
    Settings {
        namespace: "acme/test".to_owned(),
        gateway: Some(Arc::clone(&cinetpay)),
        gateways: vec![cinetpay],
        country: None,
        currency: None,
        decimal_mark: None,
        encoding: Encoding::Utf8,
        duplicate_recipients: DuplicateRecipients::Refuse,
        most_rows: MOST_ROWS,
    }
}

fn check(text: &[u8], settings: &Settings) -> (Vec<(u32, &'static str)>, Checked) {
    let mut found = Vec::new();
    let checked = Batch::new(text, settings)
        .check(|finding| {
            found.push((finding.line, finding.trouble.rule()));
            Ok::<(), ()>(())
        })
        .unwrap();
    (found, checked)
}

fn rows(text: &[u8], settings: &Settings, checked: &Checked) -> Result<Vec<Row>, RowsError<()>> {
    let mut rows = Vec::new();
    Batch::new(text, settings).rows(checked, |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn file(rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut text = "reference;amount;currency;phone;name;surname;email\n".to_owned();
    for (reference, amount, phone) in rows {
        text.push_str(&format!("{reference};{amount};XOF;{phone};Kouassi;Awa;awa@example.com\n"));
    }
    text.into_bytes()
}

#[test]
fn rows_are_the_payouts_of_the_file() {
    let text = file(&[("S-1", "1 000,00", "2250700000001"), ("S-2", "2500", "+225 05 00 00 00 02")]);
    let settings = settings();
    let (found, checked) = check(&text, &settings);
    assert_eq!(found, []);
    assert!(checked.is_fine());
    let rows = rows(&text, &settings, &checked).unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.line, row.reference.as_str())).collect::<Vec<_>>(),
        [(2, "S-1"), (3, "S-2")]
    );
    let request = &rows[0].request;
    assert_eq!(request.order, nzimbu::OrderId::derive("acme/test", Operation::Payout, "S-1"));
    assert_eq!(request.amount.to_string(), "1000 XOF");
    assert_eq!(request.recipient.phone.as_ref().unwrap().e164(), "+2250700000001");
    assert_eq!(
        (request.recipient.name.as_deref(), request.recipient.surname.as_deref()),
        (Some("Kouassi"), Some("Awa"))
    );
    assert!(request.recipient.email.is_some());
    assert_eq!(rows[0].gateway.id().as_str(), "cinetpay");
}

#[test]
fn too_many_rows_are_refused_at_the_first_of_them() {
    let text = file(&[
        ("S-1", "1000", "+2250700000001"),
        ("S-2", "1005", "+2250700000001"),
        ("S-3", "1010", "+2250700000001"),
    ]);
    let settings = Settings { most_rows: 2, ..settings() };
    let (found, checked) = check(&text, &settings);
    assert_eq!(found, [(4, "too_many_rows")]);
    assert!(!checked.is_fine());
    let settings = Settings { most_rows: 3, ..settings };
    assert_eq!(check(&text, &settings).0, []);
}

#[test]
fn a_recipient_twice_has_to_be_accepted() {
    let text = file(&[("S-1", "1000", "+2250700000001"), ("S-2", "1000", "002250700000001")]);
    let refusing = settings();
    let (found, checked) = check(&text, &refusing);
    assert_eq!(found, [(3, "duplicate_recipient")]);
    assert!(!checked.is_fine());
    let accepting = Settings { duplicate_recipients: DuplicateRecipients::Accept, ..refusing };
    assert!(check(&text, &accepting).1.is_fine());
}

#[test]
fn one_order_under_two_names_is_found() {
    let derived = nzimbu::OrderId::derive("acme/test", Operation::Payout, "S-1");
    let text = format!(
        "reference;order_id;amount;currency;phone;name;surname;email\n\
         S-1;;1000;XOF;+2250700000001;Kouassi;Awa;awa@example.com\n\
         S-2;{derived};1005;XOF;+2250700000002;Kouassi;Awa;awa@example.com\n"
    );
    assert_eq!(check(text.as_bytes(), &settings()).0, [(3, "reference_reuse")]);
}

#[test]
fn another_file_than_the_checked_one_gives_an_error() {
    let settings = settings();
    let checked = check(&file(&[("S-1", "1000", "+2250700000001")]), &settings).1;
    let other = rows(&file(&[("S-1", "9000", "+2250700000001")]), &settings, &checked);
    assert!(matches!(other, Err(RowsError::Unreadable(Unreadable::Changed))));
}

/// A file that somebody saves between two readings.
struct Changing(Cell<u32>);

impl Source for Changing {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        self.0.set(self.0.get() + 1);
        let amount = if self.0.get() < 3 { "1000" } else { "9000" };
        Ok(Box::new(io::Cursor::new(file(&[("S-1", amount, "+2250700000001")]))))
    }
}

#[test]
fn a_file_that_changes_while_it_is_checked_gives_an_error() {
    let settings = settings();
    let source = Changing(Cell::new(0));
    let checked = Batch::new(&source, &settings).check(|_| Ok::<(), ()>(()));
    assert!(matches!(checked, Err(RowsError::Unreadable(Unreadable::Changed))));
}

#[test]
fn totals_are_those_of_the_rows_without_error() {
    let text = file(&[
        ("S-1", "1000", "+2250700000001"),
        ("S-2", "500", "+2250700000002"),
        ("S-3", "700", "+2250500000003"),
        ("S-4", "1001", "+2250700000004"),
    ]);
    let (found, checked) = check(&text, &settings());
    assert_eq!(found, [(5, "multiple_of")]);
    let sums: Vec<_> = checked
        .totals
        .groups()
        .map(|(group, sum)| (group.operator.clone().unwrap_or_default(), sum.rows, sum.minor))
        .collect();
    assert_eq!(sums, [("MTN".to_owned(), 1, 700), ("Orange".to_owned(), 2, 1500)]);
    assert_eq!(checked.totals.needs()[&nzimbu::Currency::Xof].minor, 2200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_checked(text in prop::collection::vec(any::<u8>(), 0..300)) {
        let settings = settings();
        let _ = Batch::new(&text[..], &settings).check(|_| Ok::<(), ()>(()));
    }

    /// A file cut anywhere either lacks whole rows or has an error; no row is read with another amount.
    #[test]
    fn a_mutated_file_never_changes_an_amount_silently(at in 52_usize..200, byte in any::<u8>()) {
        let rows_of = [("S-1", "1000", "+2250700000001"), ("S-2", "25000", "+2250500000002")];
        let mut text = file(&rows_of);
        let at = at.min(text.len() - 1);
        text[at] = byte;
        let settings = settings();
        let mut found = 0_u32;
        let checked = Batch::new(&text[..], &settings).check(|_| { found += 1; Ok::<(), ()>(()) });
        let Ok(checked) = checked else { return Ok(()) };
        for row in rows(&text, &settings, &checked).unwrap() {
            // A digit for a digit is another file, not another reading.
            let wanted = [1000, 25000];
            let digits = row.request.amount.minor().to_string();
            let like = |wanted: u64| {
                let wanted = wanted.to_string();
                wanted.len() == digits.len() && wanted.bytes().zip(digits.bytes()).filter(|(one, other)| one != other).count() <= 1
            };
            prop_assert!(wanted.into_iter().any(like), "{} at {at}", digits);
        }
    }

    #[test]
    fn what_was_written_is_what_is_paid(
        amounts in prop::collection::vec(40_u64..200_000, 1..20),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        delimiter in prop::sample::select(vec![";", ",", "\t", "|"]),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
    ) {
        let mut text = format!("{mark}reference;amount;currency;phone;name;surname;email{end}").replace(';', delimiter);
        for (at, amount) in amounts.iter().enumerate() {
            let phone = format!("+22507{at:08}");
            text.push_str(&[&format!("S-{at}"), &(amount * 5).to_string(), "XOF", &phone, "K", "A", "a@b"].join(delimiter));
            text.push_str(end);
        }
        let settings = settings();
        let (found, checked) = check(text.as_bytes(), &settings);
        prop_assert_eq!(found, vec![]);
        let paid: Vec<_> = rows(text.as_bytes(), &settings, &checked).unwrap().iter().map(|row| row.request.amount.minor() / 5).collect();
        prop_assert_eq!(paid, amounts);
    }

    /// Every row is either handed over or has an error, whatever stands in its cells.
    #[test]
    fn every_row_is_good_or_spoken_of(
        table in prop::collection::vec(prop::collection::vec(
            prop::sample::select(vec![
                "", " ", "S-1", "1000", "1.000", "XOF", "FCFA", "+2250700000001", "0700000001", "2.25E+12", "CI", "Mali",
                "Orange", "Wave", "Kouassi", "a@b", "=A1", "#REF!", "Total", "cinetpay", "paypal", "bank", "passport",
                "4111111111111111", "\u{feff}", "\"x\"", "\"x", "x\"y", "\n", "\0", "\u{202e}", "-5", "+5", "reference",
            ]),
            17,
        ), 0..8),
    ) {
        let header: Vec<_> = Column::ALL.iter().map(|column| column.name()).collect();
        let mut text = header.join(";") + "\n";
        for row in &table {
            text.push_str(&row.join(";"));
            text.push('\n');
        }
        let settings = settings();
        let mut wrong = std::collections::BTreeSet::new();
        let checked = Batch::new(text.as_bytes(), &settings)
            .check(|finding| {
                if finding.trouble.severity() == Severity::Error {
                    wrong.insert(finding.line);
                }
                Ok::<(), ()>(())
            })
            .unwrap();
        let good = rows(text.as_bytes(), &settings, &checked).unwrap();
        prop_assert_eq!(good.len() as u64, checked.good_rows);
        prop_assert!(good.iter().all(|row| !wrong.contains(&row.line)));
        prop_assert_eq!(checked.rows, (good.len() + wrong.iter().filter(|line| **line > 1).count()) as u64);
    }
}
