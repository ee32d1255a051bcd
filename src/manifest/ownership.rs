//! What belongs to one environment, or to one ref, and to nobody else: that is all that a stop job
//! may delete.
//!
//! Always holds: what is said to belong to one is told apart from all others by GitLab's own
//! variables; where that is not sure, it does not belong.

use super::Manifest;
use super::collection::Many;
use super::common::Variables;
use super::deployments::Deployments;
use super::environments::Environment;
use super::images::Image;
use crate::gitlab::tag::{BUILD_TAG, TagPattern, literal};
use crate::gitlab::variables::{Part, names, parts};

/// Variables that differ from ref to ref, and may stand in image tags.
const OF_REFS: [&str; 6] = [
    "CI_COMMIT_REF_SLUG",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_ID",
];

/// Variables that differ from environment to environment.
const OF_ENVIRONMENTS: [&str; 2] = ["CI_ENVIRONMENT_SLUG", "CI_ENVIRONMENT_NAME"];

/// Beginnings of variables that are the same in a whole project.
const OF_PROJECTS: [&str; 7] = [
    "CI_PROJECT_",
    "CI_SERVER_",
    "CI_REGISTRY",
    "CI_DEFAULT_BRANCH",
    "CI_PAGES_",
    "CI_API_",
    "CI_TEMPLATE_",
];

/// Variables of a ref that no two refs of one GitLab share.
const OF_ONE_REF: &str = "CI_MERGE_REQUEST_ID";

/// Beginnings of variables that say the same in all projects of one GitLab.
const OF_ALL_PROJECTS: [&str; 4] = ["CI_SERVER_", "CI_DEFAULT_BRANCH", "CI_API_", "CI_TEMPLATE_"];

/// Parts of the words by which any project calls its environments.
const OF_ANY_ENVIRONMENT: [&str; 12] = [
    "app", "branch", "demo", "dev", "dynamic", "env", "feature", "prod", "qa", "review", "stag",
    "test",
];

/// How deep variables may refer to each other.
const DEEPEST: usize = 10;

impl Environment {
    /// Whether a text differs from environment to environment, as the name of a namespace does
    /// that each review app has for itself.
    pub fn owns(&self, key: &str, manifest: &Manifest, text: &str) -> bool {
        let tables = [self.variables.get(), manifest.variables.get()];
        self.tells_apart(key, &tables, text, 0)
    }

    fn tells_apart(
        &self,
        key: &str,
        tables: &[Option<&Variables>],
        text: &str,
        depth: usize,
    ) -> bool {
        names(text).any(|variable| {
            let mut defined = tables.iter().flatten();
            if let Some(own) = defined.find_map(|table| table.0.get(variable)) {
                let value = own.value.value.get().map(|value| value.as_str());
                let value = value.unwrap_or_default();
                return depth < DEEPEST && self.tells_apart(key, tables, value, depth + 1);
            }
            let of_project = OF_PROJECTS.iter().any(|start| variable.starts_with(start));
            OF_REFS.contains(&variable)
                || self.is_dynamic(key) && OF_ENVIRONMENTS.contains(&variable)
                || !of_project && names(self.name(key)).any(|of_name| of_name == variable)
        })
    }
}

impl Environment {
    /// Whether a text may differ from project to project. It does not if it holds nothing but what refs and
    /// environments are called: two projects have those alike. Of other variables nothing is known.
    pub fn may_name_project(&self, key: &str, manifest: &Manifest, text: &str) -> bool {
        let tables = [self.variables.get(), manifest.variables.get()];
        self.is_of_project(key, &tables, text, 0)
    }

