//! The columns of a file by the names that people give them.

use super::record_text;
use super::split::Record;
use super::trouble::Trouble;

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Column {
    Account,
    Address,
    Amount,
    BankCode,
    Country,
    Currency,
    DocumentKind,
    DocumentNumber,
    Email,
    Gateway,
    Name,
    Operator,
    OrderId,
    Phone,
    Reason,
    Reference,
    Surname,
}

impl Column {
    /// Every column.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Account,
        Self::Address,
        Self::Amount,
        Self::BankCode,
        Self::Country,
        Self::Currency,
        Self::DocumentKind,
        Self::DocumentNumber,
        Self::Email,
        Self::Gateway,
        Self::Name,
        Self::Operator,
        Self::OrderId,
        Self::Phone,
        Self::Reason,
        Self::Reference,
        Self::Surname,
    ];

    /// The name in messages and in `--json`, and the first that a header may have.
    pub(crate) const fn name(self) -> &'static str {
        self.headers()[0]
    }

    /// The headers that mean this column, folded by [`fold`].
    pub(crate) const fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["account", "account_number", "compte", "numero_de_compte", "n_compte", "iban"],
            Self::Address => &["address", "adresse"],
            Self::Amount => {
                &["amount", "montant", "somme", "net_a_payer", "salaire_net", "net_pay", "valeur"]
            }
            Self::BankCode => &["bank_code", "code_banque", "banque", "bank"],
            Self::Country => &["country", "pays", "country_code", "code_pays"],
            Self::Currency => &["currency", "devise", "monnaie", "currency_code", "code_devise"],
            Self::DocumentKind => {
                &["document_kind", "document_type", "type_de_piece", "type_piece", "id_type"]
            }
            Self::DocumentNumber => {
                &["document_number", "numero_de_piece", "numero_piece", "n_piece", "id_number"]
            }
            Self::Email => &["email", "e_mail", "mail", "courriel", "adresse_e_mail", "adresse_email"],
            Self::Gateway => &["gateway", "passerelle", "provider"],
            Self::Name => &[
                "name",
                "nom",
                "last_name",
                "lastname",
                "family_name",
                "nom_de_famille",
                "full_name",
                "nom_complet",
                "beneficiaire",
                "recipient",
                "recipient_name",
            ],
            Self::Operator => &["operator", "operateur", "network", "reseau", "wallet"],
            Self::OrderId => &["order_id", "order", "id_commande", "identifiant_commande"],
            Self::Phone => &[
                "phone",
                "telephone",
                "msisdn",
                "tel",
                "phone_number",
                "mobile",
                "mobile_number",
                "portable",
                "numero_de_telephone",
                "numero_telephone",
                "n_telephone",
                "n_de_telephone",
                "recipient_phone",
                "contact",
                "gsm",
            ],
            Self::Reason => &["reason", "motif", "description", "libelle", "objet", "designation", "memo"],
            Self::Reference => {
                &["reference", "ref", "matricule", "employee_id", "payment_reference", "reference_paiement"]
            }
            Self::Surname => &["surname", "prenom", "prenoms", "first_name", "firstname", "given_name"],
        }
    }

    /// The column whose cell a gateway's problem is about, by the field's path in the request.
    pub(super) fn of_field(field: &str) -> Option<Self> {
        Some(match field {
            "amount" => Self::Amount,
            "amount.currency" => Self::Currency,
            "bank_code" => Self::BankCode,
            "customer_id" | "recipient.id" => Self::Account,
            "document" => Self::DocumentNumber,
            "document.kind" => Self::DocumentKind,
            "order" => Self::OrderId,
            "reason" => Self::Reason,
            "recipient.address" => Self::Address,
            "recipient.country" => Self::Country,
            "recipient.email" => Self::Email,
            "recipient.name" => Self::Name,
            "recipient.phone" => Self::Phone,
            "recipient.surname" => Self::Surname,
            _ if field.starts_with("channel") || field == "provider_id" => Self::Operator,
            _ => return None,
        })
    }
}

/// The first row of a file: which cell of a row is in which column.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// As they were written, for messages.
    names: Vec<String>,
    places: Vec<Option<Column>>,
    line: u32,
}

