//! What each gateway's documents leave open, or tell in more than one way, and what the sandbox does about it.
//!
//! Every field has a default that README.md explains. In a settings file each struct is a table, and each
//! field a key of the same name.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

/// How CinetPay's checkout behaves where its documents leave a choice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckoutChoices {
    /// Whether calls without a User-Agent get `error code: 1010`. Default: yes.
    pub require_user_agent: bool,
    /// How the User-Agents begin that get it as well; one integrator reports `Python-urllib/`, while published
    /// clients send just that. Default: none.
    pub banned_user_agents: Vec<String>,
    /// HTTP status of a created checkout. Default: 200.
    pub created_status: u16,
    /// HTTP status of 608, 609, 613, 624 and the other refusals. Default: 400.
    pub refusal_status: u16,
    /// Whether refusals carry `data`. Default: they do not, as the documents' sample shows.
    pub refusal_data: RefusalData,
    /// Whether the more exact codes of the older documentation (610, 611, 612, 615, 620) take the place of 608
    /// where they fit. Default: no.
    pub older_codes: bool,
    /// Whether an amount outside the slices that integrators report for the currency is refused with 641 or
    /// 642. Default: no.
    pub slices: bool,
    /// Whether numbers in place of texts and texts in place of numbers are refused with 608, as the table of
    /// parameters says. Default: no, because programs in PHP send both and are served.
    pub strict_types: bool,
    /// Whether a `transaction_id` or `description` with one of `# / $ _ &` is refused with 608; the documents
    /// only say that it may fail. Default: no.
    pub refuse_special_characters: bool,
    /// Whether addresses on this machine are refused with 608, as the real gateway does. Default: no.
    pub refuse_local_addresses: bool,
    /// The code for `payment/check` of a payment that nobody knows. Default: `608`.
    pub unknown_payment_code: String,
    /// The members of `payment/check`. Default: those of today.
    pub check_shape: CheckShape,
    /// Whether notifications carry `cpm_error_message`; one variant of the documents lists fifteen fields
    /// without it. Default: yes.
    pub notify_error_message: bool,
    /// How many calls a minute are served before HTTP 429. Default: any number.
    pub calls_per_minute: Option<u32>,
}

/// What stands in `data` when CinetPay's checkout refuses.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalData {
    /// There is no such member.
    #[default]
    Absent,
    /// `[]`
    EmptyArray,
    /// `null`
    Null,
}

/// Which members `payment/check` answers with.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckShape {
    /// Amount, currency, status and the rest of today's documentation.
    #[default]
    Today,
    /// As in 2021: operator, method, date and phone only.
    Of2021,
}

/// How CinetPay's transfer service behaves where its documents leave a choice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TransferChoices {
    /// Starting balances that differ from [`Settings::transfer_balance`](crate::Settings::transfer_balance),
    /// by country prefix such as `237`. Default: none.
    pub balances: BTreeMap<String, u64>,
    /// The country whose account `check/balance` tells, by prefix. Default: `225`.
    pub balance_country: String,
    /// Addresses that may order transfers and need no e-mail confirmation. When there are any, other callers
    /// wait for the e-mail with [`Settings::email_confirmation`](crate::Settings::email_confirmation) and are
    /// refused with 709 otherwise. Default: none, which leaves it to
    /// [`Settings::ip_allowed`](crate::Settings::ip_allowed).
    pub allowed_callers: Vec<IpAddr>,
    /// The fields of a notification. Default: those of today.
    pub notification: TransferNotification,
    /// Whether contacts and orders answer `data: [...]` instead of `data: [[...]]`, as one integrator
    /// reports. Default: no.
    pub flat_data: bool,
    /// Whether a single contact that exists is told by 726 in the envelope, as one integrator reports.
    /// Default: no, in the item.
    pub known_contact_in_envelope: bool,
    /// Whether an order to a wallet answers with its `lot`; in the documents' sample it does not.
    /// Default: no.
    pub wallet_lot: bool,
    /// Whether the reported minimum and maximum of each country are kept. Default: yes.
    pub slices: bool,
    /// What `X-RateLimit-Limit` tells, per minute. Default: 60.
    pub rate_limit: u32,
    /// Whether calls beyond it are refused with HTTP 429. Default: no.
    pub enforce_rate_limit: bool,
    /// Whether a request with `Expect: 100-continue` is refused with HTTP 417, as one integrator reports.
    /// Default: no.
    pub refuse_expect: bool,
}

