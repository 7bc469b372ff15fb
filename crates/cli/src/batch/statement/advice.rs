//! Why the two sides differ, most likely, and what to do next.

use super::compare::is_hundredfold;
use super::{Difference, ExportStatus, Kind};
use crate::batch::report::State;
use crate::lang::Lang;

impl Difference {
    /// The probable cause.
    pub(crate) fn cause(&self, lang: Lang) -> &'static str {
        self.advice(lang).0
    }

    /// The next step.
    pub(crate) fn next_step(&self, lang: Lang) -> &'static str {
        self.advice(lang).1
    }

    fn advice(&self, lang: Lang) -> (&'static str, &'static str) {
        let our_state = self.ours.map(|(_, state)| state);
        let their_status = self.theirs.as_ref().map(|(_, status)| status);
        let [cause_en, cause_fr, step_en, step_fr] = match self.kind {
            Kind::Amount => self.amount(),
            Kind::AmountUnreadable => [
                "the export writes the amount in a way that can be read as two numbers, or not at all",
                "l'export écrit le montant d'une façon illisible ou à double sens",
                "say --decimal-mark, or name the right column with --map amount=HEADER",
                "indiquez --decimal-mark, ou la bonne colonne avec --map amount=EN-TÊTE",
            ],
            Kind::Currency => [
                "the export is in the currency of the account, or the order went to another country",
                "l'export est dans la devise du compte, ou l'ordre est parti dans un autre pays",
                "ask the gateway in which currency the recipient was paid before you pay again",
                "demandez à la passerelle dans quelle devise le bénéficiaire a été payé avant de repayer",
            ],
            Kind::Duplicate => [
                "the export lists every step of an order, or was put together from two that overlap",
                "l'export liste chaque étape d'un ordre, ou réunit deux exports qui se recouvrent",
                "nothing, as long as one payment is meant; the most final line was compared",
                "rien, s'il s'agit d'un seul versement ; la ligne la plus définitive a été comparée",
            ],
            Kind::DuplicatePaid => [
                "the gateway has paid one order twice, or lists a fee as a line of its own",
                "la passerelle a payé deux fois le même ordre, ou liste des frais sur une ligne à part",
                "ask the recipient or the gateway today; if it was paid twice, claim one payment back with this export",
                "demandez aujourd'hui au bénéficiaire ou à la passerelle ; si c'est payé deux fois, réclamez avec cet export",
            ],
            Kind::MissingInExport if our_state == Some(State::Succeeded) => [
                "the export covers other days, another account or only a part; or the payment was taken back",
                "l'export couvre d'autres jours, un autre compte ou une partie ; ou le versement a été repris",
                "export from a day before the batch to a day after it, then ask for the status if it is still missing",
                "exportez du jour d'avant au jour d'après le lot, puis redemandez l'état s'il manque toujours",
            ],
            Kind::MissingInExport => [
                "the order did not reach the gateway, or has not been booked yet",
                "l'ordre n'est pas arrivé à la passerelle, ou n'est pas encore comptabilisé",
                "do not send it again: run nzimbu reconcile, which asks the gateway for it",
                "ne le renvoyez pas : lancez nzimbu reconcile, qui interroge la passerelle",
            ],
            Kind::MissingInJournal => [
                "somebody sent it by hand or with other software, or the journal is another one or an old copy",
                "envoyé à la main ou par un autre logiciel, ou le journal est un autre ou une ancienne copie",
                "find out who sent it; if it was this program, stop sending and restore the journal",
                "trouvez qui l'a envoyé ; si c'est ce programme, arrêtez les envois et restaurez le journal",
            ],
            Kind::Order => [
                "the column for our id holds something else, or the gateway booked the payment under another order",
                "la colonne de notre identifiant contient autre chose, ou la passerelle l'a mis sous un autre ordre",
                "name the right column with --map order=HEADER; if it is right, ask the gateway",
                "nommez la bonne colonne avec --map order=EN-TÊTE ; si elle est juste, demandez à la passerelle",
            ],
            Kind::Reference => [
                "the gateway knows the order under two of its own ids: a second attempt, or a booking id",
                "la passerelle connaît l'ordre sous deux identifiants : une seconde tentative, ou un numéro comptable",
                "ask the gateway whether both are one payment",
                "demandez à la passerelle si les deux sont un seul versement",
            ],
            Kind::Status => status(our_state, their_status),
            Kind::StatusUnrecognized => [
                "the export uses a word for the status that is not known here",
                "l'export emploie pour l'état un mot inconnu ici",
                "look it up in that line, and say what it means with --map succeeded=WORD, failed=WORD or pending=WORD",
                "cherchez-le dans cette ligne, et dites ce qu'il signifie avec --map succeeded=MOT, failed=MOT ou pending=MOT",
            ],
        };
        (lang.pick(cause_en, cause_fr), lang.pick(step_en, step_fr))
    }

    fn amount(&self) -> [&'static str; 4] {
        let theirs = self.theirs.as_ref().and_then(|(amount, _)| *amount);
        match self.ours.zip(theirs) {
            Some(((ours, _), theirs)) if is_hundredfold(ours, theirs) => [
                "one side is written in minor units (cents), a hundredfold",
                "l'un des côtés est en unités mineures (centimes), au centuple",
                "check one payment with its recipient; if only the export is so, compare it after correcting the column",
                "vérifiez un versement auprès du bénéficiaire ; si seul l'export est ainsi, corrigez la colonne et comparez",
            ],
            Some(((ours, _), theirs)) if theirs.minor() < ours.minor() => [
                "a fee was taken off, or less was paid than was asked for",
                "des frais ont été retenus, ou il a été payé moins que demandé",
                "compare with the gateway's tariff; if it is no fee, claim the rest",
                "comparez avec le tarif de la passerelle ; si ce ne sont pas des frais, réclamez le reste",
            ],
            _ => [
                "a fee was added, or more was paid than was asked for",
                "des frais ont été ajoutés, ou il a été payé plus que demandé",
                "compare with the gateway's tariff; if it is no fee, stop sending and ask the gateway",
                "comparez avec le tarif de la passerelle ; si ce ne sont pas des frais, arrêtez les envois et demandez",
            ],
        }
    }
}

