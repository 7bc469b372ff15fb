//! The messages in French.

use nzimbu::PhoneErrorKind;

use super::{Content, Trouble, alternatives, spellings};
use crate::batch::cell::amount::AmountFault;
use crate::batch::cell::phone::PhoneFault;
use crate::words;

pub(super) fn message(trouble: &Trouble) -> String {
    let text = match trouble {
        Trouble::Amount(fault) => return amount(fault),
        Trouble::Card => "semble contenir un numéro de carte : retirez-le, aucun versement n'en a besoin",
        Trouble::CellCount { found, expected } => {
            return format!(
                "la ligne a {found} cellules et l'en-tête {expected} : mettez entre guillemets toute cellule qui contient \
                 le séparateur, comme \"1000,50\""
            );
        }
        Trouble::CountryOfPhone { said, found } => {
            return format!("est un numéro de {found}, mais la ligne dit {said} : corrigez l'un des deux");
        }
        Trouble::ColumnAgain { first } => {
            return format!("a le même sens que la colonne {first} : retirez ou renommez l'une des deux");
        }
        Trouble::Control => "contient un caractère de contrôle invisible : ressaisissez la cellule",
        Trouble::Country => "n'est pas un pays connu sous ce nom : écrivez ses deux lettres, comme CI",
        Trouble::Currency => "n'est pas une devise des passerelles : écrivez ses trois lettres, comme XOF",
        Trouble::CurrencyCfa => {
            "peut désigner deux francs CFA : écrivez XOF (Afrique de l'Ouest) ou XAF (Afrique centrale)"
        }
        Trouble::DocumentKind => "doit être passport, national_id ou driving_licence",
        Trouble::Duplicate { first, content: Content::Same } => {
            return format!("est le même versement qu'à la ligne {first} : retirez l'un des deux");
        }
        Trouble::Duplicate { first, content: Content::Other } => {
            return format!(
                "est la référence d'un autre versement, ligne {first} : donnez à chaque versement sa propre référence"
            );
        }
        Trouble::DuplicateRecipient { first } => {
            return format!(
                "le même bénéficiaire reçoit le même montant qu'à la ligne {first} : retirez l'un des deux, ou acceptez avec \
                 --accept-duplicate-recipients"
            );
        }
        Trouble::Formula => "est une formule : remplacez-la par sa valeur (copier, collage spécial, valeurs)",
        Trouble::Gateway => {
            "n'est pas une passerelle utilisable ici : écrivez cinetpay ou bitlipa, ou laissez la cellule vide"
        }
        Trouble::GatewaySendsNone => {
            "les documents de cette passerelle ne prévoient pas de versements : prenez-en une autre"
        }
        Trouble::HeaderBelow { line } => {
            return format!("l'en-tête semble se trouver à la ligne {line} : retirez les lignes au-dessus");
        }
        Trouble::IgnoredColumn => "n'est pas lue : aucun champ d'un versement ne porte ce nom",
        Trouble::Invisible => {
            "contient un caractère invisible, copié d'un contact ou d'une page web : ressaisissez la cellule"
        }
        Trouble::LineBreak => {
            "contient un saut de ligne : retirez-le, ou fermez les guillemets qui ouvrent la cellule"
        }
        Trouble::Misread => {
            "contient des lettres abîmées (Ã© au lieu de é) : enregistrez de nouveau l'original en « CSV UTF-8 »"
        }
        Trouble::NoColumn { alternatives: columns } => {
            return format!(
                "il manque la colonne {} : nommez-la dans la première ligne ; noms compris : {}",
                alternatives(columns, " ou "),
                spellings(columns)
            );
        }
        Trouble::NoHeader => {
            "la première ligne n'est pas un en-tête : commencez par des noms de colonnes, comme référence;montant;devise;téléphone"
        }
        Trouble::NoRows => {
            "aucun versement sous l'en-tête : ajoutez les lignes, ou enregistrez la bonne feuille"
        }
        Trouble::NotUtf8 => {
            "n'est pas en UTF-8 : enregistrez en « CSV UTF-8 », ou ajoutez --encoding windows-1252 si Excel sous Windows \
             l'a écrit"
        }
        Trouble::OrderId => "doit avoir 1 à 30 caractères parmi A-Z, 0-9 et -, sans commencer par -",
        Trouble::Phone(fault) => return phone(*fault),
        Trouble::Provider(problem) => return words::fault(&problem.fault).french().to_owned(),
        Trouble::Quote => {
            "a du texte hors de ses guillemets : mettez toute la cellule entre guillemets, et doublez ceux de l'intérieur"
        }
        Trouble::Reference => {
            "doit avoir 1 à 64 lettres sans accent, chiffres, espaces ou signes, et ne jamais changer"
        }
        Trouble::RepeatedHeader => "la ligne répète l'en-tête : retirez-la",
        Trouble::Replaced => {
            "a perdu un caractère à l'enregistrement (\u{fffd}) : corrigez-le et enregistrez en « CSV UTF-8 »"
        }
        Trouble::Required => "est obligatoire : remplissez la cellule",
        Trouble::RowTooLong => "la ligne est trop longue : cherchez des guillemets qui ne sont pas fermés",
        Trouble::Scientific => {
            "a été abrégé par le tableur (1,2E+11), ses chiffres sont perdus : mettez la colonne en format texte et \
             ressaisissez-le"
        }
        Trouble::SpreadsheetError => "est une erreur du tableur : corrigez la cellule avant d'enregistrer",
        Trouble::TooLong { most } => return format!("a plus de {most} octets : raccourcissez"),
        Trouble::TooManyRows { most } => return format!("le fichier a plus de {most} lignes : divisez-le"),
        Trouble::TotalsRow => "la ligne est un total, pas un versement : retirez-la",
        Trouble::Unclosed => "ouvre des guillemets qui ne sont jamais fermés : fermez-les",
    };
    text.to_owned()
}

