use nzimbu::Currency;
use proptest::prelude::*;

use super::compare::{Statement, Summary};
use super::export::{ExportError, read};
use super::mapping::Mapping;
use super::*;
use crate::lang::Lang;

fn ours(order: &str, amount: &str, state: State) -> JournalRow {
    JournalRow {
        reference: format!("ref {order}"),
        order: OrderId::parse(order).unwrap(),
        gateway_reference: Some(format!("GW-{order}")),
        amount: Money::parse_major(amount, Currency::Xof).unwrap(),
        state,
    }
}

fn compare(export: &str, mapping: &Mapping, journal: &[JournalRow]) -> (Vec<Difference>, Summary) {
    let mut statement = Statement::default();
    let mut differences = Vec::new();
    read(export.as_bytes(), mapping, |row| {
        differences.extend(statement.add(row));
        Ok::<(), ()>(())
    })
    .unwrap();
    for row in journal {
        differences.extend(statement.compare(row));
    }
    let (missing, summary) = statement.finish();
    differences.extend(missing);
    (differences, summary)
}

fn told(differences: &[Difference]) -> Vec<(Option<u32>, Option<&str>, &'static str)> {
    differences.iter().map(|found| (found.line, found.order.as_deref(), found.kind.as_str())).collect()
}

fn export(rows: &[&str]) -> String {
    format!("client_transaction_id;transaction_reference;amount;currency;status\n{}\n", rows.join("\n"))
}

#[test]
fn what_fits_is_counted_and_not_spoken_of() {
    let export =
        export(&["A;GW-A;1000;XOF;VAL", "B;GW-B;2 500,00;XOF;REJ", "C;GW-C;500;XOF;REC", "D;;700;xof;"]);
    let journal = [
        ours("A", "1000", State::Succeeded),
        ours("B", "2500", State::Rejected),
        ours("C", "500", State::Accepted),
        ours("D", "700", State::Succeeded),
        // Not sent, or not paid: no export need have it.
        ours("E", "1", State::Planned),
        ours("F", "1", State::Failed),
    ];
    let (differences, summary) = compare(&export, &Mapping::of("cinetpay"), &journal);
    assert_eq!(told(&differences), []);
    assert_eq!((summary.export_rows, summary.journal_rows, summary.matched), (4, 6, 4));
}

#[test]
fn every_difference_is_found() {
    let export = export(&[
        "A;GW-A;900;XOF;VAL",
        "B;GW-B;1000;XAF;VAL",
        "C;GW-C;1000;XOF;REJ",
        "D;GW-D;1000;XOF;VAL",
        "E;GW-E;1000;XOF;VAL",
        "F;GW-F;1000;XOF;VAL",
        "F;GW-F;1000;XOF;VAL",
        "G;GW-G;1000;XOF;VAL",
        "G;GW-G2;1000;XOF;VAL",
        "H;GW-X;1000;XOF;VAL",
        "OTHER;GW-I;1000;XOF;VAL",
        "J;GW-J;1.000;XOF;VAL",
        "K;GW-K;1000;XOF;EN REVUE",
        "STRANGER;GW-S;1000;XOF;VAL",
    ]);
    let journal = [
        ours("A", "1000", State::Succeeded),
        ours("B", "1000", State::Succeeded),
        ours("C", "1000", State::Succeeded),
        ours("D", "1000", State::Failed),
        ours("E", "1000", State::Unknown),
        ours("F", "1000", State::Succeeded),
        ours("G", "1000", State::Succeeded),
        ours("H", "1000", State::Succeeded),
        ours("I", "1000", State::Succeeded),
        ours("J", "1000", State::Succeeded),
        ours("K", "1000", State::Succeeded),
        ours("L", "1000", State::Succeeded),
        ours("M", "1000", State::Unknown),
    ];
    let (differences, summary) = compare(&export, &Mapping::of("cinetpay"), &journal);
    assert_eq!(
        told(&differences),
        [
            (Some(8), Some("F"), "duplicate"),
            (Some(10), Some("G"), "duplicate_paid"),
            (Some(2), Some("A"), "amount"),
            (Some(3), Some("B"), "currency"),
            (Some(4), Some("C"), "status"),
            (Some(5), Some("D"), "status"),
            (Some(6), Some("E"), "status"),
            (Some(11), Some("H"), "gateway_reference"),
            (Some(12), Some("I"), "order"),
            (Some(13), Some("J"), "amount_unreadable"),
            (Some(14), Some("K"), "status_unrecognized"),
            (None, Some("L"), "missing_in_export"),
            (None, Some("M"), "missing_in_export"),
            (Some(15), Some("STRANGER"), "missing_in_journal"),
        ]
    );
    assert_eq!(summary.matched, 2);
    let step = |order: &str| {
        let found = differences.iter().find(|found| found.order.as_deref() == Some(order)).unwrap();
        (found.cause(Lang::En), found.next_step(Lang::En))
    };
    assert!(step("A").0.contains("fee was taken off"));
    assert!(step("C").0.contains("taken back"));
    assert!(step("D").1.contains("do not pay again"));
    assert!(step("M").1.contains("do not send it again"));
    assert!(step("L").1.contains("a day before"));
    for found in &differences {
        for lang in [Lang::En, Lang::Fr] {
            assert!(found.cause(lang).len() > 20 && found.next_step(lang).len() > 20);
        }
        assert_ne!(found.cause(Lang::En), found.cause(Lang::Fr));
    }
}

