//! The ways in which an exchange, a callback or a whole gateway can go wrong.

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The gateway's port is closed: connections are refused, so nothing was sent. Connections that are open
    /// already are cut before the work.
    Refuse,
    /// Connections are accepted and reset before a byte is read.
    Reset,
    /// The request is read and dropped, the connection cut: no work is done.
    CutBefore,
    /// The work is done, the connection cut without an answer: money may have moved.
    CutAfter,
    /// The work is done, the answer comes after `seconds` (30).
    Stall,
    /// The work is done, the answer is HTTP 500.
    #[serde(rename = "error_500")]
    Error500,
    /// No work is done, the answer is the HTML page of a firewall with HTTP 403.
    #[serde(rename = "html_403")]
    Html403,
    /// The work is done, the answer is an HTML page with HTTP 200.
    #[serde(rename = "html_200")]
    Html200,
    /// The work is done, the answer comes byte by byte, one a second.
    Drip,
    /// The work is done, the answer is followed by blanks up to 2 MiB.
    Oversize,
    /// No work is done, the answer is HTTP 307 to the same path on the same host.
    #[serde(rename = "redirect_307")]
    Redirect307,
    /// No work is done, the answer is HTTP 303 to the same path on the same host.
    #[serde(rename = "redirect_303")]
    Redirect303,
    /// No work is done, the answer is HTTP 429 in the gateway's form.
    RateLimit,
    /// No work is done (Bitlipa: the order fails), because the operator is out of service.
    OperatorDown,
    /// Every token handed out so far has expired (CinetPay transfer).
    ExpireTokens,
    /// The gateway's clock is ahead by `seconds`, or behind.
    ClockSkew,
    /// The callback is never sent.
    DropCallback,
    /// The callback is followed by `copies` (1) of itself.
    DuplicateCallback,
    /// The callback is sent after `seconds` (5); those after it wait.
    DelayCallback,
    /// The callback is sent after `seconds` (2); those after it overtake it.
    ReorderCallback,
    /// The callback carries a wrong signature; where there is none, a wrong amount.
    ForgeCallback,
    /// The callback's body is cut in the middle.
    CorruptCallback,
}

/// When a fault takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Connection,
    Exchange,
    Tokens,
    Clock,
    Callback,
}

impl FaultKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [FaultKind; 22] = [
        FaultKind::Refuse,
        FaultKind::Reset,
        FaultKind::CutBefore,
        FaultKind::CutAfter,
        FaultKind::Stall,
        FaultKind::Error500,
        FaultKind::Html403,
        FaultKind::Html200,
        FaultKind::Drip,
        FaultKind::Oversize,
        FaultKind::Redirect307,
        FaultKind::Redirect303,
        FaultKind::RateLimit,
        FaultKind::OperatorDown,
        FaultKind::ExpireTokens,
        FaultKind::ClockSkew,
        FaultKind::DropCallback,
        FaultKind::DuplicateCallback,
        FaultKind::DelayCallback,
        FaultKind::ReorderCallback,
        FaultKind::ForgeCallback,
        FaultKind::CorruptCallback,
    ];

    /// The name in settings and in the admin API, such as `cut_after`.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Refuse => "refuse",
            FaultKind::Reset => "reset",
            FaultKind::CutBefore => "cut_before",
            FaultKind::CutAfter => "cut_after",
            FaultKind::Stall => "stall",
            FaultKind::Error500 => "error_500",
            FaultKind::Html403 => "html_403",
            FaultKind::Html200 => "html_200",
            FaultKind::Drip => "drip",
            FaultKind::Oversize => "oversize",
            FaultKind::Redirect307 => "redirect_307",
            FaultKind::Redirect303 => "redirect_303",
            FaultKind::RateLimit => "rate_limit",
            FaultKind::OperatorDown => "operator_down",
            FaultKind::ExpireTokens => "expire_tokens",
            FaultKind::ClockSkew => "clock_skew",
            FaultKind::DropCallback => "drop_callback",
            FaultKind::DuplicateCallback => "duplicate_callback",
            FaultKind::DelayCallback => "delay_callback",
            FaultKind::ReorderCallback => "reorder_callback",
            FaultKind::ForgeCallback => "forge_callback",
            FaultKind::CorruptCallback => "corrupt_callback",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn stage(self) -> Stage {
        match self {
            FaultKind::Refuse | FaultKind::Reset => Stage::Connection,
            FaultKind::ExpireTokens => Stage::Tokens,
            FaultKind::ClockSkew => Stage::Clock,
            FaultKind::DropCallback
            | FaultKind::DuplicateCallback
            | FaultKind::DelayCallback
            | FaultKind::ReorderCallback
            | FaultKind::ForgeCallback
            | FaultKind::CorruptCallback => Stage::Callback,
            _ => Stage::Exchange,
        }
    }

    /// Whether the gateway does what it was asked before the exchange goes wrong.
    pub(crate) fn lets_work(self) -> bool {
        !matches!(
            self,
            FaultKind::CutBefore
                | FaultKind::Html403
                | FaultKind::Redirect307
                | FaultKind::Redirect303
                | FaultKind::RateLimit
        )
    }
}
