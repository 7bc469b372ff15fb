//! The calls of the transfer service, besides ordering payouts.

use super::rules::{self, Fault};
use super::{Login, Transfer, codes, full_number, shapes};
use crate::gateway::{Effects, Reply, Request, field};
use crate::html::Language;
use crate::json::Json;
use crate::moment::Moment;

impl Transfer {
    pub(super) fn route(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let query = request.query_pairs();
        let language = field(&query, "lang").and_then(Language::parse).unwrap_or(Language::French);
        let left = self.rate.take(now);
        let expects = request.header("expect").is_some() && self.config.choices.refuse_expect;
        let mut reply = match request.method.as_str() {
            "OPTIONS" => Reply::text(200, ""),
            _ if expects => Reply::text(417, "expectation failed"),
            _ if left.is_none() && self.config.choices.enforce_rate_limit => {
                let mut reply = shapes::too_many();
                reply.headers.push(("retry-after", self.rate.wait(now).to_string()));
                reply
            }
            _ => self.call(request, &query, language, now, effects),
        };
        // As captured in 2018.
        reply.headers.extend(HEADERS.map(|(name, value)| (name, value.to_owned())));
        reply.headers.push(("x-ratelimit-limit", self.config.choices.rate_limit.to_string()));
        reply.headers.push(("x-ratelimit-remaining", left.unwrap_or(0).to_string()));
        reply
    }

    /// "METHODES GET & POST" in the documents means parameters of both kinds; the POST ones count in the body
    /// only, so a GET without a body lacks them.
    fn call(
        &mut self,
        request: &Request,
        query: &[(String, String)],
        language: Language,
        now: Moment,
        effects: &mut Effects,
    ) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        match (request.verb(), path) {
            ("GET" | "POST", "/v1/auth/login") => return self.log_in(request, language, now),
            (
                "GET",
                "/v1/transfer/check/balance" | "/v1/transfer/check/money" | "/v1/airtime/check/balance",
            )
            | (
                "GET" | "POST",
                "/v1/transfer/contact" | "/v1/transfer/money/send/contact" | "/v1/airtime/contact",
            ) => {}
            _ => return shapes::coded(708, language),
        }
        if let Err(reply) = self.authorise(query, language, now) {
            return reply;
        }
        match path {
            "/v1/transfer/check/balance" => self.balance(&self.config.choices.balance_country),
            "/v1/airtime/check/balance" => self.balance(AIRTIME),
            "/v1/transfer/check/money" => self.check(query, language),
            "/v1/transfer/contact" => self.add_contacts(request, "", language, now),
            "/v1/airtime/contact" => self.add_contacts(request, AIRTIME, language, now),
            _ => self.send(request, language, now, effects),
        }
    }

    fn log_in(&mut self, request: &Request, language: Language, now: Moment) -> Reply {
        let form = request.form_pairs();
        let password = field(&form, "password").unwrap_or_default();
        if let Some(code) = codes::magic_text(password).filter(|_| self.config.magic) {
            return shapes::coded(code, language);
        }
        if field(&form, "apikey") != Some(self.config.apikey.as_str()) || password != self.config.password {
            return shapes::coded(701, language);
        }
        let token = format!("sandbox-token-{}", self.dice.hex(40));
        self.logins.push(Login { token: token.clone(), expiry: now.plus(self.config.token_life) });
        self.logins.trim(MAX_TOKENS);
        shapes::success(Json::object([("token", token.into())]))
    }

    /// The token counts only in the query; one in the body is not seen, hence 706.
    fn authorise(&self, query: &[(String, String)], language: Language, now: Moment) -> Result<(), Reply> {
        match field(query, "token").and_then(|token| self.logins.find("token", token)) {
            None => Err(shapes::coded(706, language)),
            Some(serial) if self.logins.get(serial).expiry <= now => Err(shapes::coded(705, language)),
            Some(_) => Ok(()),
        }
    }

    /// One account per country, but the call names none.
    fn balance(&self, country: &str) -> Reply {
        let purse = self.purse(country);
        shapes::success(Json::object([
            ("amount", purse.amount.into()),
            ("inUsing", purse.in_using.into()),
            ("available", purse.available().into()),
        ]))
    }

    fn add_contacts(&mut self, request: &Request, list: &str, language: Language, now: Moment) -> Reply {
        match self.try_add_contacts(request, list, language, now) {
            Ok(reply) => reply,
            Err(fault) => shapes::refused(&fault, language),
        }
    }

    fn try_add_contacts(
        &mut self,
        request: &Request,
        list: &str,
        language: Language,
        now: Moment,
    ) -> Result<Reply, Fault> {
        let items = rules::read_items(&request.form_pairs())?;
        let contacts = items.iter().map(rules::read_contact).collect::<Result<Vec<_>, _>>()?;
        if self.contacts.len() + contacts.len() > self.config.capacity {
            return Ok(Reply::full());
        }
        let lot = self.lot(now);
        let mut results = Vec::with_capacity(items.len());
        for (item, contact) in items.iter().zip(contacts) {
            let (code, status) = match contact {
                Err(problem) => (problem.code, problem.status),
                Ok(contact) => {
                    let number = format!("{list}{}", full_number(contact.country, &contact.phone));
                    if self.contacts.set(&number, ()) {
                        (0, "success")
                    } else {
                        (726, "ERROR_PHONE_ALREADY_MY_CONTACT")
                    }
                }
            };
            if code == 726 && items.len() == 1 && self.config.choices.known_contact_in_envelope {
                return Ok(shapes::coded(726, language));
            }
            let members = [("code", code.into()), ("status", status.into()), ("lot", lot.as_str().into())];
            results.push(shapes::echo(item, members.map(Some)));
        }
        Ok(self.nested(results))
    }

    /// `[[...]]`, or `[...]` as some report it.
    pub(super) fn nested(&self, results: Vec<Json>) -> Reply {
        let inner = Json::Array(results);
        shapes::success(if self.config.choices.flat_data { inner } else { Json::Array(vec![inner]) })
    }

    fn check(&self, query: &[(String, String)], language: Language) -> Reply {
        let asked: Vec<(&str, &str)> = ["transaction_id", "client_transaction_id", "lot"]
            .into_iter()
            .filter_map(|name| {
                field(query, name).filter(|value| !value.is_empty()).map(|value| (name, value))
            })
            .collect();
        let [(name, value)] = asked[..] else {
            return shapes::coded(704, language);
        };
        let found = self.payouts.find_all(name, value);
        if found.is_empty() {
            let code = codes::magic_text(value).filter(|_| self.config.magic);
            return shapes::coded(code.unwrap_or(723), language);
        }
        let items =
            found.into_iter().map(|serial| shapes::state(&self.payouts.get(serial), language)).collect();
        shapes::success(Json::Array(items))
    }
}

const AIRTIME: &str = "airtime:";
pub(super) const MAX_TOKENS: usize = 1_000;
const HEADERS: [(&str, &str); 6] = [
    ("access-control-allow-headers", "X-Requested-With, Content-Type, X-Auth-Token, Origin, Authorization"),
    ("access-control-allow-methods", "GET,POST"),
    ("access-control-allow-origin", "*"),
    ("cache-control", "private, must-revalidate"),
    ("expires", "-1"),
    ("pragma", "no-cache"),
];