#[test]
fn an_order_that_was_never_sent_and_is_paid_stops_everything() {
    let (differences, _) = compare(
        &export(&["A;GW-A;1000;XOF;VAL"]),
        &Mapping::of("cinetpay"),
        &[ours("A", "1000", State::Ready)],
    );
    assert_eq!(told(&differences), [(Some(2), Some("A"), "status")]);
    assert!(differences[0].next_step(Lang::En).starts_with("stop sending at once"));
}

#[test]
fn the_last_step_of_an_order_counts() {
    let export = export(&["A;GW-A;1000;XOF;REC", "A;GW-A;1000;XOF;VAL", "A;GW-A;1000;XOF;NEW"]);
    let (differences, summary) =
        compare(&export, &Mapping::of("cinetpay"), &[ours("A", "1000", State::Succeeded)]);
    assert_eq!(told(&differences), [(Some(3), Some("A"), "duplicate"), (Some(4), Some("A"), "duplicate")]);
    assert_eq!(summary.matched, 1);
}

#[test]
fn a_hundredfold_is_told_from_a_fee() {
    let (differences, _) = compare(
        &export(&["A;;100000;XOF;VAL"]),
        &Mapping::of("cinetpay"),
        &[ours("A", "1000", State::Succeeded)],
    );
    assert!(differences[0].cause(Lang::En).contains("minor units"));
}

#[test]
fn exports_of_people_are_read() {
    let text = "\u{feff}Relevé du 01/05 au 31/05\r\n\r\nDate\tRéf. client\tMontant net\tÉtat\r\n\
                01/05\tA\t-1 000 XOF\tTerminé\r\n02/05\tB\t-2\u{202f}500 XOF\tEn cours\r\n\t\tTotal\t\r\n";
    let mut mapping = Mapping::of("cinetpay");
    mapping.currency = Some(Currency::Xof);
    for name in ["order=Réf. client", "amount=Montant net", "succeeded=Terminé"] {
        mapping.tell(name).unwrap();
    }
    let journal = [ours("A", "1000", State::Succeeded), ours("B", "2500", State::Unknown)];
    let (differences, summary) = compare(text, &mapping, &journal);
    assert_eq!(told(&differences), []);
    assert_eq!(summary.matched, 2);
}

#[test]
fn an_export_without_the_columns_is_refused() {
    let mapping = Mapping::of("cinetpay");
    let missing = |text: &str| match read(text.as_bytes(), &mapping, |_| Ok::<(), ()>(())) {
        Err(ExportError::NoHeader(columns)) => columns,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing("a;b\n1;2\n"), ["order", "amount", "currency"]);
    assert_eq!(missing("order_id;amount\nA;1\n"), ["currency"]);
    assert_eq!(missing(""), ["order", "amount"]);
    let broken = read(&b"order_id;amount;currency\nA;\"1000\"0;XOF\n"[..], &mapping, |_| Ok::<(), ()>(()));
    let message = |lang| broken.as_ref().err().and_then(|error| error.message(lang)).unwrap();
    assert!(message(Lang::En).starts_with("line 2 has text outside of its quotes"));
    assert!(message(Lang::Fr).starts_with("ligne 2 : a du texte hors de ses guillemets"));
}

#[test]
fn names_that_mean_nothing_are_refused() {
    let mut mapping = Mapping::of("adullam");
    for (text, wanted) in [("amount", "NAME=TEXT"), ("colour=x", "no such name"), ("order= ", "behind the =")]
    {
        assert!(mapping.tell(text).unwrap_err().contains(wanted), "{text}");
    }
}

#[test]
fn minus_two_is_not_two() {
    let mapping = Mapping::of("bitlipa");
    assert_eq!(mapping.status("2"), ExportStatus::Succeeded);
    assert_eq!(mapping.status("-1"), ExportStatus::Pending);
    assert_eq!(mapping.status("-2"), ExportStatus::Unrecognized);
}

#[test]
fn an_order_with_two_paid_amounts_is_looked_at() {
    let export = export(&["A;GW-A;1000;XOF;VAL", "A;GW-A;15;XOF;VAL"]);
    let (differences, _) = compare(&export, &Mapping::of("cinetpay"), &[ours("A", "1000", State::Succeeded)]);
    assert_eq!(told(&differences), [(Some(3), Some("A"), "duplicate_paid")]);
}

proptest! {
    /// Whatever is on which side, every line and every order that was paid is either matched or spoken of.
    #[test]
    fn nothing_is_passed_over(
        export_orders in prop::collection::btree_set(0_u32..40, 0..25),
        journal_orders in prop::collection::btree_set(0_u32..40, 0..25),
    ) {
        let lines: Vec<_> = export_orders.iter().map(|at| format!("N{at};GW-N{at};1000;XOF;VAL")).collect();
        let export = export(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let journal: Vec<_> = journal_orders.iter().map(|at| ours(&format!("N{at}"), "1000", State::Succeeded)).collect();
        let (differences, summary) = compare(&export, &Mapping::of("cinetpay"), &journal);
        let both = export_orders.intersection(&journal_orders).count();
        prop_assert_eq!(usize::try_from(summary.matched).unwrap(), both);
        let count = |kind| differences.iter().filter(|found| found.kind == kind).count();
        prop_assert_eq!(count(Kind::MissingInJournal), export_orders.len() - both);
        prop_assert_eq!(count(Kind::MissingInExport), journal_orders.len() - both);
    }

    #[test]
    fn any_bytes_are_read(text in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&text[..], &Mapping::of("cinetpay"), |_| Ok::<(), ()>(()));
    }
}
