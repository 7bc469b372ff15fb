//! Tokens of one hour for phone and password ("Authentication"), beside the long-lived key.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Adullam, error, rules};
use crate::gateway::{Reply, Request};
use crate::json::Json;
use crate::moment::Moment;
use crate::store::Record;

/// A token that was handed out, or the long-lived key once it has been rotated.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Login {
    token: String,
    expiry: Moment,
}

impl Record for Login {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("token", &self.token)]
    }
}

impl Adullam {
    /// `POST /v1/auth/token`.
    pub(super) fn log_in(&mut self, request: &Request, now: Moment) -> Reply {
        let json = match Json::parse(&request.body) {
            Ok(json) if json.members().is_some() => json,
            _ => return error(400, "the request must be a JSON object"),
        };
        let text = |name: &str| json.get(name).and_then(Json::text).unwrap_or_default();
        let (phone, password) = (text("phone"), text("password"));
        if !rules::is_ivorian(phone) {
            return error(400, "phone must be +225 and 8 or 10 digits");
        }
        if password.chars().count() < MIN_PASSWORD {
            return error(400, "password must have at least 8 characters");
        }
        if phone != self.choices.phone || password != self.choices.password {
            return error(401, "invalid credentials");
        }
        self.hand_out(now)
    }

    /// `POST /v1/auth/rotate`: the token that asks dies.
    pub(super) fn rotate(&mut self, request: &Request, now: Moment) -> Reply {
        let Some(token) = self.token_of(request, now) else {
            return error(401, "missing or invalid token");
        };
        match self.logins.find("token", &token) {
            Some(serial) => self.logins.change(serial, |login| login.expiry = now),
            None => drop(self.logins.push(Login { token, expiry: now })),
        }
        self.hand_out(now)
    }

    /// The token of the request, if it is good.
    pub(super) fn token_of(&self, request: &Request, now: Moment) -> Option<String> {
        let token = request.bearer()?;
        let good = match self.logins.find("token", token) {
            Some(serial) => self.logins.get(serial).expiry > now,
            None => token == self.token,
        };
        good.then(|| token.to_owned())
    }

    /// Lets every token end that was handed out so far; the long-lived key lives on.
    pub(super) fn end_tokens(&mut self, now: Moment) {
        for (serial, login) in self.logins.newest(u64::MAX, MAX_TOKENS) {
            if login.expiry > now {
                self.logins.change(serial, |login| login.expiry = now);
            }
        }
    }

    fn hand_out(&mut self, now: Moment) -> Reply {
        let token = format!("sandbox-token-{}", self.dice.hex(40));
        let expiry = now.plus(Duration::from_secs(LIFE));
        self.logins.push(Login { token: token.clone(), expiry });
        self.logins.trim(MAX_TOKENS);
        Reply::json(
            200,
            &Json::object([
                ("access_token", token.into()),
                ("token_type", "Bearer".into()),
                ("expires_in", LIFE.into()),
                ("partner_id", "partner_sandbox".into()),
            ]),
        )
    }
}

/// Seconds.
const LIFE: u64 = 3_600;
const MIN_PASSWORD: usize = 8;
const MAX_TOKENS: usize = 1_000;