/// Which fields the notification of a transfer carries.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferNotification {
    /// Ten fields, with `sending_status`, `comment`, `operator_transaction_id` and `validated_at`.
    #[default]
    Today,
    /// The seven of the French text of 2018, with `operator`.
    French2018,
    /// The six of the English text of 2018, without `operator`.
    English2018,
}

/// How Bitlipa behaves where its documents leave a choice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BitlipaChoices {
    /// What a request with a wrong signature gets. Default: result 10201.
    pub bad_signature: BadSignature,
    /// Whether limits, required `extra` keys, the form of phone numbers, countries and currencies of the
    /// provider table are kept. Without them every provider id is served. Default: yes.
    pub provider_rules: bool,
    /// Whether amounts must have exactly two digits after the point, as the schema says; some of the samples
    /// have none, and one is a number. Default: no.
    pub strict_amounts: bool,
    /// Whether payouts call back too. Default: yes.
    pub payout_callback: bool,
    /// The members of a callback. Default: the documented ones.
    pub callback: BitlipaCallback,
    /// What a repeated order gets. Default: the first answer again.
    pub replay: Replay,
}

/// What Bitlipa answers to a wrong signature.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BadSignature {
    /// HTTP 200 and result 10201.
    #[default]
    Result10201,
    /// An HTML page with HTTP 403, as one integrator saw.
    Html,
}

/// Which members a callback of Bitlipa's carries.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BitlipaCallback {
    /// Those of the documentation.
    #[default]
    Documented,
    /// Those that an integrator really saw: with customer, provider, amount (a number), currency, merchant.
    Seen,
}

/// What the repetition of an order gets.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replay {
    /// The first answer, unchanged.
    #[default]
    First,
    /// The present state.
    Present,
}

/// How Adullam behaves where its documents leave a choice.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdullamChoices {
    /// The phone number for `POST /v1/auth/token`. Default: `+22507123456`, as in the documents.
    pub phone: String,
    /// The password for it. Default: `sandbox-password`.
    pub password: String,
    /// Whether idempotency keys must be UUIDs. Default: no, any 1 to 1,000 characters.
    pub uuid_keys: bool,
    /// What the same key with another body gets. Default: HTTP 422.
    pub reused_key: ReusedKey,
    /// Whether 100 calls a minute and 1,000 an hour are the limit, as documented. Default: no.
    pub rate_limit: bool,
}

/// What Adullam does with a known idempotency key that comes with another body.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReusedKey {
    /// HTTP 422.
    #[default]
    Refuse,
    /// HTTP 200 with the first checkout.
    Replay,
}

impl Default for CheckoutChoices {
    fn default() -> CheckoutChoices {
        CheckoutChoices {
            require_user_agent: true,
            banned_user_agents: Vec::new(),
            created_status: 200,
            refusal_status: 400,
            refusal_data: RefusalData::Absent,
            older_codes: false,
            slices: false,
            strict_types: false,
            refuse_special_characters: false,
            refuse_local_addresses: false,
            unknown_payment_code: "608".to_owned(),
            check_shape: CheckShape::Today,
            notify_error_message: true,
            calls_per_minute: None,
        }
    }
}

impl Default for TransferChoices {
    fn default() -> TransferChoices {
        TransferChoices {
            balances: BTreeMap::new(),
            balance_country: "225".to_owned(),
            allowed_callers: Vec::new(),
            notification: TransferNotification::Today,
            flat_data: false,
            known_contact_in_envelope: false,
            wallet_lot: false,
            slices: true,
            rate_limit: 60,
            enforce_rate_limit: false,
            refuse_expect: false,
        }
    }
}

impl Default for BitlipaChoices {
    fn default() -> BitlipaChoices {
        BitlipaChoices {
            bad_signature: BadSignature::Result10201,
            provider_rules: true,
            strict_amounts: false,
            payout_callback: true,
            callback: BitlipaCallback::Documented,
            replay: Replay::First,
        }
    }
}

impl Default for AdullamChoices {
    fn default() -> AdullamChoices {
        AdullamChoices {
            phone: "+22507123456".to_owned(),
            password: "sandbox-password".to_owned(),
            uuid_keys: false,
            reused_key: ReusedKey::Refuse,
            rate_limit: false,
        }
    }
}
