//! TLS by rustls with ring, handed over explicitly, and the roots of the system.

use std::sync::Arc;

use nzimbu_core::SettingsError;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// How TLS is done.
pub(crate) struct Tls {
    pub(crate) config: ClientConfig,
    /// Whether there is no authority to trust, as in a container without certificates. Plain `http` to a
    /// local sandbox works there all the same, hence it is no fault of the settings.
    pub(crate) rootless: bool,
}

impl Tls {
    pub(crate) fn new(extra_roots: &[Vec<u8>]) -> Result<Self, SettingsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| SettingsError::one(format!("TLS cannot be set up: {error}")))?;
        let roots = parse(extra_roots)?;
        let (config, rootless) = match Verifier::new_with_extra_roots(roots, provider) {
            Ok(verifier) => {
                let verifier = Arc::new(verifier);
                (builder.dangerous().with_custom_certificate_verifier(verifier), false)
            }
            Err(_) => (builder.with_root_certificates(RootCertStore::empty()), true),
        };
        Ok(Self { config: config.with_no_client_auth(), rootless })
    }
}

fn parse(roots: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let roots: Vec<_> = roots.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let mut store = RootCertStore::empty();
    let faults: Vec<_> = (roots.iter().enumerate())
        .filter_map(|(index, root)| Some((index, store.add(root.clone()).err()?)))
        .map(|(index, error)| format!("`extra_roots[{index}]` is not a certificate in DER: {error}"))
        .collect();
    if faults.is_empty() { Ok(roots) } else { Err(SettingsError::new(faults)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn every_broken_root_is_named() {
        let error = Tls::new(&[vec![1], vec![2]]).map(|_| ()).unwrap_err();
        let faults: Vec<_> = error.faults().collect();
        assert!(faults[0].contains("extra_roots[0]") && faults[1].contains("extra_roots[1]"), "{faults:?}");
    }
}
