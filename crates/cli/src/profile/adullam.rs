//! The section `adullam`.

use std::time::Duration;

use nzimbu::adullam::{Adullam, Config, Credentials};
use nzimbu::{BaseUrl, PhoneNumber, Problems, Secret};

use super::secret::{Role, SecretRef};
use super::section::Section;
use super::{Addresses, Judge};
use crate::lang::say;

/// Settings whose secrets are still where they belong.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    base_url: BaseUrl,
    proof: Proof,
    expires_in: Option<Duration>,
    also_x_idempotency_key: bool,
}

#[derive(Clone, Debug)]
enum Proof {
    Bearer(SecretRef),
    Password { phone: PhoneNumber, password: SecretRef },
    XAuth(SecretRef),
}

impl Part {
    pub(super) fn read(mut section: Section<'_, '_>, judge: &Judge<'_>) -> Option<Self> {
        let base_url = judge.base_url(&mut section, "base_url", Some("https://api.adullam.dev"));
        let ways = ["bearer", "x_auth", "password"].iter().filter(|way| section.has(way)).count();
        let bearer = section.secret("bearer", Role::Credential, judge.folder);
        let x_auth = section.secret("x_auth", Role::Credential, judge.folder);
        let has_phone = section.has("phone");
        let phone = section.parsed("phone", PhoneNumber::parse);
        let has_password = section.has("password");
        let password = section.secret("password", Role::Credential, judge.folder);
        if ways != 1 {
            section.fault(say!(
                "needs exactly one of `bearer`, `x_auth`, or `phone` with `password`: set one",
                "demande exactement l'un de `bearer`, `x_auth`, ou `phone` avec `password` : indiquez-en un",
            ));
        }
        if has_phone != has_password {
            section.missing(if has_phone { "password" } else { "phone" });
        }
        let expires_in = section.seconds("expires_in", 300, 86_400);
        let also_x_idempotency_key = section.truth("also_x_idempotency_key").unwrap_or_default();
        section.end();
        let proof = bearer
            .map(Proof::Bearer)
            .or(x_auth.map(Proof::XAuth))
            .or_else(|| Some(Proof::Password { phone: phone?, password: password? }));
        Some(Self { base_url: base_url?, proof: proof?, expires_in, also_x_idempotency_key })
    }

    pub(crate) fn secrets(&self) -> Vec<&SecretRef> {
        match &self.proof {
            Proof::Bearer(secret) | Proof::XAuth(secret) | Proof::Password { password: secret, .. } => {
                vec![secret]
            }
        }
    }

    /// The address of the API.
    pub(crate) fn addresses(&self) -> (Addresses, Addresses) {
        (vec![("api", self.base_url.as_str().to_owned())], Vec::new())
    }

    pub(super) fn build<E>(
        &self,
        mut fetch: impl FnMut(&SecretRef) -> Result<Secret, E>,
    ) -> Result<Result<Adullam, Problems>, E> {
        let credentials = match &self.proof {
            Proof::Bearer(secret) => Credentials::Bearer(fetch(secret)?),
            Proof::XAuth(secret) => Credentials::XAuth(fetch(secret)?),
            Proof::Password { phone, password } => {
                Credentials::Password { phone: phone.clone(), password: fetch(password)? }
            }
        };
        let mut config = Config::new(credentials);
        config.base_url = self.base_url.clone();
        config.expires_in = self.expires_in;
        config.also_x_idempotency_key = self.also_x_idempotency_key;
        Ok(Adullam::new(config))
    }
}
