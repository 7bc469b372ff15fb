//! Countries, currencies and operators as people write them.

use nzimbu::{Channel, Country, Currency, Operator, PaymentProvider};

use super::column::fold;
use super::trouble::Trouble;
use crate::lang::Lang;

/// Two letters, or the name in English or French of a country where the gateways pay.
pub(super) fn country(text: &str) -> Result<Country, Trouble> {
    if let Ok(country) = Country::parse(&text.to_ascii_uppercase()) {
        return Ok(country);
    }
    let folded = fold(text);
    let found = COUNTRIES.iter().find(|(_, names)| names.contains(&folded.as_str()));
    found.and_then(|(code, _)| Country::parse(code).ok()).ok_or(Trouble::Country)
}

/// Three letters in any case.
pub(super) fn currency(text: &str) -> Result<Currency, Trouble> {
    if let Ok(currency) = Currency::parse(&text.to_ascii_uppercase()) {
        return Ok(currency);
    }
    let cfa = ["cfa", "fcfa", "f_cfa", "franc_cfa", "francs_cfa", "f"].contains(&fold(text).as_str());
    Err(if cfa { Trouble::CurrencyCfa } else { Trouble::Currency })
}

/// The channel of an operator's name, in the spelling of the gateway's directory where it is there.
pub(super) fn channel(text: &str, country: Country, provider: Option<&dyn PaymentProvider>) -> Channel {
    let folded = fold(text);
    match folded.as_str() {
        "bank" | "banque" | "virement" | "bank_transfer" => return Channel::Bank,
        "mobile_money" => return Channel::MobileMoney,
        "wallet" | "portefeuille" => return Channel::Wallet,
        _ => {}
    }
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&folded.as_str()));
    let name = alias.map_or(text, |(name, _)| name);
    let entry = provider.and_then(|provider| {
        let mut entries = provider.directory().iter();
        entries.find(|entry| entry.country == country && entry.operator.eq_ignore_ascii_case(name))
    });
    Channel::Operator(match entry {
        Some(entry) => Operator::new(country, entry.operator.clone()),
        None => Operator::new(country, name),
    })
}

/// The name of a country where the gateways pay; its code for any other.
pub(super) fn name(country: Country, lang: Lang) -> String {
    let found = NAMES.iter().find(|(code, _, _)| *code == country.as_str());
    found.map_or_else(|| country.to_string(), |(_, en, fr)| lang.pick(en, fr).to_owned())
}

const NAMES: &[(&str, &str, &str)] = &[
    ("BF", "Burkina Faso", "Burkina Faso"),
    ("BI", "Burundi", "Burundi"),
    ("BJ", "Benin", "Bénin"),
    ("CD", "DR Congo", "RD Congo"),
    ("CI", "Côte d’Ivoire", "Côte d’Ivoire"),
    ("CM", "Cameroon", "Cameroun"),
    ("GH", "Ghana", "Ghana"),
    ("GN", "Guinea", "Guinée"),
    ("KE", "Kenya", "Kenya"),
    ("ML", "Mali", "Mali"),
    ("MW", "Malawi", "Malawi"),
    ("NE", "Niger", "Niger"),
    ("NG", "Nigeria", "Nigeria"),
    ("RW", "Rwanda", "Rwanda"),
    ("SN", "Senegal", "Sénégal"),
    ("TG", "Togo", "Togo"),
    ("TZ", "Tanzania", "Tanzanie"),
    ("UG", "Uganda", "Ouganda"),
    ("ZA", "South Africa", "Afrique du Sud"),
    ("ZM", "Zambia", "Zambie"),
];

const ALIASES: &[(&str, &[&str])] = &[
    ("Airtel", &["airtel_money"]),
    ("Free", &["free_money"]),
    ("Moov", &["moov_money", "moov_africa"]),
    ("MPESA", &["m_pesa"]),
    ("MTN", &["mtn_momo", "mtn_money", "mtn_mobile_money", "momo"]),
    ("Orange", &["orange_money", "om"]),
    ("TMoney", &["t_money"]),
];

const COUNTRIES: &[(&str, &[&str])] = &[
    ("BF", &["burkina_faso", "burkina"]),
    ("BI", &["burundi"]),
    ("BJ", &["benin"]),
    (
        "CD",
        &[
            "rdc",
            "drc",
            "dr_congo",
            "rd_congo",
            "congo_kinshasa",
            "republique_democratique_du_congo",
            "democratic_republic_of_the_congo",
        ],
    ),
    ("CI", &["cote_d_ivoire", "cote_divoire", "ivory_coast"]),
    ("CM", &["cameroun", "cameroon"]),
    ("GH", &["ghana"]),
    ("GN", &["guinee", "guinea"]),
    ("KE", &["kenya"]),
    ("ML", &["mali"]),
    ("MW", &["malawi"]),
    ("NE", &["niger"]),
    ("NG", &["nigeria"]),
    ("RW", &["rwanda"]),
    ("SN", &["senegal"]),
    ("TG", &["togo"]),
    ("TZ", &["tanzanie", "tanzania"]),
    ("UG", &["ouganda", "uganda"]),
    ("ZA", &["afrique_du_sud", "south_africa"]),
    ("ZM", &["zambie", "zambia"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_countries_are_folded() {
        for (text, wanted) in
            [("ci", "CI"), ("Côte d’Ivoire", "CI"), ("SÉNÉGAL", "SN"), ("Niger", "NE"), ("Nigeria", "NG")]
        {
            assert_eq!(country(text).map(|country| country.to_string()), Ok(wanted.to_owned()));
        }
        // There are two.
        assert_eq!(country("Congo"), Err(Trouble::Country));
    }

    #[test]
    fn every_name_is_read_back() {
        for (code, en, fr) in NAMES {
            for name in [en, fr] {
                assert_eq!(
                    country(name).map(|country| country.to_string()),
                    Ok((*code).to_owned()),
                    "{name}"
                );
            }
        }
        assert_eq!(NAMES.len(), COUNTRIES.len());
    }

    #[test]
    fn the_two_cfa_francs_are_not_mixed_up() {
        assert_eq!(currency("xof"), Ok(Currency::Xof));
        assert_eq!(currency("F CFA"), Err(Trouble::CurrencyCfa));
        assert_eq!(currency("EUR"), Err(Trouble::Currency));
    }
}