fn status(ours: Option<State>, theirs: Option<&ExportStatus>) -> [&'static str; 4] {
    match (ours, theirs) {
        (Some(State::Planned | State::Ready), _) => [
            "the gateway has an order that the journal has not sent: the journal is an old copy, or two programs run",
            "la passerelle a un ordre que le journal n'a pas envoyé : journal ancien, ou deux programmes en marche",
            "stop sending at once, then restore the journal",
            "arrêtez tout de suite les envois, puis restaurez le journal",
        ],
        (Some(State::Succeeded), Some(ExportStatus::Failed)) => [
            "the payment was taken back after the gateway had confirmed it",
            "le versement a été repris après la confirmation de la passerelle",
            "ask the gateway in writing; do not pay again before the answer",
            "demandez par écrit à la passerelle ; ne repayez pas avant la réponse",
        ],
        (Some(State::Succeeded), _) => [
            "the export is older than the last status",
            "l'export est plus ancien que le dernier état",
            "export again tomorrow and compare again",
            "exportez de nouveau demain et comparez",
        ],
        (
            Some(State::Cancelled | State::Expired | State::Failed | State::Rejected),
            Some(ExportStatus::Succeeded | ExportStatus::None),
        ) => [
            "the payment went through after the gateway had said that it did not",
            "le versement a abouti après que la passerelle a dit le contraire",
            "do not pay again: run nzimbu reconcile; if it was paid again already, claim one payment back",
            "ne repayez pas : lancez nzimbu reconcile ; si c'est déjà repayé, réclamez un versement",
        ],
        (Some(State::Cancelled | State::Expired | State::Failed | State::Rejected), _) => [
            "the gateway still works on an order that it had given up",
            "la passerelle traite encore un ordre qu'elle avait abandonné",
            "do not pay again before it has ended: run nzimbu reconcile",
            "ne repayez pas avant la fin : lancez nzimbu reconcile",
        ],
        (_, Some(ExportStatus::Failed)) => [
            "the answer or the callback with the end was lost",
            "la réponse ou la notification de la fin s'est perdue",
            "run nzimbu reconcile; once the journal says failed, pay under a new reference",
            "lancez nzimbu reconcile ; quand le journal dit échoué, payez sous une nouvelle référence",
        ],
        _ => [
            "the answer or the callback with the end was lost",
            "la réponse ou la notification de la fin s'est perdue",
            "run nzimbu reconcile; do not pay again",
            "lancez nzimbu reconcile ; ne repayez pas",
        ],
    }
}
