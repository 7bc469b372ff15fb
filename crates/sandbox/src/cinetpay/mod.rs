//! CinetPay: checkout v2 (collect) and transfer v1 (pay out), each on a host of its own.

pub(crate) mod checkout;
pub(crate) mod transfer;
