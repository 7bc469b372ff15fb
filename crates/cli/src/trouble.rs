//! Why a command that speaks with gateways ended otherwise than wished, for people and for programs.

mod journal;

use std::process::ExitCode;

use nzimbu::{Advice, ErrorKind, Outcome, ProviderError};
use nzimbu_journal::State;
use serde::Serialize;

use crate::args::Gateway;
use crate::lang::{Text, say};
use crate::output::{self, Failure};
use crate::profile::{Unfit, Wrong};
use crate::screen;
use crate::words;

/// Exit statuses beyond those of [`Failure`]: see `nzimbu --help`.
pub(crate) const REFUSED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const UNKNOWN: u8 = 3;
/// The journal cannot be trusted or written.
pub(crate) const JOURNAL: u8 = 4;

/// A failure with everything that there is to tell.
#[derive(Debug)]
pub(crate) struct Trouble {
    told: Text,
    problems: Vec<Problem>,
    /// What to do, line by line.
    remedies: Vec<Text>,
    record: Box<Record>,
}

/// What `--json` prints under `error`.
#[derive(Debug, Serialize)]
struct Record {
    /// `usage`, `settings`, `request`, or the kind of the gateway's error.
    kind: &'static str,
    exit: u8,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    /// Where the order stands in the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedies: Vec<String>,
}

/// One of several faults.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// The field of the request, or the key of the settings.
    pub(crate) field: String,
    /// The rule's short name, where it has one.
    pub(crate) rule: Option<&'static str>,
    /// The whole line, as people read it.
    pub(crate) told: Text,
    /// Line and column, where they are known.
    pub(crate) place: Option<(usize, usize)>,
}

#[derive(Debug, Serialize)]
struct ProblemRecord {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl Trouble {
    fn new(kind: &'static str, exit: u8, told: Text) -> Self {
        let record = Record {
            kind,
            exit,
            message: String::new(),
            gateway: None,
            order: None,
            state: None,
            outcome: None,
            advice: None,
            gateway_code: None,
            retry_after_seconds: None,
            problems: Vec::new(),
            remedies: Vec::new(),
        };
        Self { told, problems: Vec::new(), remedies: Vec::new(), record: Box::new(record) }
    }

    /// Bad usage.
    pub(crate) fn usage(told: Text) -> Self {
        Self::new("usage", USAGE, told)
    }

    /// It was not done, because somebody or something said no.
    pub(crate) fn refused(kind: &'static str, told: Text) -> Self {
        Self::new(kind, REFUSED, told)
    }

    /// What happened is not known.
    pub(crate) fn unknown(kind: &'static str, told: Text) -> Self {
        Self::new(kind, UNKNOWN, told)
    }

    /// Settings that are wrong, with every fault.
    pub(crate) fn settings(told: Text, wrong: &[Wrong]) -> Self {
        let mut trouble = Self::new("settings", USAGE, told);
        trouble.problems = wrong
            .iter()
            .map(|wrong| Problem {
                field: wrong.key.clone(),
                rule: None,
                told: wrong.text(),
                place: wrong.place.map(|place| (place.line, place.column)),
            })
            .collect();
        trouble
    }

    /// A request that breaks rules, with every one.
    pub(crate) fn request(problems: Vec<Problem>) -> Self {
        let told = say!(
            "nothing was sent, because the request breaks these rules:",
            "rien n'a été envoyé, car la demande enfreint ces règles :",
        );
        let mut trouble = Self::new("request", REFUSED, told);
        trouble.record.outcome = Some(Outcome::NotSent.as_str());
        trouble.record.advice = Some(Advice::Change.as_str());
        if problems.iter().any(|problem| matches!(&*problem.field, "notify_url" | "return_url")) {
            trouble.remedies.push(say!(
                "notify_url and return_url can also be set once for all orders, in the gateway's section of the \
                 profile",
                "notify_url et return_url peuvent aussi être indiqués une fois pour toutes, dans la section de la \
                 passerelle du profil",
            ));
        }
        trouble.problems = problems;
        trouble
    }

    /// A failed call.
    pub(crate) fn gateway(gateway: Gateway, error: &ProviderError) -> Self {
        let name = gateway.as_str();
        if !error.problems().is_empty() {
            return Self::request(error.problems().iter().map(Problem::from).collect()).with_gateway(gateway);
        }
        let code = error.gateway_code();
        let source = std::error::Error::source(error);
        let detail = source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        let french = format!("{name} : {} ({detail})", words::kind(error.kind()));
        let mut trouble = Self::new(
            error.kind().as_str(),
            if error.outcome() == Outcome::Unknown { UNKNOWN } else { REFUSED },
            Text::new(format!("{name}: {detail}"), french),
        );
        trouble.record.gateway = Some(name);
        trouble.record.gateway_code = code.map(str::to_owned);
        trouble.record.retry_after_seconds = error.retry_after().map(|delay| delay.as_secs());
        if error.kind() == ErrorKind::Unsupported {
            trouble.remedies.push(say!(
                "use another gateway: the table in the README says which can",
                "prenez une autre passerelle : le tableau du README dit laquelle le peut",
            ));
        }
        trouble
    }

