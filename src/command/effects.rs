//! What the files that a manifest compiles to do otherwise than those on disk.
//!
//! In: compiled projects and their files on disk. Out: the effects, of one project or of many together. Always holds:
//! what cannot be compared is told, and is not "no effect".

use std::collections::BTreeMap;

use windlass::diff::{self, Comparison, Effect};
use windlass::files::{self, PIPELINE};
use windlass::source::Source;

use super::configuration::{Folder, Read, known_default_branch};
use super::project::Compilation;
use crate::cli::Options;

/// What is said where there is no effect.
pub(super) const NOTHING: &str = "nothing changes in effects";

/// How many effects are listed of one project.
const LISTED: usize = 20;

/// How many projects are named that have an effect in common.
const NAMED: usize = 5;

/// The effects of writing the files. `None` if there is no pipeline on disk, or GitLab refuses one of the two.
pub(super) fn effects(
    options: &Options,
    project: &Compilation,
    files: &files::Comparison,
) -> Option<Comparison> {
    let old = files.files.first()?.old.as_deref()?;
    let lowered = project.lowered.clone()?;
    let folder = Folder::of(options, &project.root);
    let before = Read::pipeline(Source::new(PIPELINE, old), folder.clone());
    let after = Read::lowered(lowered, project.source.clone(), folder).ok()?;
    let branch = known_default_branch(&project.root, None);
    let (before, after) = (before.configs.as_ref()?, after.configs.as_ref()?);
    let mut comparison = diff::diff_all(before, after, branch.as_deref());
    // What lies beside the pipeline counts if it was written from a manifest.
    let others = || files.files.iter().skip(1);
    let texts = |text: &dyn Fn(&files::Compared) -> Option<String>| -> Vec<(String, String)> {
        let texts = others().filter_map(|file| Some((file.path.clone(), text(file)?)));
        texts.collect()
    };
    let (old, new) = (
        texts(&|file| file.old.clone()),
        texts(&|file| file.new.clone()),
    );
    comparison.effects.extend(diff::companions(&old, &new));
    Some(comparison)
}

/// Effects as sentences, as many as are read; `rest` says where all of them are.
pub(super) fn sentences(effects: &Comparison, rest: &str) -> Vec<String> {
    let told = effects.effects.iter().map(Effect::sentence);
    let open = effects.not_compared.iter();
    let open = open.map(|what| format!("not compared: {what}"));
    let mut all: Vec<String> = told.chain(open).collect();
    if all.is_empty() {
        all.push(NOTHING.to_owned());
    }
    let more = all.len().saturating_sub(LISTED);
    if more > 0 {
        all.truncate(LISTED);
        all.push(format!("and {more} more: see {rest}"));
    }
    all
}

/// Effects that the same projects have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    /// The projects, in words.
    pub(super) projects: String,
    /// A sentence each.
    pub(super) effects: Vec<String>,
}

/// The effects of many projects: those that most of them have first.
pub(super) fn together<'p>(of: impl IntoIterator<Item = (&'p str, &'p [String])>) -> Vec<Shared> {
    let mut projects_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (project, effects) in of {
        for effect in effects {
            let projects = projects_of.entry(effect).or_default();
            if projects.is_empty() {
                order.push(effect);
            }
            if projects.last() != Some(&project) {
                projects.push(project);
            }
        }
    }
    let mut groups: Vec<(&Vec<&str>, Vec<String>)> = Vec::new();
    for effect in order {
        let Some(projects) = projects_of.get(effect) else {
            continue;
        };
        match groups.iter_mut().find(|(of, _)| *of == projects) {
            Some((_, effects)) => effects.push(effect.to_owned()),
            None => groups.push((projects, vec![effect.to_owned()])),
        }
    }
    groups.sort_by_key(|(projects, _)| std::cmp::Reverse(projects.len()));
    let groups = groups.into_iter();
    groups
        .map(|(projects, effects)| Shared {
            projects: named(projects),
            effects,
        })
        .collect()
}

fn named(projects: &[&str]) -> String {
    let (first, rest) = projects.split_at_checked(NAMED).unwrap_or((projects, &[]));
    let names = first.join(", ");
    match (projects.len(), rest.len()) {
        (1, _) => names,
        (count, 0) => format!("{count} projects: {names}"),
        (count, more) => format!("{count} projects: {names} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_with_the_same_effects_are_named_together() {
        let both = ["a".to_owned(), "b".to_owned()];
        let names: Vec<String> = (0..7).map(|number| format!("p{number}")).collect();
        let of = names.iter().enumerate();
        let of = of.map(|(number, name)| (name.as_str(), &both[..1 + usize::from(number == 3)]));
        let of = of.chain([("none", &both[..0])]);
        let groups = together(of);
        let told: Vec<(&str, &[String])> = groups
            .iter()
            .map(|group| (group.projects.as_str(), &*group.effects))
            .collect();
        assert_eq!(
            told,
            [
                ("7 projects: p0, p1, p2, p3, p4 and 2 more", &both[..1]),
                ("p3", &both[1..]),
            ]
        );
    }
}
