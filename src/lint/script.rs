//! The scripts of all jobs, read as a shell reads them, and where each word stands in its file.
//!
//! In: a [`Config`]. Out: each text of `script`, `before_script`, `after_script` and
//! `hooks:pre_get_sources_script` once, however many jobs have it. Always holds: a place lies inside of the value that the text comes from; what does not read as
//! a script has no commands.

use std::collections::HashMap;
use std::ops::Range;

use crate::config::{Config, Job, Located, Node, Place};
use crate::gitlab::shell::commands::{Command, commands};
use crate::source::{Source, Span};

/// One command of a job, as the file gives it: most often one line.
pub(super) struct Script {
    /// Where it stands.
    pub(super) place: Place,
    /// Its text.
    pub(super) text: String,
    /// What a shell makes of it.
    pub(super) commands: Vec<Command>,
    /// The jobs that run it, by their indexes.
    pub(super) jobs: Vec<usize>,
}

/// The scripts of a configuration.
pub(super) struct Scripts {
    all: Vec<Script>,
    of_jobs: Vec<Own>,
}

/// The scripts of a job.
#[derive(Default)]
struct Own {
    /// All of them, in the order in which it runs them.
    all: Vec<usize>,
    /// How many each shell reads: that of the hook, of `before_script` and `script`, and of `after_script`
    /// (`Gitlab::Ci::Build::Step` and `Ci::BuildRunnerPresenter`, 18.11).
    shells: [usize; 3],
}

impl Scripts {
    /// Each script once.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Script> {
        self.all.iter()
    }

    /// One of them.
    pub(super) fn get(&self, index: usize) -> Option<&Script> {
        self.all.get(index)
    }

    /// The indexes of a job's scripts, in the order in which it runs them.
    pub(super) fn indexes(&self, job: usize) -> &[usize] {
        self.of_jobs.get(job).map_or(&[], |own| own.all.as_slice())
    }

    /// The same in three parts: each shell reads one.
    pub(super) fn by_shell(&self, job: usize) -> impl Iterator<Item = &[usize]> {
        let own = self.of_jobs.get(job);
        let mut rest = self.indexes(job);
        let counts = own.map(|own| own.shells).unwrap_or_default();
        counts.into_iter().map(move |count| {
            let (first, after) = rest.split_at_checked(count).unwrap_or_default();
            rest = after;
            first
        })
    }

    /// Those of a job, by its index.
    pub(super) fn of(&self, job: usize) -> impl Iterator<Item = &Script> {
        self.indexes(job).iter().filter_map(|at| self.all.get(*at))
    }
}

/// The commands of a job, those of one shell together, in the order in which it runs them.
fn lines(job: &Job) -> [Vec<(Place, &str)>; 3] {
    fn of(list: &[Located<String>]) -> impl Iterator<Item = (Place, &str)> {
        list.iter().map(|line| (line.place, line.value.as_str()))
    }
    let mut hook = Vec::new();
    let hooks = job.keys.given("hooks");
    if let Some(node) = hooks.and_then(|hooks| hooks.get("pre_get_sources_script")) {
        texts(node, &mut hook);
    }
    let main = of(&job.before_script).chain(of(&job.script)).collect();
    [hook, main, of(&job.after_script).collect()]
}

/// The texts of a list, and of the lists in it.
fn texts<'n>(node: &'n Node, into: &mut Vec<(Place, &'n str)>) {
    match node.as_seq() {
        Some(items) => items.iter().for_each(|item| texts(item, into)),
        None => into.extend(node.as_str().map(|text| (node.place, text))),
    }
}

