//! The registry script: whole as a companion file, or in the pipeline those of its sections that
//! jobs use.
//!
//! In: which sections. Out: the script with these. Always holds: sections are kept or left out
//! whole, in the script's own order, as its test-suite tries them.

use std::collections::BTreeSet;

use super::Lowering;
use crate::manifest::images::{Image, KeepFor};
use crate::manifest::registries::Credentials;
use crate::manifest::tools::DeleteBy;
use crate::pipeline::{Base, BaseId, Image as JobImage, Job, Mapping, Shared, Value};

macro_rules! script {
    ($($section:literal)+) => {
        /// The whole script, a library of POSIX shell functions.
        pub const SCRIPT: &str = concat!(
            include_str!("../../templates/registry/registry.sh"),
            $("\n", include_str!(concat!("../../templates/registry/", $section, ".sh")),)+
        );
    };
}

script! {
    "branches" "cleanup" "copy" "creation_time" "current" "delete_tag" "digest" "dummy" "move_tag"
}

/// What begins a section, followed by its name; what stands before the first is always needed.
const SECTION: &str = "\n# ---- ";

/// curl and a POSIX shell are all that the registry script needs.
const CURL: &str = "curlimages/curl:8.16.0";
/// The hidden job with the registry script.
pub(super) const BASE: BaseId = BaseId::only("registry-script");

impl Lowering<'_> {
    /// Options of calls that delete.
    pub(super) fn delete_options(&self, image: &Image) -> String {
        let access = self.manifest.registry_of(image);
        let by = match access.delete_by {
            Some(by) => format!("--delete-by {} ", by.as_str()),
            None => String::new(),
        };
        credentials("--credentials", access.delete) + &by
    }

    /// Options of calls that pull and push.
    pub(super) fn push_options(&self, image: &Image) -> String {
        credentials("--credentials", self.manifest.registry_of(image).push)
    }

    /// The sections of the script that jobs use.
    fn registry_sections(&self) -> BTreeSet<&'static str> {
        let mut used = BTreeSet::new();
        for (_, image) in self.manifest.images() {
            let Some(retention) = image.retention.get() else {
                continue;
            };
            used.insert("delete_tag");
            if self.manifest.registry_of(image).delete_by != Some(DeleteBy::Tag) {
                used.insert("dummy");
            }
            match retention.keep_for.get() {
                Some(KeepFor::Pipeline) => continue,
                Some(KeepFor::Branch) => used.extend(["cleanup", "branches"]),
                None => used.extend(["cleanup"]),
            }
            if retention.keep_n.get().is_some() || retention.older_than.get().is_some() {
                used.insert("creation_time");
            }
        }
        if self
            .manifest
            .images()
            .any(|(_, image)| image.rebuild.get().is_some())
        {
            used.extend(["creation_time", "current"]);
        }
        let marks = self.manifest.images().any(|(key, image)| {
            let by_cleanup = self.deployments.marked_by_cleanup(&key.value, image);
            by_cleanup.is_some()
        });
        if marks || self.marks() {
            used.extend(["move_tag", "creation_time"]);
        }
        for (_, promotion) in self.manifest.promotions() {
            used.extend(self.promotion_sections(promotion));
        }
        used.extend(self.sections_of_stops());
        used
    }

    /// Gives a job the registry script: in place, or as a file of the project.
    pub(super) fn with_registry_script(&mut self, job: &mut Job) {
        let image = JobImage {
            name: CURL.to_owned(),
            // The image's own entrypoint is curl, and the runner wants a shell.
            entrypoint: Some(vec![String::new()]),
            ..JobImage::default()
        };
        let folder = self
            .manifest
            .scripts
            .get()
            .map(|folder| folder.trim_end_matches('/').to_owned());
        let (script, strategy) = match folder {
            Some(folder) => {
                let path = format!("{folder}/registry.sh");
                let source = Value::from(format!(". ./{}", super::word(&path)));
                self.out.registry_script = Some(path);
                (source, None)
            }
            // Nothing of the checkout is used, so none is made.
            None => (self.registry_functions(), Some("none")),
        };
        let variables: Mapping = strategy
            .map(|strategy| ("GIT_STRATEGY", strategy))
            .into_iter()
            .collect();
        let mut keys = Mapping::from_iter([("image", image.to_value())]);
        if !variables.is_empty() {
            keys.set("variables", variables.clone());
        }
        let before = Value::Seq(vec![script.clone()]);
        keys.set("before_script", before);
        let bases = &mut self.out.pipeline.bases;
        if !bases.iter().any(|base| base.id == BASE) {
            let comment = match self.manifest.scripts.get() {
                Some(_) => "Tags of the registry are deleted by curl alone: no daemon.",
                None => "Tags of the registry are deleted by curl alone: no daemon, no checkout.",
            };
            bases.push(Base {
                id: BASE,
                comment: comment.to_owned(),
                keys,
            });
        }
        job.bases.push(BASE);
        job.image = Some(image);
        let own = std::mem::replace(&mut job.variables, variables);
        job.variables.merge(&own);
        job.before_script.push(script);
    }

    /// The registry script in place, for a job that has no checkout whatever the manifest says.
    pub(super) fn registry_functions(&self) -> Value {
        let sections = match self.manifest.scripts.get() {
            Some(_) => self.sections_of_stops(),
            None => self.registry_sections(),
        };
        Shared::own("registry-functions", "before_script", only(&sections)).into()
    }
}

/// Names of the variables that hold the credentials, if they are not those of every job.
pub(super) fn credentials(option: &str, of: Option<Credentials<'_>>) -> String {
    match of {
        Some(Credentials::JOB) => String::new(),
        Some(of) => format!("{option} {} {} ", of.username, of.password),
        // Nobody's, and least of all the job's.
        None => format!("{option} '' '' "),
    }
}

/// The script with these sections.
fn only(sections: &BTreeSet<&str>) -> String {
    let mut pieces = SCRIPT.split(SECTION);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let name = piece.split([' ', '\n']).next().unwrap_or_default();
        if sections.contains(name) {
            out.push_str(SECTION);
            out.push_str(piece);
        }
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> BTreeSet<&'static str> {
        let names = SCRIPT.split(SECTION).skip(1);
        names
            .filter_map(|piece| piece.split([' ', '\n']).next())
            .collect()
    }

    #[test]
    fn all_sections_are_the_script_itself() {
        let all = sections();
        assert_eq!(
            all,
            BTreeSet::from([
                "branches",
                "cleanup",
                "copy",
                "creation_time",
                "current",
                "delete_tag",
                "digest",
                "dummy",
                "move_tag"
            ])
        );
        assert_eq!(only(&all), SCRIPT);
    }

    #[test]
    fn what_is_left_out_leaves_no_trace() {
        let text = only(&BTreeSet::from(["delete_tag"]));
        assert!(text.contains("registry_delete_tag"));
        for gone in ["registry_cleanup", "registry_move_tag", "registry_created"] {
            assert!(!text.contains(gone), "{gone}");
        }
    }
}
