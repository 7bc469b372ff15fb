//! Whom the payer can pay with: the operators of the documentation's table of payment methods.

use serde::{Deserialize, Serialize};

/// One way to pay, as the counter offers it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operator {
    /// The `payment_method` of check and notification.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) universe: Universe,
}

/// The groups that the `channels` of a request choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Universe {
    MobileMoney,
    Wallet,
    Card,
}

/// A country in which a currency is collected.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    pub(super) french: &'static str,
    pub(super) english: &'static str,
    /// Dialling prefix.
    pub(super) prefix: &'static str,
    pub(super) operators: &'static [Operator],
}

/// Which universes a payment may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Channels {
    pub(super) mobile_money: bool,
    pub(super) wallet: bool,
    pub(super) card: bool,
}

impl Channels {
    /// From the names of a request, which have been checked; none at all means `ALL`.
    pub(super) fn new(names: &[&str]) -> Channels {
        let has = |name: &str| names.is_empty() || names.contains(&"ALL") || names.contains(&name);
        Channels { mobile_money: has("MOBILE_MONEY"), wallet: has("WALLET"), card: has("CREDIT_CARD") }
    }

    pub(super) fn allow(self, universe: Universe) -> bool {
        match universe {
            MobileMoney => self.mobile_money,
            Wallet => self.wallet,
            Card => self.card,
        }
    }
}

/// The countries of a currency, the usual one first.
pub(super) fn countries(currency: &str) -> &'static [Country] {
    match currency {
        "XAF" => &[CM],
        "GNF" => &[GN],
        "CDF" => &[CD],
        "USD" => &[CD_USD],
        _ => &[CI, SN, ML, BF, TG, BJ],
    }
}

/// The operator of a payment whose payer has not chosen one.
pub(super) fn usual(currency: &str) -> &'static Operator {
    &countries(currency)[0].operators[0]
}

/// The operator of a code, among those of a currency.
pub(super) fn find(currency: &str, code: &str) -> Option<(&'static Country, &'static Operator)> {
    countries(currency).iter().find_map(|country| {
        let operator = country.operators.iter().find(|operator| operator.code == code)?;
        Some((country, operator))
    })
}

/// The operator of a payment whose payer has not chosen one but has a number.
pub(super) fn of_prefix(currency: &str, prefix: &str) -> Option<&'static Operator> {
    countries(currency).iter().find(|country| country.prefix == prefix).map(|country| &country.operators[0])
}

/// The name that people know of a code.
pub(super) fn name(code: &'static str) -> &'static str {
    let all = ["XOF", "XAF", "GNF", "CDF", "USD"].into_iter().flat_map(countries);
    let mut operators = all.flat_map(|country| country.operators);
    operators.find(|operator| operator.code == code).map_or(code, |operator| operator.name)
}

use Universe::{Card, MobileMoney, Wallet};

const CI: Country = country(
    ["CI", "Côte d’Ivoire", "Côte d’Ivoire", "225"],
    &[
        operator("OM", "Orange Money", MobileMoney),
        operator("MOMO", "MTN MoMo", MobileMoney),
        operator("FLOOZ", "Moov Money", MobileMoney),
        operator("WAVECI", "Wave", Wallet),
        operator("VISAM", "Visa, Mastercard", Card),
    ],
);
const SN: Country = country(
    ["SN", "Sénégal", "Senegal", "221"],
    &[
        operator("OMSN", "Orange Money", MobileMoney),
        operator("FREESN", "Free Money", MobileMoney),
        operator("EXPRESSOSN", "Expresso", MobileMoney),
        operator("WAVESN", "Wave", Wallet),
    ],
);
const ML: Country = country(
    ["ML", "Mali", "Mali", "223"],
    &[operator("OMML", "Orange Money", MobileMoney), operator("MOOVML", "Moov Money", MobileMoney)],
);
const BF: Country = country(
    ["BF", "Burkina Faso", "Burkina Faso", "226"],
    &[operator("OMBF", "Orange Money", MobileMoney), operator("MOOVBF", "Moov Money", MobileMoney)],
);
const TG: Country = country(
    ["TG", "Togo", "Togo", "228"],
    &[operator("TmoneyTG", "T-Money", MobileMoney), operator("FLOOZTG", "Flooz", MobileMoney)],
);
const BJ: Country = country(
    ["BJ", "Bénin", "Benin", "229"],
    &[operator("MTNBJ", "MTN MoMo", MobileMoney), operator("MOOVBJ", "Moov Money", MobileMoney)],
);
const CM: Country = country(
    ["CM", "Cameroun", "Cameroon", "237"],
    &[
        operator("OMCM", "Orange Money", MobileMoney),
        operator("MTNCM", "MTN MoMo", MobileMoney),
        operator("EXPRESSUNIONCM", "Express Union", MobileMoney),
        operator("VISAMCM", "Visa, Mastercard", Card),
    ],
);
const GN: Country = country(
    ["GN", "Guinée", "Guinea", "224"],
    &[operator("OMGN", "Orange Money", MobileMoney), operator("MTNGN", "MTN MoMo", MobileMoney)],
);
const CD: Country = country(
    ["CD", "RD Congo", "DR Congo", "243"],
    &[
        operator("OMCD", "Orange Money", MobileMoney),
        operator("MPESACD", "M-Pesa", MobileMoney),
        operator("AIRTELCD", "Airtel Money", MobileMoney),
    ],
);
const CD_USD: Country = country(
    ["CD", "RD Congo", "DR Congo", "243"],
    &[
        operator("OMCDUSD", "Orange Money", MobileMoney),
        operator("MPESACDUSD", "M-Pesa", MobileMoney),
        operator("AIRTELCDUSD", "Airtel Money", MobileMoney),
        operator("VISAMCDUSD", "Visa, Mastercard", Card),
    ],
);

const fn country(
    [code, french, english, prefix]: [&'static str; 4],
    operators: &'static [Operator],
) -> Country {
    Country { code, french, english, prefix, operators }
}

const fn operator(code: &'static str, name: &'static str, universe: Universe) -> Operator {
    Operator { code, name, universe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_method_can_be_chosen() {
        let documented = "OM MOMO FLOOZ WAVECI VISAM OMSN FREESN EXPRESSOSN WAVESN OMML MOOVML OMBF MOOVBF \
                          TmoneyTG FLOOZTG MTNBJ MOOVBJ OMCM MTNCM EXPRESSUNIONCM VISAMCM OMGN MTNGN OMCD \
                          MPESACD AIRTELCD OMCDUSD MPESACDUSD AIRTELCDUSD VISAMCDUSD";
        let offered: Vec<&str> = ["XOF", "XAF", "GNF", "CDF", "USD"]
            .into_iter()
            .flat_map(countries)
            .flat_map(|country| country.operators)
            .map(|operator| operator.code)
            .collect();
        assert_eq!(offered.join(" "), documented);
    }

    #[test]
    fn channels_choose_universes() {
        let all = Channels { mobile_money: true, wallet: true, card: true };
        assert_eq!(Channels::new(&[]), all);
        assert_eq!(Channels::new(&["ALL"]), all);
        assert_eq!(Channels::new(&["WALLET"]), Channels { wallet: true, ..Channels::default() });
        let two = Channels::new(&["MOBILE_MONEY", "CREDIT_CARD"]);
        assert!(two.allow(MobileMoney) && two.allow(Card) && !two.allow(Wallet));
    }
}
