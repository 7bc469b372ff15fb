//! The codes of the checkout (table of error codes and its older versions).

use super::Cause;
use crate::store::Constant;

/// One code.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) number: Constant,
    pub(super) message: Constant,
    pub(super) class: Class,
}

/// What a code says about the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It moved.
    Paid,
    /// Nobody knows yet.
    Pending,
    /// It did not move.
    Failed,
    /// The request was not understood or not allowed.
    Request,
    /// The code alone does not tell.
    Unclear,
}

impl Code {
    pub(super) fn find(number: &str) -> Option<&'static Code> {
        CODES.iter().find(|code| code.number == number)
    }

    /// The code that an amount stands for: 9,000,000 and ten times the code. Not 00, for which people may take a
    /// round amount.
    pub(super) fn of_amount(amount: u64) -> Option<&'static Code> {
        let rest = amount.checked_sub(9_000_000).filter(|rest| *rest > 0 && rest.is_multiple_of(10))?;
        Code::find(&(rest / 10).to_string())
    }

    /// Why a payment failed that has this code.
    pub(super) fn cause(&'static self) -> Cause {
        match self.number {
            "627" => Cause::Cancelled,
            "625" => Cause::Expired,
            "604" => Cause::WrongPin,
            "602" => Cause::TooLittleMoney,
            other => Cause::Coded(other),
        }
    }
}

use Class::{Failed, Paid, Pending, Request, Unclear};

#[rustfmt::skip]
static CODES: [Code; 63] = [
    code("00", "SUCCES", Paid),
    code("403", "FORBIDDEN", Request),
    code("429", "TOO_MANY_REQUEST", Request),
    code("600", "PAYMENT_FAILED", Failed),
    code("601", "MERCHANT_NOT_FOUND", Request),
    code("602", "INSUFFICIENT_BALANCE", Failed),
    code("603", "SERVICE_UNAVAILABLE", Unclear),
    code("604", "OTP_CODE_ERROR", Failed),
    code("605", "TRANSACTION_CLOSED", Unclear),
    code("606", "INCORRECT_SETTINGS", Failed),
    code("607", "PENDING", Pending),
    code("608", "MINIMUM_REQUIRED_FIELDS", Request),
    code("609", "AUTH_NOT_FOUND", Request),
    code("610", "ERROR_PAYMETHOD_NOTFOUND", Request),
    code("611", "ERROR_AMOUNT_TYPE", Request),
    code("612", "ERROR_CURRENCY_NOTVALID", Request),
    code("613", "ERROR_SITE_ID_NOTVALID", Request),
    code("614", "ERROR_FORMAT_TRANSACTION_DATE", Request),
    code("615", "ERROR_LANGUAGE_NOTVALID", Request),
    code("616", "ERROR_PAGE_ACTION_NOTVALID", Request),
    code("617", "ERROR_PAYMENT_CONFIG_NOTVALID", Request),
    code("618", "ERROR_API_VERSION_NOTVALID", Request),
    code("619", "ERROR_SIGNATURE_DONT_MATCHED", Request),
    code("620", "ERROR_DOUBLE_PAYEMNT", Request),
    code("621", "ERROR_OMPAY_UNAVAILABLE", Unclear),
    code("622", "ERROR_MOMOPAY_UNAVAILABLE", Unclear),
    code("623", "WAITING_CUSTOMER_TO_VALIDATE", Pending),
    // At initialise it refuses, at check it leaves everything open.
    code("624", "UNKNOWN_ERROR", Unclear),
    code("625", "ABONNEMENT_OR_TRANSACTIONS_EXPIRED", Failed),
    code("626", "ERROR_FLOOZPAY_UNAVAILABLE", Unclear),
    code("627", "TRANSACTION_CANCEL", Failed),
    code("628", "ERROR_AMOUNT_FORMAT", Request),
    code("629", "GENERAL_FAILURE", Failed),
    code("630", "INVALID_AMOUNT_FORMAT", Failed),
    code("631", "DAILY_LIMIT_HAS_BEEN_EXCEEDED", Failed),
    code("632", "SOURCE_ACCOUNT_NOT_ACTIVE", Failed),
    code("633", "MOBILE_ACCOUNT_NUMBER_IS_NOT_ACTIVE", Failed),
    code("634", "INVALID_MSISDN", Failed),
    code("635", "ERROR_PHONE_NUMBER_NOT_FOUND", Failed),
    code("636", "ERROR_PHONE_NUMBER_NOT_SUPPORTED", Failed),
    code("637", "ERROR_PHONE_PREFIX_NOT_SUPPORTED", Failed),
    code("638", "SECURE_PAYMENT_WAITING_CONFIRMATION", Pending),
    code("639", "ERROR_ATLVISA_UNAVAILABLE", Unclear),
    code("640", "ERROR_YUP_UNAVAILABLE", Unclear),
    code("641", "ERROR_AMOUNT_TOO_LOW", Failed),
    code("642", "ERROR_AMOUNT_TOO_HIGH", Failed),
    code("660", "REFUNDED", Unclear),
    code("661", "REFUNDING_IN_PROCESS", Unclear),
    code("662", "WAITING_CUSTOMER_PAYMENT", Pending),
    code("663", "WAITING_CUSTOMER_OTP_CODE", Pending),
    code("664", "WAITING_CUSTOMER_PAYMENT_AT_OPERATOR_SIDE", Pending),
    code("800", "ACCESS_RESTRICTED", Unclear),
    code("801", "QUOTA_REACHED", Unclear),
    code("802", "PAYMENT_METHOD_DISABLED", Unclear),
    code("803", "OTP_VALIDATION", Unclear),
    code("804", "OPERATOR_UNAVAILABLE", Unclear),
    code("807", "DAILY_MAX_NUMBER_TRANSACTION_REACHED", Failed),
    code("808", "DAILY_MAX_AMOUNT_TRANSACTION_REACHED", Failed),
    code("809", "MONTHLY_MAX_AMOUNT", Failed),
    code("810", "MONTHLY_MAX_NUMBER", Failed),
    code("811", "WEEKLY_MAX_AMOUNT", Failed),
    code("812", "WEEKLY_MAX_NUMBER", Failed),
    // Not CinetPay's own, but Cloudflare's before it.
    code("1010", "", Request),
];

const fn code(number: &'static str, message: &'static str, class: Class) -> Code {
    Code { number, message, class }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_has_an_amount() {
        for (index, code) in CODES.iter().enumerate() {
            assert!(CODES[..index].iter().all(|other| other.number != code.number), "{}", code.number);
            let number: u64 = code.number.parse().unwrap_or_default();
            let found = Code::of_amount(9_000_000 + number * 10).map(|code| code.number);
            assert_eq!(found, Some(code.number).filter(|number| *number != "00"));
        }
        assert!(Code::of_amount(9_006_005).is_none());
        assert!(Code::of_amount(2_500).is_none());
    }
}