/// The scripts of all jobs, in the order of the jobs.
pub(super) fn of(config: &Config) -> Scripts {
    let mut known: HashMap<(Place, &str), usize> = HashMap::new();
    let mut scripts: Vec<Script> = Vec::new();
    let mut of_jobs = Vec::new();
    for (at, job) in config.jobs.iter().enumerate() {
        let lines = lines(job);
        let mut own = Own {
            shells: lines.each_ref().map(Vec::len),
            ..Own::default()
        };
        for (place, text) in lines.into_iter().flatten() {
            let next = scripts.len();
            let index = *known.entry((place, text)).or_insert(next);
            own.all.push(index);
            match scripts.get_mut(index) {
                Some(script) => script.jobs.push(at),
                None => scripts.push(Script {
                    place,
                    text: text.to_owned(),
                    commands: commands(text).unwrap_or_default(),
                    jobs: vec![at],
                }),
            }
        }
        of_jobs.push(own);
    }
    for script in &mut scripts {
        script.jobs.dedup();
    }
    Scripts {
        all: scripts,
        of_jobs,
    }
}

impl Script {
    /// Where a range of the text stands in its file; the whole value if that cannot be told.
    pub(super) fn at(&self, range: &Range<usize>, sources: &[Source]) -> Place {
        let source = sources.get(self.place.file);
        let found = source.and_then(|source| {
            let raw = source.slice(self.place.span);
            let found = aligned(raw, &self.text, range)?;
            let start = self.place.span.start;
            Some(Span::new(start + found.start, start + found.end))
        });
        Place {
            span: found.unwrap_or(self.place.span),
            ..self.place
        }
    }
}

/// Where a range of a YAML scalar's value is in the scalar as it is written. Blanks and line breaks may
/// differ, signs of quotes and of block scalars are passed over; `None` if anything else does.
fn aligned(raw: &str, value: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let mut at = match raw.starts_with(['|', '>']) {
        true => raw.find('\n')? + 1,
        false => usize::from(raw.starts_with(['"', '\''])),
    };
    let double = raw.starts_with('"');
    let mut start = None;
    let mut before = '\0';
    for (offset, wanted) in value.char_indices() {
        if offset >= range.end {
            break;
        }
        if wanted.is_whitespace() {
            let here = raw.get(at..)?.chars().next();
            if here.is_some_and(char::is_whitespace) {
                at += here.map_or(0, char::len_utf8);
            } else if double && raw.get(at..)?.starts_with(['\\']) {
                // An escaped line break or tab.
                at += 2;
            }
            before = wanted;
            continue;
        }
        loop {
            let here = raw.get(at..)?.chars().next()?;
            if double && here == '\\' {
                let escaped = raw.get(at + 1..)?.chars().next()?;
                if escaped == wanted {
                    at += 1;
                    break;
                }
                if !escaped.is_whitespace() {
                    return None;
                }
                at += 1 + escaped.len_utf8();
            } else if here == wanted {
                break;
            } else if here.is_whitespace() || (here == '\'' && before == '\'') {
                at += here.len_utf8();
                before = '\0';
            } else {
                return None;
            }
        }
        if offset >= range.start && start.is_none() {
            start = Some(at);
        }
        at += wanted.len_utf8();
        before = wanted;
    }
    Some(start?..at)
}

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn a_word_is_found_where_it_is_written() {
        for (raw, value, word) in [
            ("echo $A b", "echo $A b", "$A"),
            ("'it''s $A'", "it's $A", "$A"),
            (r#""a \"$A\" \\ b""#, r#"a "$A" \ b"#, "$A"),
            (
                "|-\n    if a; then\n      b $A\n    fi\n",
                "if a; then\n  b $A\nfi",
                "$A",
            ),
            (">\n    a\n    b $A\n", "a b $A\n", "$A"),
            ("a\n    b $A", "a b $A", "$A"),
            ("| # why\n  b $A\n", "b $A\n", "$A"),
            (r#""a\n$A""#, "a\n$A", "$A"),
        ] {
            let start = value.find(word).unwrap_or(0);
            let found = aligned(raw, value, &(start..start + word.len()));
            let found = found.and_then(|range| raw.get(range));
            assert_eq!(found, Some(word), "{raw}");
        }
        assert_eq!(aligned("a $[[ inputs.x ]] b", "a y b", &(4..5)), None);
    }
}
