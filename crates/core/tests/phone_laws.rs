//! Laws that hold for every phone number, and for every text that is none.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nzimbu_core::{Country, PhoneNumber, PhoneShape};
use proptest::prelude::*;

/// Country, calling code, a mobile number of the plan as libphonenumber 9.0.43 gives it for an example,
/// and whether callers inside the country dial a zero first.
const EXAMPLES: [(&str, &str, &str, bool); 20] = [
    ("BF", "226", "70123456", false),
    ("BI", "257", "79561234", false),
    ("BJ", "229", "0195123456", false),
    ("CD", "243", "991234567", true),
    ("CI", "225", "0123456789", false),
    ("CM", "237", "671234567", false),
    ("GH", "233", "231234567", true),
    ("GN", "224", "601123456", false),
    ("KE", "254", "712123456", true),
    ("ML", "223", "65012345", false),
    ("MW", "265", "991234567", true),
    ("NE", "227", "93123456", false),
    ("NG", "234", "8021234567", true),
    ("RW", "250", "720123456", true),
    ("SN", "221", "701234567", false),
    ("TG", "228", "90112345", false),
    ("TZ", "255", "621234567", true),
    ("UG", "256", "712345678", true),
    ("ZA", "27", "711234567", true),
    ("ZM", "260", "955123456", true),
];

const SHAPES: [PhoneShape; 5] = [
    PhoneShape::E164,
    PhoneShape::Msisdn,
    PhoneShape::National,
    PhoneShape::NationalWithZero,
    PhoneShape::Undocumented,
];

#[test]
fn every_plan_reads_its_example_in_every_form() {
    for (country, code, national, trunk_zero) in EXAMPLES {
        let iso = Country::parse(country).unwrap();
        let phone = PhoneNumber::parse(&format!("+{code}{national}")).unwrap();
        assert_eq!(phone.country(), Some(iso));
        assert_eq!((phone.calling_code(), phone.national()), (code, national), "{country}");
        assert_eq!(phone.shaped(PhoneShape::NationalWithZero).is_some(), trunk_zero, "{country}");
        let zero_first = format!("0{national}");
        assert_eq!(
            PhoneNumber::parse_in(iso, &zero_first).ok(),
            trunk_zero.then(|| phone.clone()),
            "{country}"
        );
        let shorter = &national[..national.len() - 1];
        let longer = format!("{national}5");
        for wrong in [shorter, &longer] {
            assert!(PhoneNumber::parse(&format!("+{code}{wrong}")).is_err(), "{country}");
            assert!(PhoneNumber::parse_in(iso, wrong).is_err(), "{country}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn parsing_what_was_printed_changes_nothing(phone in number()) {
        prop_assert_eq!(PhoneNumber::parse(phone.e164()), Ok(phone.clone()));
        prop_assert_eq!(PhoneNumber::parse(&format!("00{}", phone.msisdn())), Ok(phone.clone()));
        prop_assert_eq!(PhoneNumber::migrate(phone.e164()), Ok(phone.clone()));
        prop_assert_eq!(format!("{}{}", phone.calling_code(), phone.national()), phone.msisdn());
        prop_assert!((7..=15).contains(&phone.msisdn().len()));
    }

    #[test]
    fn a_shaped_number_is_read_back_in_its_country(phone in number()) {
        if let Some(country) = phone.country() {
            for shape in SHAPES {
                if let Some(text) = phone.shaped(shape) {
                    prop_assert_eq!(PhoneNumber::parse_in(country, &text), Ok(phone.clone()), "{:?}", shape);
                }
            }
        }
    }

    #[test]
    fn separators_mean_nothing(phone in number(), separators in prop::collection::vec("[ .()\u{a0}-]{0,2}", 17)) {
        let text: String =
            phone.e164().chars().zip(&separators).map(|(sign, blank)| format!("{blank}{sign}")).collect();
        prop_assert_eq!(PhoneNumber::parse(&text), Ok(phone));
    }

    #[test]
    fn migrating_twice_is_migrating_once(text in "\\+(225|229)[0-9]{7,11}") {
        if let Ok(once) = PhoneNumber::migrate(&text) {
            prop_assert_eq!(PhoneNumber::migrate(once.e164()), Ok(once.clone()));
            prop_assert_eq!(PhoneNumber::parse(once.e164()), Ok(once.clone()));
            prop_assert!(once.e164().ends_with(&text[4..]));
        }
    }

    #[test]
    fn other_digits_and_hidden_characters_are_refused(
        phone in number(), place in 0..20_usize, wrong in "[\\p{L}\\p{Cf}\\p{Cc}\\p{M}٠-٩०-९０-９]",
    ) {
        let mut text = phone.e164().to_owned();
        text.insert_str(place.min(text.len()), &wrong);
        prop_assert!(PhoneNumber::parse(&text).is_err());
        prop_assert!(PhoneNumber::parse_in(Country::parse("CI").unwrap(), &text).is_err());
    }

    #[test]
    fn no_text_panics_and_none_is_repeated(text in prop_oneof![
        any::<String>(),
        "[+0-9 ().-]{0,40}",
        "(\\+|00)?(225|229|233|243|27|1)?[0-9]{0,14}",
    ], country in 0..EXAMPLES.len()) {
        let country = Country::parse(EXAMPLES[country].0).unwrap();
        let results = [PhoneNumber::parse(&text), PhoneNumber::parse_in(country, &text), PhoneNumber::migrate(&text)];
        for result in results {
            let shown = match result {
                Ok(phone) => format!("{phone} {phone:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            // The years of the plans are ours, not the number's.
            let shown = shown.replace("2021", "").replace("2024", "");
            let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
            for four in digits.windows(4) {
                let four: String = four.iter().collect();
                prop_assert!(!shown.contains(&four), "{}", shown);
            }
        }
    }
}

/// Numbers of every plan and of calling codes without one.
fn number() -> impl Strategy<Value = PhoneNumber> {
    let planned = (0..EXAMPLES.len(), 0..100_000_u32).prop_map(|(row, tail)| {
        let (_, code, national, _) = EXAMPLES[row];
        let kept = &national[..national.len() - 5];
        format!("+{code}{kept}{tail:05}")
    });
    // Any digits after the code, as far as the plan admits them.
    let loose = (0..EXAMPLES.len(), "[0-9]{10}").prop_map(|(row, digits)| {
        let (_, code, national, _) = EXAMPLES[row];
        format!("+{code}{}", &digits[..national.len()])
    });
    let foreign = "\\+(1|7|20|33|44|91|212|213|351|971)[1-9][0-9]{5,11}";
    prop_oneof![planned, loose, foreign]
        .prop_filter_map("not in a plan", |text| PhoneNumber::parse(&text).ok())
}
