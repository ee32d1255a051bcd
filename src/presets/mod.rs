//! A manifest and the presets that it names, as one manifest.
//!
//! In: the text of a manifest, and the project's files. Out: a [`Composed`]: one tree, whose places say which of the
//! files they are in. Always holds: a file is read once, however many name it; how many there are, and how large they
//! are, is bounded; no path leads out of the project; without a matching checksum in [`LOCK`] there is a finding.

mod key;
#[cfg(test)]
mod laws;
mod lock;
mod merge;
mod obstacle;

use std::collections::HashMap;
use std::rc::Rc;

use crate::check::{Files, newer_windlass};
use crate::files::{PIPELINE, Unread, normalize};
use crate::finding::{Code, Finding, Location, Report};
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::kinds::{ProjectPath, WindlassVersion};
use crate::manifest::record::{Field, Read as _, Reader};
use crate::source::{Entry, Kind, Limits, Node, Source, Span, parse_from};

pub use key::{Origin, Value, is_path};
pub use lock::{LOCK, Lock, Wrong, checksum};
use merge::Stack;
pub use obstacle::obstacle;

/// How many presets a manifest may have, those of its presets among them.
const MOST: usize = 32;

/// A manifest with its presets.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The text of the manifest, and those of its presets behind it.
    pub source: Source,
    /// What they say together; `None` if the manifest cannot be read.
    pub root: Option<Node>,
    /// What each file says: the one that others go before first, the manifest last.
    layers: Vec<Node>,
    /// The presets, each before those that go before it.
    pub presets: Vec<Preset>,
}

/// A preset that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its path in the project.
    pub path: String,
    /// Its text, as the file has it.
    pub text: String,
}

impl Composed {
    /// The top-level key that a place is under, in the file that it is in.
    pub(crate) fn key_at(&self, span: Span) -> Option<&str> {
        let entries = self.layers.iter().flat_map(entries);
        let before = entries.filter(|entry| entry.key.span.start <= span.start);
        let entry = before.max_by_key(|entry| entry.key.span.start)?;
        let file = |at: usize| self.source.file_at(at).0;
        (file(entry.key.span.start) == file(span.start)).then_some(&*entry.key.value)
    }

    /// The windlass that the manifest is made for, if it says so.
    pub fn made_for(&self) -> Option<&str> {
        let entry = entries(self.root.as_ref()?).find(|entry| &*entry.key.value == "made_for")?;
        match &entry.value.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// Whether a place is in a preset.
    pub(crate) fn is_preset(&self, span: Span) -> bool {
        self.source.file_at(span.start).0 > 0
    }
}

/// The files that presets are taken from, which the manifest names by their paths in the project.
pub fn named(manifest: &Source) -> Vec<String> {
    let mut aside = Report::default();
    let root = parse_from(manifest, 0, Limits::MANIFEST, &mut aside);
    let paths = root.and_then(|root| paths(&root, &mut aside));
    let paths = paths.iter().flat_map(Many::iter);
    paths.map(|path| normalize(&path.value)).collect()
}

/// Reads a manifest and its presets.
pub fn compose(manifest: &Source, files: &dyn Files, report: &mut Report) -> Composed {
    let mut composer = Composer {
        files,
        report,
        source: manifest.clone(),
        lock: None,
        seen: HashMap::from([(normalize(&manifest.name), State::Open)]),
        layers: Vec::new(),
        presets: Vec::new(),
    };
    let root = parse_from(manifest, 0, Limits::MANIFEST, composer.report);
    if let Some(root) = &root {
        // What is wrong with the key itself is said when the manifest is read.
        if let Some(paths) = paths(root, &mut Report::default()) {
            composer.follow("", &paths);
        }
        composer.layers.push(root.clone());
        composer.left_over();
    }
    let (source, layers, presets) = (composer.source, composer.layers, composer.presets);
    report.append_files(source.clone());
    Composed {
        source,
        root: root.and(Stack::of(&layers).node()),
        layers,
        presets,
    }
}

/// What `presets` of a manifest or preset names.
fn paths(root: &Node, report: &mut Report) -> Option<Many<ProjectPath>> {
    let field: Field<Many<ProjectPath>> = head(root, "presets", report);
    match field {
        Field::Set(paths) => Some(paths.value),
        Field::Absent | Field::Null | Field::Invalid => None,
    }
}

/// One of the keys that a preset has for itself.
fn head<T: crate::manifest::record::Read + Clone>(
    root: &Node,
    key: &str,
    report: &mut Report,
) -> Field<T> {
    match entries(root).find(|entry| &*entry.key.value == key) {
        Some(entry) => Reader::new(report).below(key, |reader| Field::read(&entry.value, reader)),
        None => Field::Absent,
    }
}

fn entries(node: &Node) -> impl Iterator<Item = &Entry> {
    let entries: &[Entry] = match &node.kind {
        Kind::Mapping(entries) => entries,
        Kind::Scalar(_) | Kind::Sequence(_) => &[],
    };
    entries.iter()
}

/// Whether all presets of a file were read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

struct Composer<'c> {
    files: &'c dyn Files,
    report: &'c mut Report,
    source: Source,
    /// What is pinned, once it was asked for.
    lock: Option<Lock>,
    seen: HashMap<String, State>,
    layers: Vec<Node>,
    presets: Vec<Preset>,
}

