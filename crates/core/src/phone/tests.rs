#![allow(clippy::unwrap_used, reason = "a test may panic")]

use alloc::format;
use alloc::string::ToString;

use super::*;

fn iso(country: &str) -> Country {
    Country::parse(country).unwrap()
}

/// What `parse` makes of a text: the number, or the name of the rule it broke.
fn parsed(text: &str) -> String {
    told(PhoneNumber::parse(text))
}

fn parsed_in(country: &str, text: &str) -> String {
    told(PhoneNumber::parse_in(iso(country), text))
}

fn migrated(text: &str) -> String {
    told(PhoneNumber::migrate(text))
}

fn told(result: Result<PhoneNumber, PhoneError>) -> String {
    match result {
        Ok(phone) => phone.e164().into(),
        Err(error) => {
            let kind = format!("{:?}", error.kind());
            kind.split([' ', '{']).next().unwrap().into()
        }
    }
}

#[test]
fn numbers_of_the_gateways_documents_are_read_or_refused() {
    // CinetPay, "Initiating a payment": two forms of lock_phone_number, one number with nine digits.
    assert_eq!(parsed("+2250504315545"), "+2250504315545");
    assert_eq!(parsed("+225004315545"), "WrongLength");
    assert_eq!(parsed_in("CI", "088767611"), "WrongLength");
    // CinetPay, transfers: prefix and phone, before and after the Ivorian plan of 2021.
    assert_eq!(parsed_in("CI", "0102324373"), "+2250102324373");
    for old in ["07895086", "01020304", "53798590", "77895086"] {
        assert_eq!(parsed_in("CI", old), "OldPlan", "{old}");
        assert_eq!(parsed(&format!("+225{old}")), "OldPlan", "{old}");
        assert_eq!(parsed_in("CI", &format!("225{old}")), "OldPlan", "{old}");
    }
    // CinetPay, notification of a payment: cel_phone_num and cpm_phone_prefixe.
    assert_eq!(parsed_in("CI", "0707070707"), "+2250707070707");
    // Adullam, "Create checkout" and the token's request.
    assert_eq!(parsed("+22507987654"), "OldPlan");
    assert_eq!(parsed("+22507123456"), "OldPlan");
    // Bitlipa, provider table: calling code and number without plus.
    assert_eq!(parsed_in("TG", "22890000000"), "+22890000000");
    assert_eq!(parsed_in("RW", "250700000000"), "+250700000000");
    assert_eq!(parsed_in("SN", "221700000000"), "+221700000000");
    assert_eq!(parsed_in("UG", "256709000000"), "+256709000000");
    assert_eq!(parsed_in("ZM", "260976000000"), "+260976000000");
    assert_eq!(parsed_in("BF", "22600000000"), "+22600000000");
    // The same table fills up with zeros where the real plan has a prefix, or a zero that is no part
    // of the number; Guinea's example lacks a digit.
    assert_eq!(parsed_in("CI", "2250000000000"), "UnknownPrefix");
    assert_eq!(parsed_in("GH", "233000000000"), "WrongLength");
    assert_eq!(parsed_in("GN", "22400000000"), "WrongLength");
    // Bitlipa, DR Congo: Orange, Airtel, Africell, and the number of the payment samples.
    assert_eq!(parsed_in("CD", "0800000000"), "+243800000000");
    assert_eq!(parsed_in("CD", "999000000"), "+243999000000");
    assert_eq!(parsed_in("CD", "0900000000"), "+243900000000");
    assert_eq!(parsed_in("CD", "0900000001"), "+243900000001");
    // Bitlipa, South Africa: customer_phone of the bank payout, and what is no phone number at all.
    assert_eq!(parsed_in("ZA", "0123456789"), "+27123456789");
    assert_eq!(parsed_in("ZA", "16280954971628095497"), "TooLong");
    assert_eq!(parsed_in("NG", "0000000000"), "NoCountryCode");
}

