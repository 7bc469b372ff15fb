//! An event for what is refused or turned away. The path stands in none: it may hold a secret.

use tracing::{info, warn};

use crate::refusal::Refusal;

pub(crate) fn refused(refusal: &Refusal) {
    let (reason, status) = (refusal.as_str(), refusal.status().as_u16());
    match refusal {
        Refusal::Busy | Refusal::Journal(_) => {
            warn!(error.type = reason, http.response.status_code = status, "a callback was turned away");
        }
        _ => info!(error.type = reason, http.response.status_code = status, "a callback was refused"),
    }
}
