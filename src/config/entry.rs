//! Reading values of a wanted type, and saying where they have another.
//!
//! Always holds: a wrong value is reported once, and reading goes on without it, so that all
//! mistakes of a file are found at once.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::unknown::{self, Holder, READ_AS};
use super::value::{Located, Map, Node, Place, Value};
use crate::finding::{Code, Finding, Fix, Report, did_you_mean};
use crate::gitlab::gates;
use crate::source::Source;

/// How deep lists of commands and stages may nest (`NestedArrayHelpers`, 18.11).
const NESTING: usize = 10;

/// How many values all jobs together may have: commands, variables and keys that they extend. A
/// small file can say that thousands of jobs have thousands of values each. It is far more than any
/// real pipeline has, and takes less than 200 MB.
const VALUES: usize = 1_000_000;

/// What reads a configuration, and collects what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// How many values were read.
    values: usize,
    findings: IndexMap<Finding, Jobs>,
    /// How often something was reported, the same thing as often as it was.
    told: usize,
    /// Keys of the top level whose content is not known, as what they extend is wrong.
    given_up: HashSet<String>,
    /// The job that is being read.
    job: Option<String>,
    /// Whether an include that is not read may supply what is missing.
    open: bool,
    /// Whether a manifest made it: words are then held to the target's version, elsewhere.
    made: bool,
}

/// The jobs that one thing wrong is about: what a base holds, each job has that extends it.
#[derive(Debug, Default)]
struct Jobs {
    /// The first ones.
    names: Vec<String>,
    /// How many there are.
    count: usize,
}

impl Jobs {
    /// Jobs that are told by their names.
    const NAMED: usize = 4;

    fn add(&mut self, job: &str) {
        if self.names.iter().any(|name| name == job) {
            return;
        }
        self.count += 1;
        if self.names.len() < Self::NAMED {
            self.names.push(job.to_owned());
        }
    }

    /// The finding with the names of the jobs.
    fn tell(self, mut finding: Finding) -> Finding {
        let Some((first, others)) = self.names.split_first() else {
            return finding;
        };
        finding.message = format!("job `{first}`: {}", finding.message);
        if others.is_empty() {
            return finding;
        }
        let mut named: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
        let more = self.count.saturating_sub(self.names.len());
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let jobs = named.join(", ");
        finding.help(format!("also in the jobs that take it from here: {jobs}"))
    }
}

impl Reader {
    /// Reads a configuration: whether includes that are not read may add to it, and whether it was
    /// made from a manifest.
    pub(super) fn new(open: bool, made: bool) -> Self {
        Self {
            open,
            made,
            ..Self::default()
        }
    }

    /// Whether an include that is not read may supply what is missing.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Reports that something is missing in a mapping, unless an include may supply it.
    pub(super) fn missing(&mut self, place: Place, message: impl AsRef<str>) {
        self.missing_as(Code::MissingKey, place, message);
    }

    /// Reports that something else is missing, unless an include may supply it.
    pub(super) fn missing_as(&mut self, code: Code, place: Place, message: impl AsRef<str>) {
        if !self.open {
            self.found(code, place, message);
        }
    }

    /// From here on, what is reported is about a job, or about none.
    pub(super) fn about(&mut self, job: Option<&str>) {
        self.job = job.map(str::to_owned);
    }

    /// Reports something wrong for which there is no code of its own; the message follows on the
    /// name of the job.
    pub(super) fn report(&mut self, place: Place, message: impl AsRef<str>) {
        self.found(Code::Refused, place, message);
    }

    /// Reports something wrong; the message follows on the name of the job.
    pub(super) fn found(&mut self, code: Code, place: Place, message: impl AsRef<str>) {
        self.add(Finding::new(code, place, message.as_ref()));
    }

    /// Reports a finding; its message follows on the name of the job.
    pub(super) fn add(&mut self, finding: Finding) {
        self.told += 1;
        let jobs = self.findings.entry(finding).or_default();
        if let Some(job) = &self.job {
            jobs.add(job);
        }
    }

    /// Counts values before they are copied for a job. False, and a finding, if all jobs together
    /// have too many.
    pub(super) fn takes(&mut self, count: usize, place: Place) -> bool {
        let before = self.values;
        self.values = before.saturating_add(count);
        if before <= VALUES && self.values > VALUES {
            let message = format!(
                "the jobs have more than {VALUES} commands, variables and extended keys together; nothing behind this is read"
            );
            self.add(Finding::new(Code::TooLarge, place, message));
        }
        self.values <= VALUES
    }

    /// How often something was reported so far.
    pub(super) fn told(&self) -> usize {
        self.told
    }

    /// Gives up a key of the top level: what follows from a mistake in it is not reported.
    pub(super) fn gives_up(&mut self, key: &str) {
        self.given_up.insert(key.to_owned());
    }

    /// The keys that were given up.
    pub(super) fn given_up(&self) -> &HashSet<String> {
        &self.given_up
    }

    /// Whether nothing was wrong so far.
    pub(super) fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// All that was wrong, in these files.
    pub(super) fn into_report(self, sources: &[Source]) -> Report {
        let told = |(finding, jobs): (Finding, Jobs)| jobs.tell(finding);
        Report::of(sources, self.findings.into_iter().map(told))
    }

