//! CinetPay's payment methods and the directory, against the tables of the documents.
#![cfg(feature = "cinetpay")]
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu_core::secret::Secret;
use nzimbu_core::{Country, Currency, Operation, Operator, PaymentProvider};
use nzimbu_providers::cinetpay::{CheckoutConfig, CinetPay, Config, PaymentMethod, TransferConfig};

fn cinetpay() -> CinetPay {
    let checkout = CheckoutConfig::new(Secret::new("key"), "1");
    let transfer = TransferConfig::new(Secret::new("key"), Secret::new("password"));
    CinetPay::new(Config::new(Some(checkout), Some(transfer))).unwrap()
}

/// "Tableau": country, currency and codes.
const TABLE: &[(&str, Currency, &str)] = &[
    ("CI", Currency::Xof, "OM MOMO FLOOZ WAVECI VISAM"),
    ("SN", Currency::Xof, "OMSN FREESN EXPRESSOSN WAVESN"),
    ("ML", Currency::Xof, "OMML MOOVML"),
    ("BF", Currency::Xof, "OMBF MOOVBF"),
    ("TG", Currency::Xof, "TmoneyTG FLOOZTG"),
    ("BJ", Currency::Xof, "MTNBJ MOOVBJ"),
    ("CM", Currency::Xaf, "OMCM MTNCM EXPRESSUNIONCM VISAMCM"),
    ("GN", Currency::Gnf, "OMGN MTNGN"),
    ("CD", Currency::Cdf, "OMCD MPESACD AIRTELCD"),
    ("CD", Currency::Usd, "OMCDUSD MPESACDUSD AIRTELCDUSD VISAMCDUSD"),
];

#[test]
fn every_documented_method_is_known_with_its_country_and_currency() {
    let mut known = 0;
    for (country, currency, codes) in TABLE {
        for code in codes.split(' ') {
            let method = PaymentMethod::parse(code).unwrap();
            assert_eq!(method.operator().unwrap().country, Country::parse(country).unwrap(), "{code}");
            assert_eq!((method.currency(), method.as_str()), (Some(*currency), code));
            known += 1;
        }
    }
    let cinetpay = cinetpay();
    assert_eq!(
        cinetpay.directory().iter().filter(|entry| entry.operation == Operation::Payment).count(),
        known
    );
    assert_eq!(PaymentMethod::parse("TMONEYTG").unwrap().operator().unwrap().name, "TMoney");
    // These belong to another company.
    for code in ["OMCIV2", "MOMOCI"] {
        assert_eq!(PaymentMethod::parse(code).unwrap().operator(), None);
    }
    assert_eq!(PaymentMethod::parse(" "), None);
}

#[test]
fn slices_are_those_that_integrators_copied() {
    let rows = [
        ("CI", Currency::Xof, 100, 1_500_000),
        ("SN", Currency::Xof, 100, 2_000_000),
        ("TG", Currency::Xof, 150, 1_500_000),
        ("BJ", Currency::Xof, 100, 1_500_000),
        ("ML", Currency::Xof, 100, 1_500_000),
        ("BF", Currency::Xof, 100, 1_500_000),
        ("CM", Currency::Xaf, 100, 1_500_000),
        ("GN", Currency::Gnf, 1_000, 15_000_000),
        ("CD", Currency::Cdf, 100, 2_000_000),
        ("CD", Currency::Usd, 1, 3_000),
    ];
    let cinetpay = cinetpay();
    for (country, currency, least, most) in rows {
        let fits = cinetpay.directory().iter().filter(|entry| {
            (entry.country.as_str(), entry.currency, entry.operation)
                == (country, currency, Operation::Payment)
        });
        let mut seen = 0;
        for entry in fits {
            assert_eq!(entry.least.unwrap().whole_units(), Some(least), "{country} {currency}");
            assert_eq!(entry.most.unwrap().whole_units(), Some(most), "{country} {currency}");
            seen += 1;
        }
        assert!(seen >= 2);
    }
}

#[test]
fn payouts_reach_the_documented_operators_and_need_a_whole_contact() {
    let rows = [
        ("CI", "OM MOMO FLOOZ WAVECI"),
        ("SN", "OM FREE EXPRESSO WAVESN"),
        ("ML", "OM MOOV"),
        ("BF", "OM MOOV"),
        ("TG", "TMONEY FLOOZ"),
        ("BJ", "MTN MOOV"),
        ("CM", "OM MTN"),
        ("GN", "OM MTN"),
        ("CD", "OM AIRTEL MPESA"),
    ];
    let cinetpay = cinetpay();
    for (country, codes) in rows {
        let entries: Vec<_> = cinetpay
            .directory()
            .iter()
            .filter(|entry| entry.country.as_str() == country && entry.operation == Operation::Payout)
            .collect();
        let known: Vec<_> = entries.iter().map(|entry| entry.code.as_ref()).collect();
        assert_eq!(known.join(" "), codes, "{country}");
        for entry in entries {
            assert_eq!(entry.needs.join(" "), "recipient.name recipient.surname recipient.email");
            assert!(entry.least.is_some() && entry.most.is_none());
        }
    }
    let wave = Operator::new(Country::parse("CI").unwrap(), "wave");
    let found = cinetpay.directory().find(&wave, Operation::Payout, Currency::Xof);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "WAVECI");
}