#[test]
fn writing_habits_are_tolerated_and_look_alikes_are_not() {
    for text in [
        "+2250700000000",
        "002250700000000",
        " +225 07 00 00 00 00 ",
        "+225-07-00-00-00-00",
        "(+225) 07.00.00.00.00",
        "+225\u{a0}07\u{202f}00\u{202f}00\u{202f}00\u{202f}00",
        "00 225 0700000000",
    ] {
        assert_eq!(parsed(text), "+2250700000000", "{text:?}");
    }
    for (text, rule) in [
        ("", "Empty"),
        (" -.() ", "Empty"),
        ("+", "Empty"),
        ("00", "NoCountryCode"),
        ("0700000000", "NoCountryCode"),
        ("2250700000000", "NoCountryCode"),
        ("+002250700000000", "NoCountryCode"),
        ("++2250700000000", "NotDigits"),
        ("225+0700000000", "NotDigits"),
        ("+22507000000OO", "NotDigits"),
        ("tel:+2250700000000", "NotDigits"),
        ("+2250700000000;ext=1", "NotDigits"),
        ("+225070000\u{200b}0000", "NotDigits"),
        ("\u{202a}+2250700000000\u{202c}", "NotDigits"),
        ("\u{feff}+2250700000000", "NotDigits"),
        ("+225\n0700000000", "NotDigits"),
        ("+٢٢٥٠٧٠٠٠٠٠٠٠٠", "NotDigits"),
        ("+२२५०७००००००००", "NotDigits"),
        ("＋2250700000000", "NotDigits"),
        ("+２２５0700000000", "NotDigits"),
        ("+22507000000000", "WrongLength"),
        ("+225070000000", "WrongLength"),
        ("+2250900000000", "UnknownPrefix"),
        ("+2290997123456", "UnknownPrefix"),
        ("+290123", "TooShort"),
        ("+1234567890123456", "TooLong"),
        ("+123456789012345678901234567890", "TooLong"),
    ] {
        assert_eq!(parsed(text), rule, "{text:?}");
    }
}

#[test]
fn a_trunk_zero_is_dropped_where_there_is_one_and_kept_elsewhere() {
    for text in ["0241234567", "241234567", "+233 0 24 123 4567", "+233 (0)24 123 4567", "0233 24 123 4567"] {
        let expected = if text.starts_with("0233") { "WrongLength" } else { "+233241234567" };
        assert_eq!(parsed_in("GH", text), expected, "{text:?}");
    }
    assert_eq!(parsed("+233 00 24 123 4567"), "WrongLength");
    assert_eq!(parsed("+233 00 41 23 45 67"), "UnknownPrefix");
    assert_eq!(parsed_in("GH", "0012345678"), "UnknownPrefix");
    assert_eq!(parsed_in("CI", "0012345678"), "UnknownPrefix");
    // A zero too many, not a number abroad.
    assert_eq!(parsed_in("CI", "00102324373"), "WrongLength");
    assert_eq!(parsed_in("BJ", "00195123456"), "WrongLength");
    assert_eq!(parsed_in("GH", "00241234567"), "WrongLength");
    assert_eq!(parsed_in("CI", "0700000000"), "+2250700000000");
    assert_eq!(parsed_in("BF", "07123456"), "+22607123456");
    assert_eq!(parsed("+226 0 70123456"), "WrongLength");
}

#[test]
fn a_country_reads_its_own_forms_first_and_others_by_their_code() {
    // 233 is also a prefix inside Ghana.
    assert_eq!(parsed_in("GH", "233123456"), "+233233123456");
    assert_eq!(parsed_in("GH", "0233123456"), "+233233123456");
    assert_eq!(parsed_in("CI", "+233241234567"), "+233241234567");
    assert_eq!(parsed_in("CI", "00233241234567"), "+233241234567");
    assert_eq!(parsed_in("CI", "233241234567"), "WrongLength");
    assert_eq!(parsed_in("FR", "0612345678"), "NoCountryCode");
    assert_eq!(parsed_in("FR", "0033612345678"), "+33612345678");
    assert_eq!(parsed_in("FR", "+33612345678"), "+33612345678");
}

#[test]
fn old_forms_are_rewritten_on_request_only() {
    // Ivorian mobile prefixes before 31 January 2021, by operator.
    for (today, before) in [
        ("07", "07 08 09 47 48 49 57 58 59 67 68 69 77 78 79 87 88 89 97 98"),
        ("05", "04 05 06 44 45 46 54 55 56 64 65 66 74 75 76 84 85 86 94 95 96"),
        ("01", "01 02 03 40 41 42 43 50 51 52 53 60 61 62 63 70 71 72 73"),
    ] {
        for old in before.split(' ') {
            let text = format!("+225{old}123456");
            assert_eq!(parsed(&text), "OldPlan", "{text}");
            assert_eq!(migrated(&text), format!("+225{today}{old}123456"), "{text}");
        }
    }
    // Landlines, the access code of calls abroad, services.
    for lost in ["20", "21", "22", "27", "30", "36", "00", "10", "17"] {
        assert_eq!(migrated(&format!("+225{lost}345678")), "OldPlan", "{lost}");
    }
    for old in ["20", "21", "40", "51", "61", "66", "90", "95", "97"] {
        let text = format!("00229{old}123456");
        assert_eq!(parsed(&text), "OldPlan", "{text}");
        assert_eq!(migrated(&text), format!("+22901{old}123456"), "{text}");
    }
    assert_eq!(migrated("+22901971234"), "OldPlan");
    assert_eq!(migrated("+22985751234"), "OldPlan");
    assert_eq!(migrated("+221771234567"), "+221771234567");
    assert_eq!(migrated("07895086"), "NoCountryCode");
}

