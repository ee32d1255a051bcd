//! What windlass has to say about an input.
//!
//! In: places in the manifest and facts about them. Out: a [`Report`] of all findings, in the
//! order of their places, that `output` shows as text, JSON, Code Quality or SARIF.
//! Always holds: a finding has a [`Code`] that `windlass explain` knows.

mod code;
pub mod explain;
pub mod output;

pub use code::{Code, Severity};

use std::collections::HashSet;

use crate::source::Span;

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Into the manifest.
    Manifest(Span),
    /// To a line (from 1) of another file of the project.
    File {
        /// Path relative to the project.
        path: String,
        /// Line, from 1.
        line: usize,
    },
    /// To the manifest as a whole, as when it cannot be read.
    Whole,
}

/// A second place that a finding is about, always in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// One sentence: what is wrong, with the names concerned in backticks.
    pub message: String,
    /// Where.
    pub place: Place,
    /// A few words at the caret, or empty.
    pub label: String,
    /// Other places that disagree with this one.
    pub related: Vec<Related>,
    /// What was probably meant, or how to mend it; each one a sentence.
    pub help: Vec<String>,
}

impl Finding {
    /// A finding at a place of the manifest.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::at(code, Place::Manifest(span), message)
    }

    /// A finding at any place.
    pub fn at(code: Code, place: Place, message: impl Into<String>) -> Self {
        let (label, related, help) = (String::new(), Vec::new(), Vec::new());
        Self {
            code,
            message: shortened(message.into()),
            place,
            label,
            related,
            help,
        }
    }

    /// Adds a few words at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = shortened(label.into());
        self
    }

    /// Adds a sentence of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(shortened(help.into()));
        self
    }

    /// Adds a sentence of help if there is one.
    #[must_use]
    pub fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            message: message.into(),
        });
        self
    }
}

/// All findings about one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    /// Places that stand for several things; see [`Report::once_within`].
    shared: Vec<Span>,
}

impl Report {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// What is written at this place stands for several things, as the rows of a matrix do: a kind
    /// of finding is told once for each place inside of it.
    pub fn once_within(&mut self, span: Span) {
        self.shared.push(span);
    }

    /// Whether anything found is an error rather than a warning.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|f| f.code.severity() == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings in the order of their places, the same one never twice.
    pub fn sorted(&self) -> Vec<&Finding> {
        let mut seen = HashSet::with_capacity(self.findings.len());
        let mut told = HashSet::new();
        let mut all: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| seen.insert(*finding))
            .filter(|finding| {
                !self.is_shared(&finding.place) || told.insert((finding.code, &finding.place))
            })
            .collect();
        all.sort_by(|a, b| order(&a.place).cmp(&order(&b.place)));
        all
    }
}

impl Report {
    fn is_shared(&self, place: &Place) -> bool {
        let Place::Manifest(span) = place else {
            return false;
        };
        let mut shared = self.shared.iter();
        shared.any(|shared| shared.start <= span.start && span.end <= shared.end)
    }
}

/// A sentence without the middle of what it quotes, if that is too long to read. What is wrong and
/// how to mend it stand at its ends.
fn shortened(text: String) -> String {
    /// How much is kept at each end, in characters.
    const KEPT: usize = 400;
    let start = text.char_indices().nth(KEPT).map(|(at, _)| at);
    let end = text.char_indices().nth_back(KEPT).map(|(at, _)| at);
    match (start, end) {
        (Some(start), Some(end)) if start < end => {
            let (head, tail) = (text.get(..start), text.get(end..));
            format!(
                "{}...{}",
                head.unwrap_or_default(),
                tail.unwrap_or_default()
            )
        }
        _ => text,
    }
}

/// Whole file first, then the manifest from top to bottom, then other files.
fn order(place: &Place) -> (u8, &str, usize) {
    match place {
        Place::Whole => (0, "", 0),
        Place::Manifest(span) => (1, "", span.start),
        Place::File { path, line } => (2, path, *line),
    }
}

/// The nearest of the `names` that exist at a place, if one is near enough to be what was meant.
pub fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = word.chars().count();
    names
        .into_iter()
        // Names whose lengths differ by more than the distance allows are most of them.
        .filter(|name| name.chars().count().abs_diff(length) <= 3)
        .map(|name| {
            (
                strsim::damerau_levenshtein(&lower, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| {
            let longest = word.chars().count().max(name.chars().count());
            *distance <= longest.div_ceil(3).min(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
