//! All findings about some files, and the files.
//!
//! In: findings in any order. Out: the same in the order of their places, none twice. Always holds:
//! a finding's place lies in one of the report's own sources, also after reports were joined.

use std::collections::HashSet;

use super::{Finding, Location, Severity};
use crate::source::{Place, Source, Span};

/// All findings about some files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    sources: Vec<Source>,
    findings: Vec<Finding>,
    /// Places that stand for several things; see [`Report::once_within`].
    shared: Vec<Place>,
}

impl Report {
    /// An empty report about one file, which [`Span`]s alone are places in.
    pub fn about(source: Source) -> Self {
        Self {
            sources: vec![source],
            ..Self::default()
        }
    }

    /// The report about a configuration that was read from some files. `findings` point into
    /// `sources`, in which one file may stand several times.
    pub fn of(sources: &[Source], findings: impl IntoIterator<Item = Finding>) -> Self {
        let other = Self {
            sources: sources.to_vec(),
            findings: findings.into_iter().collect(),
            shared: Vec::new(),
        };
        let mut report = Self::default();
        report.join(other);
        report
    }

    /// The same report about the first file with others appended to it.
    pub fn append_files(&mut self, source: Source) {
        match self.sources.first_mut() {
            Some(first) => *first = source,
            None => self.sources.push(source),
        }
    }

    /// The same report in which each file is a source of its own.
    #[must_use]
    pub(super) fn separated(&self) -> Self {
        if self.sources.iter().all(Source::is_one_file) {
            return self.clone();
        }
        let files: Vec<Vec<(Source, usize)>> = self.sources.iter().map(Source::files).collect();
        let mut report = Self::default();
        let each = files.iter().flatten();
        report.sources = each.map(|(file, _)| file.clone()).collect();
        let first: Vec<usize> = files
            .iter()
            .scan(0, |next, files| {
                Some(std::mem::replace(next, *next + files.len()))
            })
            .collect();
        let moved = |place: Place| {
            let Some(source) = self.sources.get(place.file) else {
                return place;
            };
            let (file, start) = source.file_at(place.span.start);
            let within = |offset: usize| offset.saturating_sub(start);
            Place {
                file: first.get(place.file).copied().unwrap_or_default() + file,
                span: Span::new(within(place.span.start), within(place.span.end)),
            }
        };
        report.findings = self.findings.clone();
        for finding in &mut report.findings {
            finding.move_places(moved);
        }
        report.shared = self.shared.iter().copied().map(moved).collect();
        report
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds another report with its sources. A file that both have, with the same text, is one.
    pub fn join(&mut self, other: Report) {
        let files: Vec<usize> = other
            .sources
            .into_iter()
            .map(|source| self.file(source))
            .collect();
        let moved = |place: Place| Place {
            file: files.get(place.file).copied().unwrap_or(place.file),
            ..place
        };
        for mut finding in other.findings {
            finding.move_places(moved);
            self.findings.push(finding);
        }
        self.shared.extend(other.shared.into_iter().map(moved));
    }

    /// Which of the sources a file is; it becomes one if it is new.
    fn file(&mut self, source: Source) -> usize {
        match self.sources.iter().position(|known| *known == source) {
            Some(file) => file,
            None => {
                self.sources.push(source);
                self.sources.len() - 1
            }
        }
    }

    /// The same report as seen from outside of the project: with the path of its folder before each name that is
    /// relative to it.
    #[must_use]
    pub fn below(mut self, folder: &str) -> Self {
        let outside = |name: &str| name.starts_with(['/', '<']);
        let moved = |name: &str| format!("{}/{name}", folder.trim_end_matches('/'));
        for source in &mut self.sources {
            if !outside(&source.name) {
                *source = source.clone().renamed(moved);
            }
        }
        for finding in &mut self.findings {
            if let Location::Line { path, .. } = &mut finding.location
                && !outside(path)
            {
                *path = moved(path);
            }
        }
        self
    }

    /// The files that the findings are about.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The same report without the findings that do not pass.
    #[must_use]
    pub fn filtered(&self, passes: impl Fn(&Finding) -> bool) -> Self {
        let mut report = self.clone();
        report.findings.retain(passes);
        report
    }

    /// The same report with what is made of each finding, or without it.
    #[must_use]
    pub fn chosen(mut self, choose: impl Fn(Finding) -> Option<Finding>) -> Self {
        self.findings = self.findings.into_iter().filter_map(choose).collect();
        self
    }

    /// The name of the file that a finding is about.
    pub fn file_of<'r>(&'r self, finding: &'r Finding) -> &'r str {
        let name = |file: usize| self.sources.get(file).map_or("", |source| &source.name);
        match &finding.location {
            Location::Line { path, .. } => path,
            Location::Text(place) => name(place.file),
            Location::File(file) => name(*file),
        }
    }

    /// What is written at this place stands for several things, as the rows of a matrix do: a kind
    /// of finding is told once for each place inside of it.
    pub fn once_within(&mut self, span: Span) {
        self.shared.push(span.into());
    }

    /// Makes warnings of the findings that pass.
    pub fn accept(&mut self, passes: impl Fn(&Finding) -> bool) {
        for finding in self.findings.iter_mut().filter(|finding| passes(finding)) {
            finding.severity = Severity::Warning;
        }
    }

    /// Whether anything found is an error rather than a warning.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings in the order of their places, the same one never twice: of two that differ in
    /// their help alone, the first.
    pub fn sorted(&self) -> Vec<&Finding> {
        let mut seen = HashSet::with_capacity(self.findings.len());
        let mut told = HashSet::new();
        let mut all: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| {
                let own = (finding.code, &finding.location, &finding.message);
                seen.insert((own, &finding.related))
            })
            .filter(|finding| {
                !self.is_shared(&finding.location) || told.insert((finding.code, &finding.location))
            })
            .collect();
        all.sort_by(|a, b| order(&a.location).cmp(&order(&b.location)));
        all
    }

    fn is_shared(&self, location: &Location) -> bool {
        let Location::Text(Place { file, span }) = *location else {
            return false;
        };
        self.shared.iter().any(|shared| {
            shared.file == file && shared.span.start <= span.start && span.end <= shared.span.end
        })
    }
}

/// File by file in the order of the sources, each as a whole first and then from top to bottom;
/// then the files that are no sources, by their paths.
fn order(location: &Location) -> (usize, &str, usize) {
    match location {
        Location::File(file) => (*file, "", 0),
        Location::Text(place) => (place.file, "", place.span.start.saturating_add(1)),
        Location::Line { path, line } => (usize::MAX, path, *line),
    }
}
