//! The codes of the transfer service (page "annexe") with their texts. The French of 701, 706 and 723 is the
//! documents' own; English is said to exist and is nowhere shown.

use crate::html::Language;

/// One code.
pub(super) struct Code {
    pub(super) number: i64,
    pub(super) message: &'static str,
    french: &'static str,
    english: &'static str,
    /// Whether it can refuse one item of a batch.
    pub(super) per_item: bool,
}

impl Code {
    pub(super) fn find(number: i64) -> Option<&'static Code> {
        CODES.iter().find(|code| code.number == number)
    }

    pub(super) fn text(&self, language: Language) -> &'static str {
        language.pick(self.french, self.english)
    }
}

/// The code that an amount stands for: 900,000 and ten times the code.
pub(super) fn magic_amount(amount: u64) -> Option<i64> {
    let number = i64::try_from(amount.checked_sub(MAGIC_BASE)?).ok()? / 10;
    (amount.is_multiple_of(10) && Code::find(number).is_some()).then_some(number)
}

/// The code that a text stands for: `sandbox-code-702`.
pub(super) fn magic_text(text: &str) -> Option<i64> {
    let number = text.strip_prefix("sandbox-code-")?.parse().ok()?;
    Code::find(number).map(|code| code.number)
}

pub(super) const MAGIC_BASE: u64 = 900_000;

static CODES: [Code; 27] = [
    call(-1, "OPERATION_ERROR", "Erreur dans la requête", "Error in the request"),
    call(602, "INSUFFICIENT_BALANCE", "Fonds Insuffisant", "Insufficient funds"),
    call(701, "INVALID_CREDENTIALS", "Identifiant de connexion incorrect", "Incorrect login credentials"),
    call(702, "COULD_NOT_CREATE_TOKEN", "Le token n'a pas pu être créé", "The token could not be created"),
    call(703, "INVALID_USER", "Votre compte est invalide", "Your account is invalid"),
    call(
        704,
        "INVALID_PARAM",
        "Il faut exactement un de transaction_id, client_transaction_id et lot",
        "Exactly one of transaction_id, client_transaction_id and lot is needed",
    ),
    call(705, "EXPIRED_TOKEN", "Votre token a expiré", "Your token has expired"),
    call(706, "INVALID_TOKEN", "Votre token est invalide", "Your token is invalid"),
    call(707, "CANT_REFRESH_TOKEN", "Le token ne peut être renouvelé", "The token cannot be refreshed"),
    call(708, "NOT_ALLOWED", "URL ou méthode incorrecte", "Wrong URL or method"),
    call(
        709,
        "EXECUTION_ERROR",
        "This IP is not allow to execute this action",
        "This IP is not allow to execute this action",
    ),
    call(710, "EXECUTION_ERROR", "Erreur d'exécution", "Execution error"),
    call(715, "UNEXPECTED_ERROR", "Erreur inattendue", "Unexpected error"),
    call(716, "DATA_NOT_VALID", "Les données ne sont pas valides", "The data is not valid"),
    item(717, "ERROR_PHONE_NOT_PARTICULAR", "Ce numéro n'est pas d'un particulier", "Not a private number"),
    call(718, "JSON_PARSE_ERROR", "Le paramètre data n'est pas du JSON", "The parameter data is not JSON"),
    item(719, "AMOUNT_TOO_SMALL", "Le montant est trop petit", "The amount is too small"),
    item(720, "AMOUNT_TOO_LARGE", "Le montant est trop grand", "The amount is too large"),
    item(721, "OPERATOR_NOT_AVAILABLE", "Opérateur non disponible", "The operator is not available"),
    call(723, "NOT_FOUND", "Aucun element trouvé", "No element found"),
    item(724, "ERROR_PHONE_NOT_MY_CONTACT", "Ce numéro n'est pas un contact", "The number is not a contact"),
    item(725, "MISSING_NOTIFY_URL", "Le paramètre notify_url manque", "The parameter notify_url is missing"),
    item(726, "ERROR_PHONE_ALREADY_MY_CONTACT", "Ce numéro est déjà un contact", "Already a contact"),
    item(801, "INVALID_AMOUNT", "Le montant est invalide", "The amount is invalid"),
    item(802, "INVALID_PHONE", "Le numéro est invalide", "The phone number is invalid"),
    item(804, "OPERATOR_UNAVAILABLE", "Opérateur indisponible", "The operator is unavailable"),
    item(805, "CLIENT_TRANSACTION_ID_EXIST", "Ce client_transaction_id existe", "This id exists already"),
];

/// Seen by an integrator only, and not in the table.
pub(super) const INVALID_METHOD: (i64, &str) = (811, "INVALID_PAYMENT_METHOD");

const fn call(number: i64, message: &'static str, french: &'static str, english: &'static str) -> Code {
    Code { number, message, french, english, per_item: false }
}

const fn item(number: i64, message: &'static str, french: &'static str, english: &'static str) -> Code {
    Code { number, message, french, english, per_item: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_amount_and_a_text() {
        for code in &CODES {
            let amount = MAGIC_BASE.checked_add_signed(code.number * 10).unwrap_or_default();
            let expected = (amount >= MAGIC_BASE).then_some(code.number);
            assert_eq!(magic_amount(amount), expected);
            assert_eq!(magic_text(&format!("sandbox-code-{}", code.number)), Some(code.number));
        }
        for amount in [0, 500, 900_000, 907_021, 908_130] {
            assert_eq!(magic_amount(amount), None);
        }
        assert_eq!(magic_text("sandbox-code-1"), None);
    }
}
