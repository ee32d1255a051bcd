//! What windlass has to say about an input.
//!
//! In: places in any files and facts about them. Out: a [`Report`] of all findings, in the order of
//! their places, that `output` shows as text, JSON, Code Quality or SARIF.
//! Always holds: a finding has a [`Code`] that `windlass explain` knows.

mod code;
pub mod explain;
pub mod fix;
pub mod output;
mod report;

pub use code::{Code, Severity};
pub use fix::Fix;
pub use report::Report;

use crate::source::{Place, Span};

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// Into one of the report's sources.
    Text(Place),
    /// To a line of a file whose text is not in the report, as of a generated file.
    Line {
        /// Path relative to the project.
        path: String,
        /// Line, from 1.
        line: usize,
    },
    /// To one of the report's sources as a whole, by its index, as when it cannot be read.
    File(usize),
}

impl Location {
    /// The first source as a whole: the manifest.
    pub const WHOLE: Location = Location::File(0);
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Location::Text(place)
    }
}

impl From<Span> for Location {
    fn from(span: Span) -> Self {
        Location::Text(span.into())
    }
}

/// A second place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related {
    /// The place.
    pub place: Place,
    /// What is there.
    pub message: String,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is: as bad as its kind is, if nobody chose otherwise.
    pub severity: Severity,
    /// One sentence: what is wrong, with the names concerned in backticks.
    pub message: String,
    /// Where.
    pub location: Location,
    /// A few words at the caret, or empty.
    pub label: String,
    /// Other places that disagree with this one.
    pub related: Vec<Related>,
    /// What was probably meant, or how to fix it; each one a sentence.
    pub help: Vec<String>,
    /// The change that is right, if there is only one.
    pub fix: Option<Box<Fix>>,
}

impl Finding {
    /// A finding at a place: a [`Place`], a [`Span`] of the first file, or any other
    /// [`Location`].
    pub fn new(code: Code, location: impl Into<Location>, message: impl Into<String>) -> Self {
        let (label, related, help) = (String::new(), Vec::new(), Vec::new());
        Self {
            code,
            severity: code.severity(),
            message: shortened(message.into()),
            location: location.into(),
            label,
            related,
            help,
            fix: None,
        }
    }

    /// Moves every place that the finding names.
    fn move_places(&mut self, moved: impl Fn(Place) -> Place + Copy) {
        match &mut self.location {
            Location::Text(place) => *place = moved(*place),
            Location::File(file) => {
                let whole = Place {
                    file: *file,
                    ..Place::default()
                };
                *file = moved(whole).file;
            }
            Location::Line { .. } => {}
        }
        for related in &mut self.related {
            related.place = moved(related.place);
        }
        self.fix = self.fix.take().map(|fix| Box::new(fix.moved(moved)));
    }

    /// The same finding, this bad.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
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

    /// Adds the change that is right.
    #[must_use]
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix.map(Box::new);
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, place: impl Into<Place>, message: impl Into<String>) -> Self {
        self.related.push(Related {
            place: place.into(),
            message: message.into(),
        });
        self
    }
}

/// A sentence without the middle of what it quotes, if that is too long to read. What is wrong and
/// how to fix it stand at its ends.
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