    /// Says what the failure did to money. Only for calls that may move some.
    pub(crate) fn with_outcome(mut self, error: &ProviderError) -> Self {
        self.record.outcome = Some(error.outcome().as_str());
        self.record.advice = Some(error.advice().as_str());
        self.remedies.insert(0, words::outcome(error.outcome()));
        self
    }

    pub(crate) fn with_gateway(mut self, gateway: Gateway) -> Self {
        self.record.gateway = Some(gateway.as_str());
        self
    }

    pub(crate) fn with_order(mut self, order: &str) -> Self {
        self.record.order = Some(order.to_owned());
        self
    }

    /// Says where the order stands in the journal.
    pub(crate) fn with_state(mut self, state: State) -> Self {
        self.record.state = Some(state.as_str());
        self
    }

    pub(crate) fn with_remedy(mut self, told: Text) -> Self {
        self.remedies.push(told);
        self
    }

    pub(crate) fn with_exit(mut self, exit: u8) -> Self {
        self.record.exit = exit;
        self
    }

    /// The first sentence, for a report that has a place for it.
    pub(crate) fn told(&self) -> &Text {
        &self.told
    }

    pub(crate) fn remedies(&self) -> &[Text] {
        &self.remedies
    }

    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Tells it, and gives the exit status for it.
    pub(crate) fn end(mut self, style: output::Style) -> Result<ExitCode, Failure> {
        let exit = self.record.exit;
        match style {
            output::Style::Json => {
                self.record.message = self.told.english().to_owned();
                self.record.remedies = self.remedies.iter().map(|told| told.english().to_owned()).collect();
                self.record.problems = self.problems.iter().map(ProblemRecord::from).collect();
                #[derive(Serialize)]
                struct Line {
                    error: Box<Record>,
                }
                output::json(&Line { error: self.record })?;
            }
            output::Style::People => {
                screen::note(&output::error_line(&self.told), 0);
                for problem in &self.problems {
                    screen::note(&problem.told.to_string(), 2);
                }
                for remedy in &self.remedies {
                    screen::note(&remedy.to_string(), 2);
                }
            }
        }
        Ok(ExitCode::from(exit))
    }
}

impl From<&nzimbu::Problem> for Problem {
    fn from(problem: &nzimbu::Problem) -> Self {
        let field = problem.field.as_str().to_owned();
        let fault = words::fault(&problem.fault);
        let told = Text::new(format!("{field} {}", fault.english()), format!("{field} {}", fault.french()));
        Self { told, field, rule: Some(problem.fault.rule()), place: None }
    }
}

impl From<&Problem> for ProblemRecord {
    fn from(problem: &Problem) -> Self {
        Self {
            field: problem.field.clone(),
            rule: problem.rule,
            message: problem.told.english().to_owned(),
            line: problem.place.map(|(line, _)| line),
            column: problem.place.map(|(_, column)| column),
        }
    }
}

impl From<Unfit> for Trouble {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Absent => Self::new(
                "settings",
                USAGE,
                say!("there are no settings yet", "il n'y a pas encore de réglages"),
            )
            .with_remedy(say!(
                "to try it without an account: run `nzimbu sandbox --write-config nzimbu.toml`, leave it running, \
                 and repeat this in a second terminal",
                "pour essayer sans compte : lancez `nzimbu sandbox --write-config nzimbu.toml`, laissez-le tourner, \
                 et répétez ceci dans un second terminal",
            ))
            .with_remedy(say!(
                "for your own account: write nzimbu.toml as in the README, or name a file with --config or \
                 NZIMBU_CONFIG",
                "pour votre compte : écrivez nzimbu.toml comme dans le README, ou indiquez un fichier avec --config \
                 ou NZIMBU_CONFIG",
            )),
            Unfit::Unreadable { file, told } => {
                let file = file.display();
                let (en, fr) = (told.english(), told.french());
                Self::new("settings", USAGE, Text::new(format!("{file} {en}"), format!("{file} {fr}")))
            }
            Unfit::Wrong { file, wrong } => {
                let file = file.display();
                Self::settings(say!("{file} is wrong:", "{file} contient des erreurs :"), &wrong)
            }
        }
    }
}

/// What a failed output is worth: the failure itself.
impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::new("usage", USAGE, Text::same(failure.to_string()))
    }
}