impl Composer<'_> {
    /// Reads the presets that a file in a folder names.
    fn follow(&mut self, folder: &str, paths: &Many<ProjectPath>) {
        for path in paths.iter() {
            let (text, span) = (&*path.value, path.span);
            let path = normalize(&format!("{folder}/{text}"));
            if let Some(own) = [LOCK, PIPELINE]
                .iter()
                .find(|own| own.eq_ignore_ascii_case(&path))
            {
                let message = format!("`{own}` cannot be a preset: windlass writes that file");
                let finding = Finding::new(Code::BadPath, span, message);
                self.report.push(finding.help("name another file"));
                continue;
            }
            match self.seen.get(&path) {
                Some(State::Done) => continue,
                Some(State::Open) => {
                    let message = format!("`{path}` is a preset of itself");
                    let finding = Finding::new(Code::CyclicPresets, span, message);
                    let help = "remove it from `presets` of one of the files in the circle";
                    self.report.push(finding.help(help));
                    continue;
                }
                None => {}
            }
            if self.presets.len() >= MOST {
                let message = format!("the manifest has more than {MOST} presets");
                let finding = Finding::new(Code::TooLarge, span, message);
                self.report
                    .push(finding.help("write what they say in fewer files"));
                return;
            }
            self.seen.insert(path.clone(), State::Open);
            self.preset(&path, span);
            self.seen.insert(path, State::Done);
        }
    }

    /// Reads a preset, and first those that it names itself.
    fn preset(&mut self, path: &str, asked: Span) {
        let text = match self.files.text(path) {
            Ok(text) => text,
            Err(unread) => {
                let message = format!("the preset `{path}` {}", unread.reason());
                let finding = Finding::new(Code::MissingPreset, asked, message);
                let help = "presets are files of the project: `windlass update --from DIR` copies them from a folder";
                return self.report.push(finding.help(help));
            }
        };
        self.pinned(path, &text, asked);
        self.presets.push(Preset {
            path: path.to_owned(),
            text: text.clone(),
        });
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (source, start) = self.source.with(path, text);
        self.source = source;
        let mut found = Report::default();
        let root = parse_from(&self.source, start, Limits::PRESET, &mut found);
        if root.is_none() && !found.has_errors() {
            let finding = Finding::new(Code::Empty, Span::new(start, start), "the preset is empty");
            found.push(finding.help("it starts with `windlass: 1`"));
        }
        if let Some(root) = root {
            let paths = own_keys(&root, start, &mut found);
            self.take(&found);
            self.take(&misread(&root, &self.source));
            if let Some(paths) = paths {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                self.follow(folder, &paths);
            }
            self.layers.push(without_own_keys(root));
        } else {
            self.take(&found);
        }
    }

    /// Takes findings whose places are those of the source.
    fn take(&mut self, found: &Report) {
        for finding in found.sorted() {
            self.report.push(finding.clone());
        }
    }

    /// Compares a preset with its checksum.
    fn pinned(&mut self, path: &str, text: &str, asked: Span) {
        if !self.files.pins_presets() {
            return;
        }
        let lock = match self.lock.take() {
            Some(lock) => lock,
            None => self.read_lock(true),
        };
        let pinned = lock.get(path).map(str::to_owned);
        let is_read = lock.is_read;
        self.lock = Some(lock);
        let (message, help) = match pinned {
            // What is wrong with the lock was said.
            None if !is_read => return,
            None => (
                format!("the preset `{path}` is not pinned in `{LOCK}`"),
                "run `windlass update`, and commit what it writes".to_owned(),
            ),
            Some(pinned) if pinned == checksum(text) => return,
            Some(_) => (
                format!("the preset `{path}` is not the one that `{LOCK}` pins"),
                "if the change is meant, run `windlass update`; if not, restore the file"
                    .to_owned(),
            ),
        };
        let finding = Finding::new(Code::ChangedPreset, asked, message);
        self.report.push(finding.help(help));
    }

    fn read_lock(&mut self, is_needed: bool) -> Lock {
        let wrong = match self.files.text(LOCK) {
            Ok(text) => match Lock::read(&text) {
                Ok(lock) => return lock,
                Err(wrong) => wrong,
            },
            Err(Unread::Absent) => return Lock::default(),
            Err(unread) => Wrong {
                line: 1,
                message: format!("`{LOCK}` {}", unread.reason()),
                is_newer: false,
            },
        };
        if is_needed {
            self.report.push(wrong.finding());
        }
        Lock::unread()
    }

    /// Says which presets the lock pins for nothing.
    fn left_over(&mut self) {
        // Where a preset could not be read, those that it names are not known.
        if !self.files.pins_presets() || self.report.has_errors() {
            return;
        }
        let lock = match self.lock.take() {
            Some(lock) => lock,
            // Without presets it is nobody's, whatever it holds.
            None => self.read_lock(false),
        };
        let manifest = normalize(&self.source.name);
        for path in lock.left_over(&manifest, &self.presets) {
            let place = Location::Line {
                path: LOCK.to_owned(),
                line: 1,
            };
            let message = format!(
                "`{LOCK}` pins the preset `{path}` for `{manifest}`, which does not name it"
            );
            let finding = Finding::new(Code::StaleLock, place, message);
            let help = "run `windlass update`, and commit what it writes";
            self.report.push(finding.help(help));
        }
    }
}

