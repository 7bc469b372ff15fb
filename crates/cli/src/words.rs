//! The words of the library in both languages.

use nzimbu::{ErrorKind, Fault, Operation, Outcome, Status};
use nzimbu_journal::{Closed, Flags, Paid, State, Verdict};

use crate::args::{Direction, Gateway};
use crate::lang::{Text, say};

/// What is wrong with a field. Free forms come from the library in English.
pub(crate) fn fault(fault: &Fault) -> Text {
    let french = match fault {
        Fault::Ambiguous { choices, remedy } => {
            format!("correspond à plusieurs codes de la passerelle ({}) : {remedy}", choices.join(", "))
        }
        Fault::Forbidden(sign) => format!("ne doit pas contenir {sign:?} : retirez-le ou remplacez-le"),
        Fault::Missing => "est requis : indiquez-le".to_owned(),
        Fault::NotAMultipleOf(step) => format!("doit être un multiple de {step} : arrondissez"),
        Fault::SpareDigits => "doit être en unités entières ici : retirez les décimales".to_owned(),
        Fault::TooLarge(most) => format!("doit être au plus {most} : baissez-le"),
        Fault::TooLong(most) => format!("doit avoir au plus {most} caractères ou éléments : raccourcissez"),
        Fault::TooShort(least) => format!("doit avoir au moins {least} caractères ou éléments : rallongez"),
        Fault::TooSmall(least) => format!("doit être au moins {least} : montez-le"),
        Fault::Unsupported(offered) if offered.is_empty() => {
            "n'est pas proposé par cette passerelle : retirez-le".to_owned()
        }
        Fault::Unsupported(offered) => format!("n'est pas proposé par cette passerelle : prenez {offered}"),
        Fault::Wrong(expected) => format!("doit être : {expected}"),
        _ => fault.to_string(),
    };
    Text::new(fault.to_string(), french)
}

/// A broken rule of the request's form, by its short name, in French.
pub(crate) fn rule(rule: &str) -> &'static str {
    match rule {
        "duplicate" => "est donné deux fois : retirez-en un",
        "format" => "n'a pas la bonne forme : corrigez-le",
        "required" => "est requis : indiquez-le",
        "supported" => "a une valeur qui n'est pas proposée : prenez-en une autre",
        "type" => "n'est pas du bon type : voyez `nzimbu check --help`",
        "unknown" => "n'est pas un champ ici : retirez-le",
        _ => "est incorrect : corrigez-le",
    }
}

/// Why a call failed, in one sentence.
pub(crate) const fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Authentication => "la passerelle n'accepte pas les identifiants",
        ErrorKind::Blocked => "la passerelle bloque cet appelant",
        ErrorKind::DuplicateOrder => "la passerelle connaît déjà cet identifiant de commande",
        ErrorKind::InsufficientFunds => "le compte ne contient pas assez",
        ErrorKind::InvalidRequest => "la demande est incorrecte",
        ErrorKind::LoginExpired => "la connexion a expiré : répétez pour se reconnecter",
        ErrorKind::Malformed => "la réponse n'est pas celle que décrit la documentation de la passerelle",
        ErrorKind::Mismatch => {
            "la réponse parle d'une autre commande, d'un autre montant ou d'une autre devise"
        }
        ErrorKind::RateLimited => "trop d'appels : répétez plus tard",
        ErrorKind::Transport => "la passerelle n'a pas répondu",
        ErrorKind::Unavailable => "la passerelle ou l'opérateur est hors service",
        ErrorKind::Unsupported => "la documentation de la passerelle ne décrit pas cette opération",
        ErrorKind::UntrustedUrl => "la passerelle a envoyé un lien vers un hôte qu'on ne lui connaît pas",
        _ => "l'appel a échoué",
    }
}

/// What a failure may have done to money.
pub(crate) fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::NotSent => {
            say!("nothing was sent that moves money", "rien n'a été envoyé qui déplace de l'argent",)
        }
        Outcome::Rejected => {
            say!("the gateway refused it, and nothing moved", "la passerelle l'a refusé, et rien n'a bougé",)
        }
        Outcome::Unknown => say!(
            "the outcome is not known: money may have moved",
            "l'issue est inconnue : l'argent a pu bouger",
        ),
    }
}

