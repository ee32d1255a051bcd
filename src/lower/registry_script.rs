//! The registry script: whole as a companion file, or just the functions that a pipeline calls.
//!
//! In: the names of the functions that jobs call. Out: the script with these, what they call in
//! turn, and nothing else. Always holds: the order and the text of what is kept are the script's
//! own, so what its test-suite says of a function holds in every pipeline.

use std::collections::{BTreeMap, BTreeSet};

use super::Lowering;
use crate::manifest::images::KeepFor;
use crate::pipeline::{Base, Image, Job, Mapping, Value};

/// The whole script, a library of POSIX shell functions.
pub const SCRIPT: &str = include_str!("../../templates/registry/registry.sh");

/// curl and a POSIX shell are all that the registry script needs.
const CURL: &str = "curlimages/curl:8.16.0";
/// Name of the hidden job with the registry script, and of its anchor.
const BASE: &str = "registry-script";

impl Lowering<'_> {
    /// Options that every call of the registry script takes: other credentials, where the job's
    /// own may not delete.
    pub(super) fn registry_options(&self) -> String {
        let registry = self
            .manifest
            .registries
            .get()
            .and_then(|all| all.get("gitlab"));
        let pair = registry.and_then(|registry| {
            Some((
                registry.value.delete_username.get()?,
                registry.value.delete_password.get()?,
            ))
        });
        let credentials =
            pair.map(|(user, password)| format!("--credentials {} {} ", &**user, &**password));
        let delete_by = registry.and_then(|registry| registry.value.delete_by.get());
        let delete_by = delete_by.map_or("tag", |word| word.as_str());
        credentials.unwrap_or_default() + &format!("--delete-by {delete_by} ")
    }

    /// The functions of the registry script that jobs call.
    fn registry_functions(&self) -> BTreeSet<&'static str> {
        let mut called = BTreeSet::new();
        for (_, image) in self.manifest.images() {
            let Some(retention) = image.retention.get() else {
                continue;
            };
            if retention.keep_for.get() == Some(&KeepFor::Pipeline) {
                called.insert("registry_delete_tag");
            } else {
                called.extend(["registry_move_tag", "registry_keep_newest"]);
            }
        }
        if self
            .manifest
            .promotions
            .get()
            .is_some_and(|all| all.iter().next().is_some())
        {
            called.insert("registry_move_tag");
        }
        called
    }

    /// Gives a job the registry script: in place, or as a file of the project.
    pub(super) fn with_registry_script(&mut self, job: &mut Job) {
        let image = Image {
            name: CURL.to_owned(),
            // The image's own entrypoint is curl, and the runner wants a shell.
            entrypoint: Some(vec![String::new()]),
            ..Image::default()
        };
        let folder = self
            .manifest
            .scripts
            .get()
            .map(|folder| folder.trim_end_matches('/').to_owned());
        let (script, strategy) = match folder {
            Some(folder) => {
                let path = format!("{folder}/registry.sh");
                let source = format!(". ./{}", super::word(&path));
                self.out.registry_script = Some(path);
                (source, None)
            }
            // Nothing of the checkout is used, so none is made.
            None => (only(&self.registry_functions()), Some("none")),
        };
        let variables: Mapping = strategy
            .map(|strategy| ("GIT_STRATEGY", strategy))
            .into_iter()
            .collect();
        let mut keys = Mapping::from_iter([("image", image.to_value())]);
        if !variables.is_empty() {
            keys.set("variables", variables.clone());
        }
        let before = Value::Seq(vec![Value::from(script.clone())]);
        keys.set("before_script", before);
        let bases = &mut self.out.pipeline.bases;
        if !bases.iter().any(|base| base.name == BASE) {
            let comment = "Tags of the registry are deleted by curl alone: no daemon, no checkout.";
            bases.push(Base {
                name: BASE.to_owned(),
                comment: comment.to_owned(),
                keys,
            });
        }
        job.bases.push(BASE.to_owned());
        job.image = Some(image);
        job.variables = variables;
        job.before_script.push(Value::from(script));
    }
}

/// A piece of the script: a function with the comment above it, or the lines between functions.
struct Piece<'s> {
    /// The function that it defines, if it is one.
    function: Option<&'s str>,
    lines: Vec<&'s str>,
}

