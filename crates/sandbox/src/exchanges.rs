//! The last requests and answers, for whoever wants to see what happened.

use std::collections::VecDeque;

use crate::json::Json;
use crate::moment::Moment;

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Set when it is kept.
    pub(crate) id: u64,
    pub(crate) at: Moment,
    pub(crate) gateway: &'static str,
    pub(crate) merchant: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) order_ids: Vec<String>,
    pub(crate) method: String,
    /// With the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) request: String,
    /// Nothing when the connection was cut.
    pub(crate) status: Option<u16>,
    pub(crate) answer: String,
    pub(crate) fault: Option<&'static str>,
}

/// The last ones, as many as fit.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    kept: VecDeque<Exchange>,
    bytes: usize,
    count: u64,
}

impl Exchanges {
    pub(crate) fn push(&mut self, mut exchange: Exchange) {
        self.count += 1;
        exchange.id = self.count;
        self.bytes += exchange.weight();
        self.kept.push_back(exchange);
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.weight();
        }
    }

    pub(crate) fn newest(&self, order_id: Option<&str>, before: u64, limit: usize) -> Vec<Exchange> {
        self.kept
            .iter()
            .rev()
            .filter(|exchange| exchange.id < before)
            .filter(|exchange| order_id.is_none_or(|id| exchange.order_ids.iter().any(|own| own == id)))
            .take(limit)
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        *self = Exchanges::default();
    }
}

impl Exchange {
    pub(crate) fn summary(&self) -> Json {
        Json::Object(self.members())
    }

    pub(crate) fn members(&self) -> Vec<(String, Json)> {
        let ids = self.order_ids.iter().map(|id| Json::from(id.as_str())).collect();
        let members = [
            ("id", self.id.into()),
            ("at", self.at.rfc3339().into()),
            ("gateway", self.gateway.into()),
            ("merchant", self.merchant.into()),
            ("operation", self.operation.into()),
            ("order_ids", Json::Array(ids)),
            ("method", self.method.as_str().into()),
            ("target", self.target.as_str().into()),
            ("status", self.status.map(u64::from).into()),
            ("fault", self.fault.into()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
        let ids: usize = self.order_ids.iter().map(|id| id.len() + 24).sum();
        300 + headers + ids + self.target.len() + self.request.len() + self.answer.len()
    }
}

/// The first part of a body, as text.
pub(crate) fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(MAX_TEXT)]).into_owned()
}

const MAX_BYTES: usize = 8 * 1_048_576;
const MAX_TEXT: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_ones_make_room() {
        let mut exchanges = Exchanges::default();
        for _ in 0..2_000 {
            exchanges.push(Exchange {
                id: 0,
                at: Moment::from_unix_micros(0),
                gateway: "bitlipa",
                merchant: "main",
                operation: "create",
                order_ids: vec!["A".to_owned()],
                method: "POST".to_owned(),
                target: "/".to_owned(),
                headers: Vec::new(),
                request: excerpt(&vec![b'x'; 100_000]),
                status: Some(200),
                answer: String::new(),
                fault: None,
            });
        }
        assert!(exchanges.bytes <= MAX_BYTES);
        let kept = exchanges.newest(Some("A"), u64::MAX, usize::MAX);
        assert!((400..520).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept[0].id, 2_000);
        assert!(exchanges.newest(Some("B"), u64::MAX, 10).is_empty());
    }
}