    /// Reports the keys of a mapping that are none of these. A key may be one that a newer GitLab
    /// has: then it is unknown here, and not wrong.
    pub(super) fn known_keys<'a>(
        &mut self,
        map: &Map,
        what: impl Into<Holder<'a>>,
        known: &[&str],
    ) {
        let what = what.into();
        for (key, entry) in map.iter() {
            if !key.is_string || !known.contains(&&*key.text) {
                self.add(unknown::keyword(entry.key_place, &key.text, what, known));
            }
        }
    }

    /// A mapping, or a report.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Map> {
        let map = node.as_map();
        if map.is_none() {
            self.found(
                Code::WrongType,
                node.place,
                format!("`{what}` should be a mapping"),
            );
        }
        map
    }

    /// A string, or a report; a symbol is none.
    pub(super) fn string(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        match &node.value {
            Value::Str(text) => Some(Located::new(text.to_string(), node.place)),
            _ => {
                let message = format!("`{what}` should be a string");
                let finding = Finding::new(Code::WrongType, node.place, message);
                let is_scalar = node.scalar_text().is_some();
                // A number alone is no duration: what its unit is nobody knows.
                let last = what.rsplit([':', ' ']).next().unwrap_or(what);
                let is_duration = last.ends_with("_in") || last == "timeout";
                self.add(match is_scalar && !is_duration {
                    true => finding
                        .help("write it in quotes")
                        .fix(Some(Fix::Quote(node.place))),
                    false => finding,
                });
                None
            }
        }
    }

    /// A boolean, or a report.
    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        let value = node.as_bool();
        if value.is_none() {
            self.found(
                Code::WrongType,
                node.place,
                format!("`{what}` should be true or false"),
            );
        }
        value
    }

    /// A list of strings or symbols, or a report (`validate_array_of_strings`).
    pub(super) fn strings(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        if !self.takes(count(node, 1), node.place) {
            return Vec::new();
        }
        let items: Option<Vec<_>> = node.as_seq().and_then(|items| {
            let text = |item: &Node| {
                item.as_str()
                    .map(|text| Located::new(text.to_owned(), item.place))
            };
            items.iter().map(text).collect()
        });
        items.unwrap_or_else(|| {
            self.found(
                Code::WrongType,
                node.place,
                format!("`{what}` should be a list of strings"),
            );
            Vec::new()
        })
    }

    /// A list of strings or a single one, or a report.
    pub(super) fn string_or_strings(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        match node.as_str() {
            Some(text) => vec![Located::new(text.to_owned(), node.place)],
            None => self.strings(node, what),
        }
    }

    /// Commands: a string or a list of strings and lists, ten deep at most.
    pub(super) fn commands(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        match node.as_str() {
            Some(_) if !self.takes(count(node, 0), node.place) => Vec::new(),
            Some(text) => vec![Located::new(text.to_owned(), node.place)],
            None => self.nested(node, what),
        }
    }

    /// A list of strings and lists of them, ten deep at most, in one row.
    pub(super) fn nested(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        let mut flat = Vec::new();
        if !self.takes(count(node, NESTING), node.place) {
            return flat;
        }
        if node.as_seq().is_none() || !flatten(node, NESTING, &mut flat) {
            let message =
                format!("`{what}` should be a list of strings, nested {NESTING} deep at most");
            self.found(Code::WrongType, node.place, message);
        }
        flat
    }

    /// One of some words, or a report.
    pub(super) fn word(&mut self, node: &Node, what: &str, words: &[&str]) -> Option<String> {
        let text = self.string(node, what)?;
        if words.contains(&text.as_str()) {
            return Some(text.value);
        }
        let message = format!("`{what}` is `{}`; it can be {}", *text, words.join(", "));
        let meant = did_you_mean(&text, words.iter().copied());
        self.add(
            Finding::new(Code::UnknownWord, node.place, message)
                .help_if(meant.map(|meant| format!("did you mean `{meant}`?"))),
        );
        None
    }

    /// One of some words of which `gates` knows since when GitLab has them, or a report.
    pub(super) fn gated_word(&mut self, node: &Node, what: &str, gate: &str, words: &[&str]) {
        let Some(word) = self.word(node, what, words) else {
            return;
        };
        let since = gates::value(gate, &word).filter(|since| *since > READ_AS && !self.made);
        if let Some(since) = since {
            let message = format!("`{what}` is `{word}`, which GitLab has since {since}");
            let help = format!("windlass reads files as GitLab {READ_AS}, which refuses it");
            self.add(Finding::new(Code::UnknownWord, node.place, message).help(help));
        }
    }
}

/// Puts the strings in a row; false if there is something else, or it nests too deep.
fn flatten(node: &Node, depth: usize, into: &mut Vec<Located<String>>) -> bool {
    match &node.value {
        Value::Str(text) | Value::Symbol(text) => {
            into.push(Located::new(text.to_string(), node.place));
            true
        }
        Value::Seq(items) if depth > 0 => items.iter().all(|item| flatten(item, depth - 1, into)),
        _ => false,
    }
}

/// How many values a list counts as, with those of lists in it: a long text counts as several.
pub(super) fn count(node: &Node, depth: usize) -> usize {
    match &node.value {
        Value::Seq(items) if depth > 0 => items.iter().map(|item| count(item, depth - 1)).sum(),
        Value::Seq(items) => items.len(),
        Value::Str(text) | Value::Symbol(text) => 1 + text.len() / 100,
        _ => 1,
    }
}