    fn is_of_project(
        &self,
        key: &str,
        tables: &[Option<&Variables>],
        text: &str,
        depth: usize,
    ) -> bool {
        if depth >= DEEPEST {
            return true;
        }
        parts(text).into_iter().any(|part| match part {
            Part::Text(text) => has_own_word(text),
            Part::Variable(variable, _) => {
                let mut defined = tables.iter().flatten();
                if let Some(own) = defined.find_map(|table| table.0.get(variable)) {
                    let value = own.value.value.get();
                    return value.is_none_or(|value| {
                        self.is_of_project(key, tables, value.as_str(), depth + 1)
                    });
                }
                if OF_ENVIRONMENTS.contains(&variable) {
                    return self.is_of_project(key, tables, self.name(key), depth + 1);
                }
                let of_ref = OF_REFS.contains(&variable) && variable != OF_ONE_REF;
                let of_all = OF_ALL_PROJECTS
                    .iter()
                    .any(|start| variable.starts_with(start));
                !of_ref && !of_all
            }
        })
    }
}

/// Whether a text has a word that not every project calls its environments by.
fn has_own_word(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        let word = word.to_lowercase();
        // A letter or two, as in `mr-1`, name nobody.
        word.len() > 2 && !OF_ANY_ENVIRONMENT.iter().any(|part| word.contains(part))
    })
}

impl Environment {
    /// Whether its stop job is followed by one that deletes tags: both have something to do.
    pub fn untags(&self, key: &str, manifest: &Manifest, deployments: &Deployments<'_>) -> bool {
        let Some(stop) = self.stop.get() else {
            return false;
        };
        let in_cluster = stop.delete.get().is_some() || !stop.script.is_missing();
        let of_images = || {
            let names = stop.images.get().into_iter().flat_map(Many::iter);
            let mut images = names.filter_map(|name| manifest.image(&name.value));
            images.any(|image| !image.tags_of_ref().is_empty() || image.cache_of_ref().is_some())
        };
        let of_mark = || {
            let tag = self.deployed_tag(key);
            let own = tag.is_some_and(|tag| self.owns(key, manifest, &tag));
            self.is_dynamic(key) && own && !deployments.marked(manifest, self).is_empty()
        };
        in_cluster && (of_images() || of_mark())
    }
}

impl Image {
    /// Regular expressions of RE2 for the tags of the builds of the running pipeline's ref; a shell expands
    /// their variables. Builds of refs with the same slug have such tags too: the label of an image says
    /// which ref it is of.
    pub fn tags_of_ref(&self) -> Vec<String> {
        let also = self.also_tag.get().into_iter().flat_map(|list| list.iter());
        let also = also.filter_map(|tag| all_builds(&tag.value));
        let own = all_builds(self.tag());
        let own = own.map(|tag| match self.build_tag() {
            Some(_) => tag + BUILD_TAG,
            None => tag,
        });
        own.into_iter().chain(also).collect()
    }

    /// The tag of the build cache that only builds of the running pipeline's ref write.
    pub fn cache_of_ref(&self) -> Option<&str> {
        let own = self.cache_to.get().map(String::as_str);
        let tag = own.or_else(|| self.default_cache())?;
        let of_ref = !tag.contains([':', '/']) && names(tag).any(|name| OF_REFS.contains(&name));
        of_ref.then_some(tag)
    }
}

/// The pattern for the tags of all builds of a ref; `None` if the tag does not say the ref.
fn all_builds(tag: &str) -> Option<String> {
    let of_ref = names(tag).any(|name| OF_REFS.contains(&name));
    // With a host or path it is in another repository.
    if !of_ref || tag.contains([':', '/']) {
        return None;
    }
    let mut pattern = String::new();
    for part in parts(tag) {
        match part {
            Part::Text(text) => pattern.push_str(&literal(text)),
            // Of letters, digits and dashes, so they stand for themselves.
            Part::Variable(name @ ("CI_COMMIT_REF_SLUG" | "CI_MERGE_REQUEST_IID"), _) => {
                pattern.push_str(&format!("${{{name}:?}}"));
            }
            Part::Variable(name, _) if OF_REFS.contains(&name) => {
                pattern.push_str(&format!(r"\Q${{{name}:?}}\E"));
            }
            Part::Variable(_, written) => {
                let known = TagPattern::of(written)?;
                // Of other variables nobody knows what they hold in each build.
                if !known.of_build {
                    return None;
                }
                pattern.push_str(&known.regex);
            }
        }
    }
    Some(pattern)
}
