//! One thing that was looked at.

use std::fmt;

use serde::Serialize;

use crate::args::Gateway;
use crate::lang::{Text, say};
use crate::screen;
use crate::trouble::Trouble;

/// What was found, and what to do about it.
#[derive(Debug)]
pub(super) struct Finding {
    check: &'static str,
    gateway: Option<Gateway>,
    pub(super) verdict: Verdict,
    told: Text,
    remedy: Option<Text>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    Problem,
    Skipped,
    Warning,
}

#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    check: &'static str,
    gateway: Option<&'static str>,
    verdict: Verdict,
    finding: &'a str,
    remedy: Option<&'a str>,
}

impl Finding {
    pub(super) fn new(
        check: &'static str,
        gateway: impl Into<Option<Gateway>>,
        verdict: Verdict,
        told: Text,
    ) -> Self {
        Self { check, gateway: gateway.into(), verdict, told, remedy: None }
    }

    pub(super) fn with_remedy(mut self, remedy: Text) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// A failure as findings: one for each of its problems, or one for itself.
    pub(super) fn of_trouble(check: &'static str, gateway: Option<Gateway>, trouble: &Trouble) -> Vec<Self> {
        let problem = |told: &Text| Self::new(check, gateway, Verdict::Problem, told.clone());
        if trouble.problems().is_empty() {
            let mut finding = problem(trouble.told());
            finding.remedy = trouble.remedies().first().cloned();
            return vec![finding];
        }
        trouble.problems().iter().map(|one| problem(&one.told)).collect()
    }

    pub(super) fn record(&self) -> Record<'_> {
        Record {
            check: self.check,
            gateway: self.gateway.map(Gateway::as_str),
            verdict: self.verdict,
            finding: self.told.english(),
            remedy: self.remedy.as_ref().map(Text::english),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => say!("ok", "ok"),
            Verdict::Problem => say!("PROBLEM", "PROBLÈME"),
            Verdict::Skipped => say!("skipped", "passé"),
            Verdict::Warning => say!("WARNING", "ATTENTION"),
        };
        let verdict = verdict.to_string();
        let told = match self.gateway.map(Gateway::as_str) {
            Some(name) => format!("{} {}", say!("{name}:", "{name} :"), self.told),
            None => self.told.to_string(),
        };
        write!(f, "{verdict:<VERDICT$}  {}", screen::wrapped(&told, INDENT))?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n{:INDENT$}→ {}", "", screen::wrapped(&remedy.to_string(), INDENT + 2))?;
        }
        Ok(())
    }
}

/// The longest verdict, and the text behind it.
const VERDICT: usize = 9;
const INDENT: usize = VERDICT + 2;
