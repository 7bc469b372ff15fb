//! The transfers' login: a token of five minutes, kept for four, that travels in the query of every call.

use std::sync::Arc;
use std::time::Duration;

use nzimbu_core::secret::Secret;
use nzimbu_core::{ErrorKind, Exchange, HttpRequest, HttpResponse, ProviderError};

use super::config::{Shared, TransferConfig};
use super::{codes, wire};
use crate::token::Login;

/// A minute less than the gateway grants, so that no call leaves with a token that dies on the way.
const LIFE: Duration = Duration::from_secs(240);

/// A call that needs a token and moves no money.
#[derive(Clone)]
pub(super) struct Call {
    path: &'static str,
    query: Vec<(&'static str, String)>,
    /// The JSON text of the form field `data`; without one it is a `GET`.
    data: Option<String>,
}

impl Call {
    pub(super) fn get(path: &'static str) -> Self {
        Self { path, query: Vec::new(), data: None }
    }

    pub(super) fn post(path: &'static str, data: String) -> Self {
        Self { path, query: Vec::new(), data: Some(data) }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }
}

/// The call that moves money. It is no [`Call`], so that nothing which asks twice can be given it.
pub(super) struct MoneyCall {
    path: &'static str,
    data: String,
}

impl MoneyCall {
    pub(super) fn post(path: &'static str, data: String) -> Self {
        Self { path, data }
    }
}

impl Shared {
    pub(super) fn transfer(&self) -> Result<&TransferConfig, ProviderError> {
        self.transfer.as_ref().ok_or_else(|| {
            ProviderError::unsupported("the settings have no transfers, so nothing can be paid out: add them")
        })
    }

    /// The kept token, or a fresh one.
    pub(super) fn token(self: &Arc<Self>) -> Exchange<Arc<Secret>> {
        let shared = Arc::clone(self);
        self.tokens.token(move || shared.log_in())
    }

    /// Asks; a token that is refused in spite of its age is renewed once, and the question asked once more.
    pub(super) fn ask<T: 'static>(
        self: &Arc<Self>,
        call: Call,
        read: impl Fn(&HttpResponse) -> Result<T, ProviderError> + Clone + Send + 'static,
    ) -> Exchange<T> {
        let shared = Arc::clone(self);
        self.ask_once(call.clone(), read.clone()).then(move |result| match result {
            Err(error) if error.kind() == ErrorKind::LoginExpired => shared.ask_once(call, read),
            result => Exchange::done(result),
        })
    }

    /// The request that moves money.
    pub(super) fn money_request(
        &self,
        call: MoneyCall,
        token: &Secret,
    ) -> Result<HttpRequest, ProviderError> {
        Ok(post(self.url(call.path, Some(token), &[])?, &call.data))
    }

    /// The request for a call. The token stands in the query, for there is no header for it, and in the body of the
    /// contact call it is not seen (706).
    fn request(&self, call: Call, token: &Secret) -> Result<HttpRequest, ProviderError> {
        let url = self.url(call.path, Some(token), &call.query)?;
        let request = match call.data {
            None => HttpRequest::get(url),
            Some(data) => post(url, &data),
        };
        Ok(request.moves_no_money())
    }

    fn ask_once<T: 'static>(
        self: &Arc<Self>,
        call: Call,
        read: impl FnOnce(&HttpResponse) -> Result<T, ProviderError> + Send + 'static,
    ) -> Exchange<T> {
        let shared = Arc::clone(self);
        self.token().and_then(move |token| match shared.request(call, &token) {
            Err(error) => Exchange::done(Err(error)),
            Ok(request) => Exchange::send(request, move |reply| {
                read(&reply).inspect_err(|error| shared.note_refusal(error, &token))
            }),
        })
    }

    pub(super) fn note_refusal(&self, error: &ProviderError, token: &Arc<Secret>) {
        if error.kind() == ErrorKind::LoginExpired {
            self.tokens.forget(token);
        }
    }

    fn log_in(&self) -> Exchange<Login> {
        let (config, url) =
            match self.transfer().and_then(|config| Ok((config, self.url("/v1/auth/login", None, &[])?))) {
                Ok(both) => both,
                Err(error) => return Exchange::done(Err(error)),
            };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("apikey", config.api_key.expose())
            .append_pair("password", config.password.expose())
            .finish();
        Exchange::send(HttpRequest::post(url).moves_no_money().form(form), |reply| {
            let token: Option<wire::transfer::Token> = codes::transfer::read_login(&reply)?;
            match token.and_then(|token| token.token.text().map(Secret::new)) {
                Some(token) => Ok(Login { token, life: LIFE }),
                None => Err(ProviderError::new(ErrorKind::Malformed, "the login brought no token")),
            }
        })
    }

    fn url(
        &self,
        path: &str,
        token: Option<&Secret>,
        query: &[(&'static str, String)],
    ) -> Result<String, ProviderError> {
        let mut url = self.transfer()?.base_url.join(path);
        if token.is_none() && query.is_empty() && self.language.is_none() {
            return Ok(url);
        }
        url.push('?');
        let start = url.len();
        let mut pairs = form_urlencoded::Serializer::for_suffix(url, start);
        pairs.extend_pairs(token.map(|token| ("token", token.expose())));
        pairs.extend_pairs(query);
        pairs.extend_pairs(self.language.map(|language| ("lang", language.as_str())));
        Ok(pairs.finish())
    }
}

fn post(url: String, data: &str) -> HttpRequest {
    HttpRequest::post(url)
        .form(form_urlencoded::Serializer::new(String::new()).append_pair("data", data).finish())
}
