//! By which names an export is read.

use nzimbu::Currency;

use super::ExportStatus;
use crate::batch::DecimalMark;
use crate::batch::Encoding;
use crate::batch::column::fold;

/// The columns of an export and the words of its statuses.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    columns: Vec<(Part, String)>,
    words: Vec<(ExportStatus, String)>,
    /// The currency of lines that name none.
    pub(crate) currency: Option<Currency>,
    /// The sign before decimals, where the export needs it to be told.
    pub(crate) decimal_mark: Option<DecimalMark>,
    /// How the text is encoded.
    pub(crate) encoding: Encoding,
}

/// What a column of an export holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Amount,
    Currency,
    GatewayReference,
    Order,
    Status,
}

impl Part {
    const ALL: [Self; 5] = [Self::Amount, Self::Currency, Self::GatewayReference, Self::Order, Self::Status];

    /// The name in messages and in what is told.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::GatewayReference => "gateway_reference",
            Self::Order => "order",
            Self::Status => "status",
        }
    }

    /// Headers that people would expect, folded; the first that a file has is taken.
    const fn expected(self) -> &'static [&'static str] {
        match self {
            Self::Amount => &["amount", "montant", "transaction_amount", "montant_transaction"],
            Self::Currency => &["currency", "devise", "monnaie", "currency_code"],
            Self::GatewayReference => &[
                "gateway_reference",
                "reference_passerelle",
                "transaction_reference",
                "id_transaction",
                "lot",
            ],
            Self::Order => &[
                "client_transaction_id",
                "merchant_transaction_id",
                "order_id",
                "transaction_id",
                "reference_marchand",
                "merchant_reference",
                "identifiant",
            ],
            Self::Status => &[
                "status",
                "statut",
                "state",
                "etat",
                "transaction_status",
                "treatment_status",
                "statut_traitement",
            ],
        }
    }
}

impl Mapping {
    /// The names that people would expect, and the status words of a gateway's documents.
    pub(crate) fn of(gateway: &str) -> Self {
        let mut words = Vec::new();
        let mut add = |status: &ExportStatus, list: &[&str]| {
            words.extend(list.iter().map(|word| (status.clone(), (*word).to_owned())));
        };
        let (failed, pending, succeeded) =
            (ExportStatus::Failed, ExportStatus::Pending, ExportStatus::Succeeded);
        add(
            &failed,
            &["failed", "echec", "echoue", "echouee", "rejected", "rejete", "rejetee", "refused", "refuse"],
        );
        add(&failed, &["cancelled", "canceled", "annule", "annulee", "expired", "expire", "expiree"]);
        add(
            &pending,
            &["pending", "en_attente", "en_cours", "processing", "in_progress", "created", "initiated"],
        );
        add(&succeeded, &["success", "succes", "succeeded", "successful", "reussi", "reussie", "completed"]);
        add(&succeeded, &["paid", "paye", "payee", "valide", "validee", "accepted", "effectue"]);
        match gateway {
            // `treatment_status` of transfers. NOS is inconclusive at the operator.
            "cinetpay" => {
                add(&succeeded, &["val"]);
                add(&failed, &["rej"]);
                add(&pending, &["new", "rec", "nos"]);
            }
            "bitlipa" => {
                add(&succeeded, &["2"]);
                add(&failed, &["3", "4"]);
                add(&pending, &["-1", "0", "1", "6", "7"]);
            }
            _ => {}
        }
        Self { columns: Vec::new(), words, currency: None, decimal_mark: None, encoding: Encoding::Utf8 }
    }

    /// Takes one name: `amount=Montant net`, `order=Réf. client`, `succeeded=Terminé`.
    ///
    /// # Errors
    /// When there is no `=`, or nothing of that name can be told.
    pub(crate) fn tell(&mut self, text: &str) -> Result<(), String> {
        let names = "amount, currency, gateway_reference, order, status, succeeded, failed or pending";
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("write NAME=TEXT, with {names} as the name"))?;
        let value = fold(value);
        if value.is_empty() {
            return Err("write the header or the word of the export behind the =".to_owned());
        }
        let status = match name.trim() {
            "succeeded" => ExportStatus::Succeeded,
            "failed" => ExportStatus::Failed,
            "pending" => ExportStatus::Pending,
            name => {
                let part = Part::ALL.into_iter().find(|part| part.name() == name);
                let part = part.ok_or_else(|| format!("there is no such name: use {names}"))?;
                self.columns.retain(|(known, _)| *known != part);
                self.columns.push((part, value));
                return Ok(());
            }
        };
        // What is told wins over what is expected.
        self.words.retain(|(_, word)| *word != value);
        self.words.push((status, value));
        Ok(())
    }

    /// Where a part is in a header, from zero.
    pub(super) fn place(&self, part: Part, header: &[String]) -> Option<usize> {
        let told = self.columns.iter().find(|(known, _)| *known == part).map(|(_, name)| name.as_str());
        let find = |name: &str| header.iter().position(|found| found == name);
        match told {
            Some(name) => find(name),
            None => part.expected().iter().find_map(|name| find(name)),
        }
    }

    /// What a status word means.
    pub(super) fn status(&self, word: &str) -> ExportStatus {
        // A minus sign would be folded away, and -1 is a status of its own.
        let folded = if word.starts_with('-') { word.to_owned() } else { fold(word) };
        match self.words.iter().find(|(_, known)| *known == folded) {
            Some((status, _)) => status.clone(),
            None => ExportStatus::Unrecognized,
        }
    }
}