/// The script with the functions that are called, directly or not.
fn only(called: &BTreeSet<&str>) -> String {
    let pieces = pieces(SCRIPT);
    let bodies: BTreeMap<&str, &Piece<'_>> = pieces
        .iter()
        .filter_map(|piece| Some((piece.function?, piece)))
        .collect();
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    let loose = pieces.iter().filter(|piece| piece.function.is_none());
    let mut open: Vec<&str> = called.iter().copied().collect();
    open.extend(loose.flat_map(|piece| code_words(piece)));
    while let Some(name) = open.pop() {
        let Some(piece) = bodies.get(name) else {
            continue;
        };
        if needed.insert(name) {
            open.extend(code_words(piece));
        }
    }
    let mut out = String::new();
    for piece in &pieces {
        if piece.function.is_some_and(|name| !needed.contains(name)) {
            continue;
        }
        for line in usage(piece, called) {
            // No two blank lines where something between them is gone.
            if !(line.is_empty() && (out.is_empty() || out.ends_with("\n\n"))) {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}

/// Cuts the script at its functions.
fn pieces(script: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut open: Option<Piece<'_>> = None;
    for line in script.lines() {
        if let Some(mut piece) = open.take() {
            piece.lines.push(line);
            if line == "}" {
                pieces.push(piece);
            } else {
                open = Some(piece);
            }
            continue;
        }
        if line.starts_with('#') {
            comment.push(line);
            continue;
        }
        let function = definition(line);
        let mut lines = std::mem::take(&mut comment);
        lines.push(line);
        let piece = Piece { function, lines };
        let is_open = function.is_some() && !line.ends_with(['}', ')']);
        match is_open {
            true => open = Some(piece),
            false => pieces.push(piece),
        }
    }
    pieces.extend(open);
    pieces
}

/// The function that a line begins to define.
fn definition(line: &str) -> Option<&str> {
    let (name, _) = line.split_once("()")?;
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (name.starts_with("registry_") && name.bytes().all(word)).then_some(name)
}

/// The words of a piece that may be names of functions; those of comments do not count.
fn code_words<'s>(piece: &Piece<'s>) -> impl Iterator<Item = &'s str> {
    let code: Vec<&str> = piece
        .lines
        .iter()
        .copied()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    code.into_iter()
        .flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| word.starts_with("registry_"))
}

/// The lines of a piece without the usage of functions that nobody calls: a paragraph of a
/// comment that begins with a function's name is its usage.
fn usage<'s>(piece: &'s Piece<'_>, called: &BTreeSet<&str>) -> Vec<&'s str> {
    let mut kept = Vec::new();
    let mut about: Option<&str> = None;
    for line in &piece.lines {
        if piece.function.is_none()
            && let Some(text) = line.strip_prefix("# ")
        {
            let word = text.split(' ').next().unwrap_or_default();
            if word.starts_with("registry_") {
                about = Some(word);
            } else if !text.starts_with(' ') {
                about = None;
            }
            if about.is_some_and(|name| !called.contains(name)) {
                continue;
            }
        }
        kept.push(*line);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_the_script_itself() {
        let all: BTreeSet<&str> = pieces(SCRIPT)
            .iter()
            .filter_map(|piece| piece.function)
            .collect();
        assert!(all.len() > 20, "the script has functions: {all:?}");
        assert_eq!(only(&all), SCRIPT);
    }

    #[test]
    fn what_is_called_is_there_and_the_rest_is_not() {
        let text = only(&BTreeSet::from(["registry_delete_tag"]));
        let defined: BTreeSet<&str> = pieces(&text)
            .iter()
            .filter_map(|piece| piece.function)
            .collect();
        assert!(defined.contains("registry_delete_tag") && defined.contains("registry_login"));
        assert!(!text.contains("registry_keep_newest"));
        for piece in pieces(&text) {
            for word in code_words(&piece) {
                let known = pieces(SCRIPT)
                    .iter()
                    .any(|piece| piece.function == Some(word));
                assert!(
                    !known || defined.contains(word),
                    "{word} is called and not defined"
                );
            }
        }
    }
}
