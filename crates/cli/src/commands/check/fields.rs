//! The members of a JSON object, taken one by one, and what is wrong with them.

use nzimbu::Problem;
use nzimbu::signature::recursive::{Members, Value};

use super::Violation;

/// What was found so far, and which fields could not be read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    violations: Vec<Violation>,
    unreadable: Vec<Unreadable>,
}

#[derive(Debug)]
enum Unreadable {
    Field(String),
    /// The field and all below it.
    Tree(String),
}

impl Findings {
    pub(super) fn add(&mut self, field: impl Into<String>, rule: &'static str, message: impl Into<String>) {
        self.violations.push(Violation { field: field.into(), rule, message: message.into() });
    }

    /// Notes a fault of a field that stays without a value, so that what a gateway says of it means nothing.
    pub(super) fn unreadable(&mut self, field: &str, rule: &'static str, message: impl Into<String>) {
        self.distrust_all(field);
        self.add(field, rule, message);
    }

    /// What a gateway says of this field and of all below it means nothing.
    pub(super) fn distrust_all(&mut self, field: &str) {
        self.unreadable.push(Unreadable::Tree(field.to_owned()));
    }

    /// What a gateway says of this very field means nothing.
    pub(super) fn distrust(&mut self, field: &str) {
        self.unreadable.push(Unreadable::Field(field.to_owned()));
    }

    /// Whether a gateway's problem is about something that it could judge.
    pub(crate) fn can_judge(&self, problem: &Problem) -> bool {
        let field = problem.field.as_str();
        !self.unreadable.iter().any(|unreadable| match unreadable {
            Unreadable::Field(path) => path == field,
            Unreadable::Tree(path) => field
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
        })
    }

    pub(crate) fn into_violations(self) -> Vec<Violation> {
        self.violations
    }
}

/// The members of an object that nobody has asked for yet.
pub(super) struct Fields<'d> {
    path: &'static str,
    left: Vec<(&'d str, Value<'d>)>,
}

impl<'d> Fields<'d> {
    /// The members of an object at this path; empty at the top.
    pub(super) fn new(path: &'static str, members: Members<'d>) -> Self {
        Self { path, left: members.collect() }
    }

    /// The path of a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The first member that bears one of these names; `null` counts as absent. A second one is reported under
    /// the first of the names.
    pub(super) fn take(&mut self, names: &[&str], findings: &mut Findings) -> Option<Value<'d>> {
        let mut found = None;
        for name in names {
            let Some(at) = self.left.iter().position(|(known, _)| known == name) else { continue };
            let (_, value) = self.left.remove(at);
            match (value, found) {
                (Value::Null, _) => {}
                (value, None) => found = Some(value),
                (_, Some(_)) => {
                    let message = format!("is given twice, as {}: leave one out", names.join(" and "));
                    findings.add(self.path(names[0]), "duplicate", message);
                }
            }
        }
        found
    }

    /// The text of an optional member.
    pub(super) fn text(&mut self, name: &str, findings: &mut Findings) -> Option<&'d str> {
        let value = self.take(&[name], findings)?;
        text(value, &self.path(name), findings)
    }

    /// The members of an optional member that is an object.
    pub(super) fn object(
        &mut self,
        path: &'static str,
        names: &[&str],
        findings: &mut Findings,
    ) -> Option<Fields<'d>> {
        match self.take(names, findings)? {
            Value::Object(members) => Some(Fields::new(path, members)),
            other => {
                findings.unreadable(
                    path,
                    "type",
                    format!("{path} must be an object, not a {}", other.kind()),
                );
                None
            }
        }
    }

    /// The members in their order, whatever they are called.
    pub(super) fn into_members(self) -> Vec<(&'d str, Value<'d>)> {
        self.left
    }

    /// Reports every member that nobody asked for.
    pub(super) fn finish(self, known: &str, findings: &mut Findings) {
        for (name, _) in &self.left {
            let path = self.path(name);
            let message = format!("{path} is not a field here: remove it or use one of {known}");
            findings.add(path, "unknown", message);
        }
    }
}

/// The text of a value that has to be one.
pub(super) fn text<'d>(value: Value<'d>, path: &str, findings: &mut Findings) -> Option<&'d str> {
    let found = value.as_text();
    if found.is_none() {
        findings.unreadable(path, "type", format!("{path} must be text, not a {}", value.kind()));
    }
    found
}