#[test]
fn shapes_and_parts() {
    let phone = PhoneNumber::parse("+243 80 000 00 01").unwrap();
    assert_eq!((phone.calling_code(), phone.national()), ("243", "800000001"));
    assert_eq!(phone.country(), Some(iso("CD")));
    for (shape, expected) in [
        (PhoneShape::E164, "+243800000001"),
        (PhoneShape::Msisdn, "243800000001"),
        (PhoneShape::National, "800000001"),
        (PhoneShape::NationalWithZero, "0800000001"),
        (PhoneShape::Undocumented, "243800000001"),
    ] {
        assert_eq!(phone.shaped(shape).as_deref(), Some(expected), "{shape:?}");
    }
    let ivorian = PhoneNumber::parse("+2250102324373").unwrap();
    assert_eq!(ivorian.shaped(PhoneShape::National).as_deref(), Some("0102324373"));
    assert_eq!(ivorian.shaped(PhoneShape::NationalWithZero), None);
    for (text, code, national) in [
        ("+33612345678", "33", "612345678"),
        ("+12125550123", "1", "2125550123"),
        ("+79161234567", "7", "9161234567"),
        ("+201001234567", "20", "1001234567"),
        ("+212612345678", "212", "612345678"),
        ("+27711234567", "27", "711234567"),
        ("+6834002", "683", "4002"),
    ] {
        let phone = PhoneNumber::parse(text).unwrap();
        assert_eq!((phone.calling_code(), phone.national()), (code, national));
        assert_eq!(phone.country().is_some(), code == "27");
    }
}

#[test]
fn operators_are_told_by_range() {
    let told = |text| PhoneNumber::parse(text).unwrap().operators();
    assert_eq!(told("+2250700000000"), ["Orange"]);
    assert_eq!(told("+2250500000000"), ["MTN"]);
    assert_eq!(told("+2250100000000"), ["Moov"]);
    assert_eq!(told("+243800000000"), ["Orange"]);
    assert_eq!(told("+243999000000"), ["Airtel"]);
    assert_eq!(told("+243900000000"), ["Africell"]);
    assert_eq!(told("+256709000000"), ["Airtel"]);
    assert!(told("+2252720000000").is_empty());
    assert!(told("+2348021234567").is_empty());
    assert!(told("+33612345678").is_empty());
}

#[test]
fn messages_name_rule_and_remedy() {
    let message = |text| PhoneNumber::parse(text).unwrap_err().to_string();
    assert_eq!(
        message("+22507895086"),
        "Ivorian numbers have ten digits since 31 January 2021: write 07 (Orange), 05 (MTN) or 01 (Moov) before \
         the old eight digits, or call PhoneNumber::migrate"
    );
    assert_eq!(
        message("+22997123456"),
        "Beninese numbers have ten digits since 30 November 2024: write 01 before the old eight digits, or call \
         PhoneNumber::migrate"
    );
    assert_eq!(
        message("+225004315545"),
        "phone numbers of CI have 10 digits after the country code: write all of them and no more"
    );
    assert_eq!(
        message("+2250900000000"),
        "no phone number of CI begins like this: mobile numbers begin with 07 (Orange), 05 (MTN) or 01 (Moov), \
         landlines with 21, 25 or 27"
    );
    assert_eq!(
        PhoneNumber::migrate("+22520345678").unwrap_err().to_string(),
        "Ivorian numbers have ten digits since 31 January 2021: these eight are no old mobile number, so only \
         their holder can tell the new ones; write all ten"
    );
}

#[cfg(feature = "serde")]
#[test]
fn serde_writes_e164_and_never_quotes_a_refused_number() {
    let phone = PhoneNumber::parse("+2250700000000").unwrap();
    let json = serde_json::to_string(&phone).unwrap();
    assert_eq!(json, "\"+2250700000000\"");
    assert_eq!(serde_json::from_str::<PhoneNumber>(&json).unwrap(), phone);
    for wrong in [
        "2250700000000",
        "-2250700000000",
        "2250700000000.0",
        "225070000000022507000000002250700",
        "\"07895086\"",
        "\"+22507895086\"",
        "[2250700000000]",
        "{\"phone\":2250700000000}",
    ] {
        let error = serde_json::from_str::<PhoneNumber>(wrong).unwrap_err().to_string();
        assert!(!error.contains("0700") && !error.contains("0789"), "{error}");
        let rule = if wrong.starts_with('"') { "country code" } else { "the phone number is not text" };
        assert!(error.contains(rule) || error.contains("Ivorian"), "{error}");
    }
}