fn amount(fault: &AmountFault) -> String {
    let text = match fault {
        AmountFault::Ambiguous => {
            "peut se lire en décimales ou en milliers : écrivez-le sans séparateur, ou ajoutez --decimal-mark comma \
             (virgule) ou point"
        }
        AmountFault::Decimals(currency) => {
            return match currency.exponent() {
                0 => format!("{currency} n'a pas de décimales : arrondissez à l'unité"),
                most => format!("{currency} a {most} décimales : arrondissez"),
            };
        }
        AmountFault::Form => "doit être un nombre seul, comme 2500 ou 12,50 : sans devise, lettre ni signe",
        AmountFault::Grouping => "a des séparateurs mal placés : écrivez-le sans séparateur, comme 2500",
        AmountFault::LeadingZero => {
            "commence par un zéro comme un téléphone ou un code : vérifiez que c'est le montant"
        }
        AmountFault::Negative => "ne doit pas être négatif : on ne fait qu'envoyer de l'argent",
        AmountFault::Range => "dépasse 9223372036854775807 unités mineures : réduisez-le",
        AmountFault::Scientific => {
            "a été abrégé par le tableur (1E+06) : mettez la colonne en format nombre sans décimales et enregistrez"
        }
    };
    text.to_owned()
}

fn phone(fault: PhoneFault) -> String {
    let text = match fault {
        PhoneFault::Decimals => "a une virgule décimale, comme un nombre : mettez la colonne en format texte",
        PhoneFault::Formula => {
            "est une formule ou contient des lettres : écrivez le numéro seul, comme +225…"
        }
        PhoneFault::LostZero(country) => {
            return format!(
                "a un chiffre de moins ; les numéros de {country} peuvent commencer par le zéro que les tableurs \
                 suppriment : mettez la colonne en format texte et écrivez tous les chiffres"
            );
        }
        PhoneFault::Negative => "commence par un signe moins : écrivez +, l'indicatif du pays et le numéro",
        PhoneFault::Plan(kind) => return plan(kind),
        PhoneFault::Scientific => {
            "a été abrégé par le tableur (2,25E+12), ses chiffres sont perdus : mettez la colonne en format texte et \
             ressaisissez-le"
        }
        PhoneFault::Several => "contient plus d'un numéro : n'en écrivez qu'un",
    };
    text.to_owned()
}

fn plan(kind: PhoneErrorKind) -> String {
    match kind {
        PhoneErrorKind::Empty => "le numéro est vide : écrivez + et l'indicatif du pays, puis le numéro".into(),
        PhoneErrorKind::NoCountryCode => {
            "le numéro n'a pas d'indicatif : écrivez-le avec +, comme +225, ou ajoutez une colonne pays".into()
        }
        PhoneErrorKind::NotDigits => {
            "le numéro contient autre chose que des chiffres, espaces, tirets, points et parenthèses : ressaisissez-le"
                .into()
        }
        PhoneErrorKind::OldPlan { country, since, .. } => format!(
            "les numéros de {country} ont changé ({since}) et celui-ci est ancien : écrivez le numéro actuel en entier"
        ),
        PhoneErrorKind::TooLong => "le numéro a plus de 15 chiffres : écrivez l'indicatif et un seul numéro".into(),
        PhoneErrorKind::TooShort => "le numéro a moins de 7 chiffres : écrivez l'indicatif et tous les chiffres".into(),
        PhoneErrorKind::UnknownPrefix { country } => {
            format!("aucun numéro de {country} ne commence ainsi : vérifiez les premiers chiffres")
        }
        PhoneErrorKind::WrongLength { country, expected } => format!(
            "les numéros de {country} ont {expected} chiffres après l'indicatif : écrivez-les tous, et pas davantage"
        ),
        _ => "n'est pas un numéro de téléphone : vérifiez-le".into(),
    }
}