/// Reads the keys that a preset has for itself; gives the presets that it names.
fn own_keys(root: &Node, start: usize, report: &mut Report) -> Option<Many<ProjectPath>> {
    if !matches!(root.kind, Kind::Mapping(_)) {
        let message = format!("a preset is a mapping, not {}", root.describe());
        let finding = Finding::new(Code::WrongType, root.span, message);
        report.push(finding.help("it starts with `windlass: 1`"));
        return None;
    }
    let version: Field<i64> = head(root, "windlass", report);
    match &version {
        Field::Set(version) if version.value != 1 => {
            let message = format!(
                "this windlass reads version 1 of the language, not {}",
                version.value
            );
            let finding = Finding::new(Code::OutOfRange, version.span, message);
            report.push(finding.help("write `windlass: 1`, or install a newer windlass"));
        }
        Field::Set(_) | Field::Invalid => {}
        Field::Absent | Field::Null => {
            let finding = Finding::new(
                Code::MissingKey,
                Span::new(start, start),
                "the preset lacks the key `windlass`",
            );
            report.push(finding.help("start it with `windlass: 1`"));
        }
    }
    let made_for: Field<WindlassVersion> = head(root, "made_for", report);
    if let Some(made_for) = made_for.at()
        && let Some(finding) = newer_windlass("the preset", &made_for.value, made_for.span)
    {
        report.push(finding);
    }
    paths(root, report)
}

/// What is wrong with the values of a preset, also of those that something above it takes the place of: a mistake must
/// not wait in it for the project that uses the value. Required keys may stand in another file, and a value with a
/// variable may be of another type in the rows of a matrix.
fn misread(root: &Node, source: &Source) -> Report {
    let mut report = Report::default();
    if matches!(root.kind, Kind::Mapping(_)) {
        Manifest::read(root, &mut Reader::new(&mut report));
    }
    report.filtered(|finding| match finding.location {
        Location::Text(place) => !source.slice(place.span).contains('$'),
        Location::File(_) | Location::Line { .. } => true,
    })
}

/// A preset without the keys that it has for itself.
fn without_own_keys(root: Node) -> Node {
    let own = ["windlass", "made_for", "presets"];
    let rest = entries(&root).filter(|entry| !own.contains(&&*entry.key.value));
    let kind = Kind::Mapping(rest.cloned().collect::<Rc<[Entry]>>());
    Node { kind, ..root }
}
