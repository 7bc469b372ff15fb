//! What the suite found.

use std::fmt;

/// The findings of one run, in the order of the cases.
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

/// One case and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What the server did.
    pub case: &'static str,
    /// What a transport has to report.
    pub expected: String,
    /// What it reported.
    pub seen: String,
    /// Whether that is good enough.
    pub verdict: Verdict,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// As it has to be.
    Passed,
    /// Safe, but more careful than needed.
    Noted,
    /// Unsafe.
    Failed,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// All findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that are unsafe.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Failed)
    }

    /// Ends the test unless every case passed or is merely noted.
    ///
    /// # Panics
    /// When a case failed; the message lists all of them.
    pub fn assert(&self) {
        let failures: Vec<_> = self.failures().map(|finding| format!("\n{finding}")).collect();
        assert!(
            failures.is_empty(),
            "{} of {} wire cases failed:{}",
            failures.len(),
            self.findings.len(),
            failures.concat()
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Passed => "passed",
            Verdict::Noted => "noted ",
            Verdict::Failed => "FAILED",
        };
        write!(f, "{verdict}  {}: expected {}, saw {}", self.case, self.expected, self.seen)
    }
}
