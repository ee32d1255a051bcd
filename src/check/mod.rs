//! What a manifest says as a whole: names that refer to something, and entities that disagree.
//!
//! In: a [`Manifest`] whose values are each of their kind. Out: findings, all of them.
//! Always holds: a manifest without errors can be lowered; `lower` meets no unknown name.

mod access;
mod applied;
mod artifacts;
mod builders;
mod changes;
mod drivers;
pub(crate) mod entities;
mod files;
mod globs;
mod images;
mod inventory;
mod job_raw;
mod jobs;
mod made_for;
mod migrate;
mod needs;
mod objects;
mod order;
mod predefined;
mod promotions;
mod rebuild;
mod refs;
mod registries;
mod registry_names;
mod retention;
mod rollout;
mod runtime_names;
mod secrets;
mod sets;
mod shared;
mod stop;
mod tool_images;

pub use inventory::{Inventory, JobEntry};
pub(crate) use made_for::finding as newer_windlass;
pub(crate) use predefined::finding as predefined_variable;

use crate::config::{self, Repository};
use crate::files::Unread;
use crate::finding::{Code, Finding, Report, did_you_mean};
use crate::manifest::Manifest;
use crate::manifest::deployments::Deployments;
use crate::source::{At, Source};

/// What is asked of the project's files.
pub trait Files {
    /// Whether a path inside the project exists.
    fn exists(&self, path: &str) -> bool;

    /// Why a path is not looked at, as the end of a sentence that starts with the path: it leads
    /// out of the project.
    fn refused(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }

    /// The manifests that `kubectl apply --filename` takes from a file or folder of the project; `None` if they
    /// cannot be known.
    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        let _ = path;
        None
    }

    /// The text of a file that the manifest is made of: a preset, or their lock.
    ///
    /// # Errors
    /// Why there is none.
    fn text(&self, path: &str) -> Result<String, Unread> {
        self.repository().read(path)
    }

    /// Whether presets must be those that the lock pins.
    fn pins_presets(&self) -> bool {
        true
    }

    /// The repository that `include` reads from; without one, included files are not read.
    fn repository(&self) -> &dyn Repository {
        &config::Unknown
    }
}

/// How many names are compared with misspelt ones, altogether.
const COMPARED: usize = 100_000;
/// How many possible names a finding lists.
const LISTED: usize = 20;

/// What every check gets.
pub struct Check<'m> {
    /// The manifest.
    pub manifest: &'m Manifest,
    /// Every job that it makes.
    pub inventory: Inventory,
    /// Which environments deploy which image.
    pub deployments: Deployments<'m>,
    /// The project's files.
    pub files: &'m dyn Files,
    /// Where findings go.
    pub report: &'m mut Report,
    /// How many names were compared with misspelt ones.
    compared: usize,
}

/// One line a check.
const CHECKS: &[fn(&mut Check<'_>)] = &[
    made_for::check,
    entities::check,
    drivers::check,
    migrate::check,
    refs::check,
    images::check,
    changes::check,
    rebuild::check,
    promotions::check,
    builders::check,
    jobs::check,
    job_raw::check,
    needs::check,
    order::check,
    shared::check,
    predefined::check,
    registry_names::check,
    access::check,
    tool_images::check,
    artifacts::check,
    runtime_names::check,
    secrets::check,
    stop::check,
    registries::check,
    retention::check,
    rollout::check,
    files::check,
    applied::check,
    globs::check,
];

/// Runs every check.
pub fn check(manifest: &Manifest, files: &dyn Files, report: &mut Report) {
    let deployments = Deployments::of(manifest);
    let inventory = Inventory::of(manifest, &deployments);
    let mut check = Check {
        manifest,
        inventory,
        deployments,
        files,
        report,
        compared: 0,
    };
    for each in CHECKS {
        each(&mut check);
    }
}

impl Check<'_> {
    /// Reports a name that refers to nothing, with the nearest that exists.
    fn unknown<'n>(
        &mut self,
        code: Code,
        at: &At<String>,
        what: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        let names: Vec<_> = names.into_iter().collect();
        let finding = Finding::new(code, at.span, format!("there is no {what} `{}`", at.value));
        let finding = finding.help(match self.meant(&at.value, &names) {
            Some(name) => format!("did you mean `{name}`?"),
            None if names.is_empty() => format!("the manifest defines no {what}"),
            None => format!("possible: {}", listed(&names)),
        });
        self.report.push(finding);
    }

    /// The nearest of the names that exist. Thousands of misspelt names among thousands of names are
    /// not all compared.
    fn meant<'n>(&mut self, word: &str, names: &[&'n str]) -> Option<&'n str> {
        self.compared = self.compared.saturating_add(names.len());
        match self.compared <= COMPARED {
            true => did_you_mean(word, names.iter().copied()),
            false => None,
        }
    }
}

/// The first of some names in backticks, and how many more there are.
fn listed(names: &[&str]) -> String {
    let (first, rest) = names.split_at_checked(LISTED).unwrap_or((names, &[]));
    let first = format!("`{}`", first.join("`, `"));
    match rest.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
