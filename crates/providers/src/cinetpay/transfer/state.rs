//! A transfer as the gateway describes it.

use std::fmt;

use nzimbu_core::{GatewayRef, Money, NextAction, OrderName, PhoneNumber, Receipt, Status, UnixTime};

/// How a transfer is looked up: by exactly one name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransferKey {
    /// By the batch (`lot`), which may hold several transfers.
    Lot(GatewayRef),
    /// By our id (`client_transaction_id`).
    Order(OrderName),
    /// By the gateway's id (`transaction_id`).
    Reference(GatewayRef),
}

/// A transfer as the gateway describes it. Every member may be missing. `Debug` masks the phone and hides the comment,
/// whose free words may repeat what was sent.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransferState {
    /// Our id, where the gateway states one that can be one.
    pub order: Option<OrderName>,
    /// Their id: `EA211005.065802.Z794810`.
    pub reference: Option<GatewayRef>,
    /// Their id of the batch.
    pub lot: Option<GatewayRef>,
    /// Where it stands. `NOS`, an inconclusive answer of the operator's, is pending and may stay so for ever:
    /// never send such a transfer again, ask the gateway's support.
    pub status: Status,
    /// The gateway's word for it: `NEW`, `REC`, `VAL`, `REJ`, `NOS`.
    pub raw_status: Box<str>,
    /// The amount, in the currency of the receiver's country; the gateway names no currency.
    pub amount: Option<Money>,
    /// The receiver, if the number is one of a current plan.
    pub phone: Option<PhoneNumber>,
    /// Who delivers it: `OM`.
    pub operator: Option<Box<str>>,
    /// Whether the merchant confirmed it by e-mail (`sending_status`).
    pub approval: Option<Approval>,
    /// The member `transfer_valid`, whose meaning no document explains.
    pub valid: Option<Box<str>>,
    /// The gateway's remark, for people.
    pub comment: Option<Box<str>>,
    /// When it was delivered, read as UTC.
    pub validated_at: Option<UnixTime>,
    /// What the gateway said of amount and receiver, for comparing.
    pub(in crate::cinetpay) told: Told,
}

impl fmt::Debug for TransferState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransferState")
            .field("order", &self.order)
            .field("reference", &self.reference)
            .field("lot", &self.lot)
            .field("status", &self.status)
            .field("raw_status", &self.raw_status)
            .field("amount", &self.amount)
            .field("phone", &self.phone)
            .field("operator", &self.operator)
            .field("approval", &self.approval)
            .field("valid", &self.valid)
            .field("comment", &self.comment.as_ref().map(|_| ".."))
            .field("validated_at", &self.validated_at)
            .finish()
    }
}

/// What a transfer was told to be, as it was spelled. `Debug` hides it.
#[derive(Clone, Default)]
pub(in crate::cinetpay) struct Told {
    pub(in crate::cinetpay) amount: Option<Box<str>>,
    pub(in crate::cinetpay) receiver: Option<Box<str>>,
    pub(in crate::cinetpay) receiver_e164: Option<Box<str>>,
    pub(in crate::cinetpay) prefix: Option<Box<str>>,
    pub(in crate::cinetpay) method: Option<Box<str>>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Whether the merchant has confirmed a transfer, which the gateway asks for by e-mail unless the sending address
/// is on its list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Approval {
    /// Confirmed, or not needed.
    Confirmed,
    /// The e-mail waits to be acted upon.
    Pending,
    /// A word that the documents do not explain.
    Unrecognized(Box<str>),
}

impl TransferState {
    /// The state as a receipt of the order that was asked about.
    #[must_use]
    pub fn into_receipt(self, order: impl Into<OrderName>) -> Receipt {
        let mut receipt = Receipt::new(order, self.status, self.raw_status);
        receipt.reference = self.reference;
        receipt.amount = self.amount;
        receipt.method = self.operator;
        match self.status {
            Status::Failed => receipt.failure = self.comment,
            Status::Succeeded => receipt.completed_at = self.validated_at,
            _ if self.approval == Some(Approval::Pending) => {
                receipt.next_action = NextAction::MerchantApproval;
            }
            _ => {}
        }
        receipt
    }
}

/// What the transfer account holds. The gateway names no currency and no country.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransferBalance {
    /// All of it, in whole units (`amount`).
    pub total: u64,
    /// Set aside for transfers under way (`inUsing`).
    pub reserved: u64,
    /// What can be sent now (`available`).
    pub available: u64,
}