impl Header {
    /// Reads a row as a header.
    pub(super) fn read(record: &Record) -> Self {
        let names: Vec<_> = record.cells().map(record_text).collect();
        let places = names.iter().map(|name| column(name)).collect();
        Self { names, places, line: record.line() }
    }

    /// The line of the header.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// How many cells a row has.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many of the cells are columns that we know.
    pub(super) fn known(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Where a column is, from zero.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().position(|known| *known == Some(column))
    }

    /// A column's place from one and its header as it was written.
    pub(super) fn named(&self, index: usize) -> (usize, &str) {
        (index + 1, self.names.get(index).map_or("", String::as_str))
    }

    /// What is wrong with the header itself: the place from zero, and the fault.
    pub(super) fn troubles(&self, has_currency: Given) -> Vec<(Option<usize>, Trouble)> {
        let mut troubles = Vec::new();
        for (index, name) in self.names.iter().enumerate() {
            // Bytes that are not UTF-8 were replaced when the name was read.
            if name.contains('\u{fffd}') {
                troubles.push((Some(index), Trouble::NotUtf8));
            } else if name.contains('\0') {
                troubles.push((Some(index), Trouble::Control));
            }
        }
        if !troubles.is_empty() {
            return troubles;
        }
        // A first row of which hardly a cell is a column's name may be a payout, and its cells are not repeated.
        if self.known() < 2 {
            return vec![(None, Trouble::NoHeader)];
        }
        for (index, (name, place)) in self.names.iter().zip(&self.places).enumerate() {
            match place {
                None if !name.trim().is_empty() => {
                    troubles.push((Some(index), Trouble::IgnoredColumn));
                }
                Some(column) if self.place(*column) != Some(index) => {
                    let first = self.place(*column).unwrap_or_default() + 1;
                    troubles.push((Some(index), Trouble::ColumnAgain { first }));
                }
                _ => {}
            }
        }
        let mut need = |alternatives: &'static [Column]| {
            if !alternatives.iter().any(|column| self.place(*column).is_some()) {
                troubles.push((None, Trouble::NoColumn { alternatives }));
            }
        };
        need(&[Column::Reference, Column::OrderId]);
        need(&[Column::Amount]);
        if has_currency == Given::No {
            need(&[Column::Currency]);
        }
        need(&[Column::Phone, Column::Account]);
        troubles
    }

    /// Whether a row repeats the header.
    pub(super) fn is_repeated_by(&self, record: &Record) -> bool {
        let same = record.cells().zip(&self.names).all(|(cell, name)| fold(&record_text(cell)) == fold(name));
        same && record.len() >= self.len()
    }
}

/// Whether a value was given outside of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Given {
    No,
    Yes,
}

fn column(header: &str) -> Option<Column> {
    let folded = fold(header);
    Column::ALL.iter().copied().find(|column| column.headers().contains(&folded.as_str()))
}

/// Small letters without accents, and `_` between words: `N° Téléphone` is `n_telephone`.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    let mut gap = false;
    for sign in text.chars().flat_map(char::to_lowercase) {
        let plain = match sign {
            'à'..='å' => 'a',
            'ç' => 'c',
            'è'..='ë' => 'e',
            'ì'..='ï' => 'i',
            'ñ' => 'n',
            'ò'..='ö' => 'o',
            'ù'..='ü' => 'u',
            // Accents that stand apart, as some systems write them.
            '\u{300}'..='\u{36f}' => continue,
            other => other,
        };
        if plain.is_alphanumeric() {
            if gap && !folded.is_empty() {
                folded.push('_');
            }
            gap = false;
            folded.push(plain);
        } else {
            gap = true;
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_header_means_one_column() {
        let all: Vec<_> = Column::ALL.iter().flat_map(|column| column.headers()).collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
        for header in all {
            assert_eq!(fold(header), **header);
        }
    }

    #[test]
    fn headers_are_read_in_the_spelling_of_people() {
        for (header, wanted) in [
            ("Référence", Some(Column::Reference)),
            ("Re\u{301}fe\u{301}rence", Some(Column::Reference)),
            ("  MONTANT  ", Some(Column::Amount)),
            ("N° Téléphone", Some(Column::Phone)),
            ("Opérateur *", Some(Column::Operator)),
            ("E-mail", Some(Column::Email)),
            ("Montant (milliers)", None),
            ("", None),
        ] {
            assert_eq!(column(header), wanted, "{header}");
        }
    }
}
