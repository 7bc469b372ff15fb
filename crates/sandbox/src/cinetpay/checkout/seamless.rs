//! The Seamless script: a payment without leaving the merchant's page ("Integration without redirect").

use askama::Template;

use super::rules::{self, Refusal};
use super::{Checkout, shapes};
use crate::gateway::{Effects, Reply, Request};
use crate::html::{self, Language, Leads, Page};
use crate::json::Json;
use crate::moment::Moment;

impl Checkout {
    /// Everything under `/seamless/`.
    pub(super) fn seamless(
        &mut self,
        request: &Request,
        call: &str,
        now: Moment,
        effects: &mut Effects,
    ) -> Reply {
        let page = Page::new(request, &self.guard, None, Language::French);
        let (call, token) = call.split_once('/').unwrap_or((call, ""));
        let reply = match (request.method.as_str(), call) {
            ("GET", "main.js") => html::script_or_style("text/javascript; charset=utf-8", SCRIPT),
            ("GET", "demo") => self.demo(&page),
            ("GET" | "POST", "end") => page.notice(
                200,
                page.t("Terminé", "Finished"),
                page.t("Vous pouvez fermer cette fenêtre.", "You can close this window."),
            ),
            ("OPTIONS", "checkout" | "state") => Reply::text(204, ""),
            ("POST", "checkout") => self.open_from_script(request, now, effects),
            ("GET", "state") => match self.payments.find("token", token) {
                Some(serial) => {
                    Reply::json(200, &Json::object(shapes::state_members(&self.payments.get(serial))))
                }
                None => Reply::text(404, "not found"),
            },
            _ => page.not_found(),
        };
        self.shared(request, reply)
    }

    /// Like the API, but the browser has no address to return to.
    fn open_from_script(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        if request.header("origin").is_some_and(|origin| !self.is_friend(origin)) {
            return Reply::text(403, "pages of this host may not open payments in the sandbox");
        }
        if !request.has_content_type("application/json") {
            return shapes::forbidden(&self.choices, now);
        }
        let body = match rules::read_object(&request.body) {
            Ok(Json::Object(mut members)) => {
                if !members.iter().any(|(name, _)| name == "return_url") {
                    members.push(("return_url".to_owned(), end_of(&self.base_url).into()));
                }
                Json::Object(members).write()
            }
            Ok(_) => {
                let reason = "the request must be an object".to_owned();
                return shapes::refusal(&Refusal::Coded("608", reason), &self.choices, now);
            }
            Err(refusal) => return shapes::refusal(&refusal, &self.choices, now),
        };
        self.initialise(&Request { body: body.into_bytes(), ..request.clone() }, now, effects)
    }

    fn demo(&self, page: &Page) -> Reply {
        let template = Demo { page, apikey: &self.account.apikey, site_id: &self.account.site_id };
        page.reply(200, &template, Leads::Here)
    }

    /// Lets pages of the merchant's own machine read the answer.
    pub(super) fn shared(&self, request: &Request, mut reply: Reply) -> Reply {
        if let Some(origin) = request.header("origin").filter(|origin| self.is_friend(origin)) {
            reply.headers.push(("access-control-allow-origin", origin.to_owned()));
            reply.headers.push(("access-control-allow-headers", "content-type".to_owned()));
            reply.headers.push(("vary", "origin".to_owned()));
        }
        reply
    }

    /// Whether a page of this origin runs on this machine or on a host that callbacks may go to.
    fn is_friend(&self, origin: &str) -> bool {
        let Some((_, host)) = origin.split_once("://") else { return false };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        bare == "localhost"
            || bare.ends_with(".localhost")
            || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || self.friends.iter().any(|friend| friend.eq_ignore_ascii_case(&bare))
    }
}

#[derive(Template)]
#[template(path = "seamless_demo.html")]
struct Demo<'a> {
    page: &'a Page,
    apikey: &'a str,
    site_id: &'a str,
}

/// Where pages and script ask for the state of a payment.
pub(super) fn state_path(token: &str) -> String {
    format!("/seamless/state/{token}")
}

/// Whether the browser ends at the sandbox itself.
pub(super) fn is_end(return_url: &str, base_url: &str) -> bool {
    return_url == end_of(base_url)
}

fn end_of(base_url: &str) -> String {
    format!("{base_url}/seamless/end")
}

const SCRIPT: &str = include_str!("../../../assets/seamless.js");
