//! `nzimbu check`: every violation of a gateway's rules in one request, without sending anything.

pub(crate) mod fields;
pub(crate) mod draft;
pub(crate) mod rules;

use std::process::ExitCode;

use nzimbu::signature::recursive::Document;
use serde::Serialize;

use crate::args::Check;
use crate::output::Failure;
use crate::{input, output};

use self::draft::Draft;
use self::fields::Findings;

pub(crate) fn run(args: &Check) -> Result<ExitCode, Failure> {
    let text = input::read(args.file.as_deref())?;
    let violations = match Document::parse(&text) {
        Ok(document) => {
            let mut findings = Findings::default();
            let draft = Draft::read(&document, args.operation, &mut findings);
            rules::judge(args, &draft, &mut findings)?;
            findings.into_violations()
        }
        Err(malformed) => vec![Violation {
            field: String::new(),
            rule: "format",
            message: format!("{malformed}: write the request as one JSON object, see --help"),
        }],
    };
    output::json(&violations)?;
    Ok(output::exit(violations.is_empty()))
}

/// One line of the answer.
#[derive(Debug, Serialize)]
pub(crate) struct Violation {
    /// The path of the field in the common model, empty for the whole request.
    pub(crate) field: String,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}
