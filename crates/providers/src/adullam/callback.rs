//! Checkout sessions have no documented callback, so nothing that claims to be one is believed.
//! (Adullam's payments have webhooks; they come with that part of the API.)

use nzimbu_core::{Callback, CallbackError, RawCallback};

pub(super) fn verify(_callback: &RawCallback<'_>) -> Result<Callback, CallbackError> {
    Err(CallbackError::Unsupported)
}
