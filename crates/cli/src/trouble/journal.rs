//! Why the journal did not do what it was asked.

use nzimbu_journal::{JournalError, JournalErrorKind};

use super::{JOURNAL, REFUSED, Trouble};
use crate::lang::{Text, say};

impl Trouble {
    /// A command of the journal that failed.
    pub(crate) fn journal(error: &JournalError) -> Self {
        let (kind, exit, french, remedy) = facets(error.kind());
        let mut trouble = Self::new(kind, exit, Text::new(error.to_string(), format!("{french} ({error})")));
        trouble.remedies.extend(remedy);
        trouble
    }

    /// The journal may be older than the truth.
    pub(crate) fn doubted() -> Self {
        let (kind, exit, french, remedy) = facets(JournalErrorKind::Doubted);
        let english =
            "the journal may be older than the truth, and nothing is sent before that was followed up";
        let mut trouble = Self::new(kind, exit, Text::new(english, french));
        trouble.remedies.extend(remedy);
        trouble
    }

    /// What the journal holds cannot be trusted.
    pub(crate) fn untrusted(told: Text) -> Self {
        Self::new("journal-damaged", JOURNAL, told)
    }
}

/// The name of a kind, the exit status for it, its meaning in French, and what to do.
fn facets(kind: JournalErrorKind) -> (&'static str, u8, &'static str, Option<Text>) {
    match kind {
        JournalErrorKind::KeyReuse => (
            "key-reuse",
            REFUSED,
            "cet identifiant de commande est déjà pris par une autre demande, et rien n'a été envoyé",
            Some(say!(
                "`nzimbu journal show` tells what the order of this id is; if you mean another order, give another id \
                 or reference",
                "`nzimbu journal show` dit quelle est la commande de cet identifiant ; s'il s'agit d'une autre commande, \
                 donnez un autre identifiant ou une autre référence",
            )),
        ),
        JournalErrorKind::NotFound => ("not-found", REFUSED, "cela ne se trouve pas dans le journal", None),
        JournalErrorKind::Refused => ("refused", REFUSED, "l'état de la commande ne le permet pas", None),
        JournalErrorKind::NotWritable => (
            "journal-not-writable",
            JOURNAL,
            "le journal ne peut être écrit, donc rien n'a été envoyé",
            Some(say!(
                "make room on its disk, give this user the right to write file and folder, and repeat the same command",
                "faites de la place sur son disque, donnez à cet utilisateur le droit d'écrire fichier et dossier, et \
                 répétez la même commande",
            )),
        ),
        JournalErrorKind::Damaged => (
            "journal-damaged",
            JOURNAL,
            "le journal est abîmé ou son histoire a été modifiée",
            Some(say!(
                "send nothing with it: keep a copy, see what `nzimbu journal verify` finds, restore the last backup, and \
                 run `nzimbu journal doubt` before anything else; without a backup, a person may go on from what there \
                 is with `nzimbu journal accept`",
                "n'envoyez rien avec lui : gardez-en une copie, voyez ce que trouve `nzimbu journal verify`, restaurez la \
                 dernière sauvegarde, et lancez `nzimbu journal doubt` avant toute chose ; faute de sauvegarde, une \
                 personne peut repartir de ce qu'il y a avec `nzimbu journal accept`",
            )),
        ),
        JournalErrorKind::Doubted => (
            "journal-doubted",
            JOURNAL,
            "le journal peut être plus ancien que la vérité, et rien n'est envoyé avant que ce soit vérifié",
            Some(say!(
                "run `nzimbu journal doubt` with a --reach that covers what may be lost, then `nzimbu reconcile`",
                "lancez `nzimbu journal doubt` avec un --reach qui couvre ce qui a pu se perdre, puis `nzimbu reconcile`",
            )),
        ),
        JournalErrorKind::Locked => (
            "journal-locked",
            JOURNAL,
            "une commande à envoyer est chiffrée avec une clé qui n'a pas été donnée, et attend",
            Some(say!(
                "put the key behind the others in `encryption_keys` of the section `journal`; `nzimbu journal list --state \
                 ready --json` names it as `locked_by`, and `nzimbu resolve` decides about an order whose key is lost",
                "ajoutez la clé après les autres dans `encryption_keys` de la section `journal` ; `nzimbu journal list \
                 --state ready --json` la nomme sous `locked_by`, et `nzimbu resolve` décide d'une commande dont la clé est \
                 perdue",
            )),
        ),
        JournalErrorKind::Unfit => (
            "journal-unfit",
            JOURNAL,
            "le journal vient d'une version plus récente ou d'un autre programme, ou n'est pas durable ainsi",
            Some(say!(
                "use the version of nzimbu that last wrote it, or a newer one, and `nzimbu doctor` to see how it is set \
                 up",
                "prenez la version de nzimbu qui l'a écrit en dernier, ou une plus récente, et `nzimbu doctor` pour voir \
                 comment il est réglé",
            )),
        ),
        // A kind that is added later is trusted as little.
        _ => (
            "journal-unavailable",
            JOURNAL,
            "le journal ne répond pas, ou d'autres le tiennent trop longtemps",
            Some(say!(
                "repeat the same command: it finds what it did before, and sends nothing twice",
                "répétez la même commande : elle retrouve ce qu'elle a fait, et n'envoie rien deux fois",
            )),
        ),
    }
}