/// Where an order stands.
pub(crate) fn status(status: Status) -> Text {
    let french = match status {
        Status::Cancelled => "annulé",
        Status::Expired => "expiré",
        Status::Failed => "échoué",
        Status::Pending => "en cours",
        Status::Succeeded => "réussi",
        _ => "mot inconnu de la passerelle",
    };
    Text::new(status.as_str(), french)
}

/// Where an order stands in the journal.
pub(crate) fn state(state: State) -> Text {
    let french = match state {
        State::Planned => "prévu",
        State::Ready => "à envoyer",
        State::Sending => "en envoi",
        State::Accepted => "accepté",
        State::Unknown => "inconnu",
        State::Succeeded => "réussi",
        State::Failed => "échoué",
        State::Expired => "expiré",
        State::Cancelled => "annulé",
        State::Rejected => "refusé",
    };
    Text::new(state.as_str(), french)
}

/// What people should know of an order, one word a flag.
pub(crate) fn flags(flags: Flags) -> Text {
    let english: Vec<_> = flags.names().map(|name| name.replace('_', " ")).collect();
    let french: Vec<_> = flags
        .names()
        .map(|name| match name {
            "amount_unconfirmed" => "montant non confirmé",
            "mismatch" => "autre montant",
            "conflict" => "contradiction",
            "needs_review" => "à examiner",
            other => other,
        })
        .collect();
    Text::new(english.join(", "), french.join(", "))
}

/// Whether an order is paid, in one word.
pub(crate) const fn paid(paid: Paid) -> &'static str {
    match paid {
        Paid::Yes => "yes",
        Paid::AmountUnconfirmed => "amount_unconfirmed",
        Paid::No => "no",
    }
}

/// Why a gateway is left alone.
pub(crate) fn closed(why: Closed) -> (&'static str, Text) {
    match why {
        Closed::Busy => ("busy", say!("it was called too often", "elle a été trop appelée")),
        Closed::Down => ("down", say!("it does not answer", "elle ne répond pas")),
        Closed::Refused => (
            "refused",
            say!(
                "it refuses the credentials or this machine's address",
                "elle refuse les identifiants ou l'adresse de cette machine",
            ),
        ),
        Closed::Empty => (
            "empty",
            say!(
                "the account for payouts does not hold enough",
                "le compte de versement ne contient pas assez"
            ),
        ),
        _ => ("closed", say!("it is left alone", "elle est laissée en paix")),
    }
}

/// What a person's decision does.
pub(crate) fn verdict(verdict: Verdict) -> Text {
    match verdict {
        Verdict::Succeeded => say!(
            "ends it as succeeded: you have seen the money",
            "la termine comme réussie : vous avez vu l'argent",
        ),
        Verdict::Failed => say!(
            "ends it as failed: it was not and will not be executed",
            "la termine comme échouée : elle n'a pas été et ne sera pas exécutée",
        ),
        Verdict::Cancelled => {
            say!("gives it up: nothing of it was executed", "l'abandonne : rien n'en a été exécuté",)
        }
        Verdict::Resend => say!(
            "sends it again under the same id, by the next `nzimbu reconcile`: nothing of it was executed or can still \
             arrive",
            "la renvoie sous le même identifiant, au prochain `nzimbu reconcile` : rien n'en a été exécuté ni ne peut \
             encore arriver",
        ),
        Verdict::Ask => say!(
            "asks the gateway again, by the next `nzimbu reconcile`",
            "redemande à la passerelle, au prochain `nzimbu reconcile`",
        ),
        _ => Text::same(verdict.as_str()),
    }
}

/// Which way money goes.
pub(crate) fn operation(operation: Operation) -> Text {
    match operation {
        Operation::Payment => say!("payment", "encaissement"),
        Operation::Payout => say!("payout", "versement"),
    }
}

impl Gateway {
    pub(crate) const ALL: [Self; 3] = [Self::Adullam, Self::Bitlipa, Self::Cinetpay];

    /// The name, as the library and the settings have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Adullam => "adullam",
            Self::Bitlipa => "bitlipa",
            Self::Cinetpay => "cinetpay",
        }
    }
}

impl From<Direction> for Operation {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Pay => Self::Payment,
            Direction::Payout => Self::Payout,
        }
    }
}
