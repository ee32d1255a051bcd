//! What of an image's tags goes, as one command of the registry script (language, section 10).
//!
//! In: an image with a retention. Out: the command. Always holds: only tags that the image's own
//! keys make with a variable can go; what is deployed, this pipeline's build and the tags of other
//! images stay, with all that shares their digest.

use std::collections::{HashMap, HashSet};

use super::{Lowering, quoted};
use crate::gitlab::names::environment_slugs;
use crate::gitlab::tag::{TagPattern, to_posix};
use crate::gitlab::variables::{Part, parts};
use crate::manifest::collection::List;
use crate::manifest::environments::Environment;
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::manifest::written_tags::{Writer, WrittenTag};
use crate::source::At;

impl<'m> Lowering<'m> {
    /// The command that deletes.
    pub(super) fn retention_command(
        &self,
        name: &str,
        image: &'m At<Image>,
        retention: &Retention,
    ) -> String {
        let mut command = format!("registry_cleanup {}", self.delete_options(image));
        for rule in rules(image, retention) {
            command.push_str(&rule);
            command.push(' ');
        }
        // `latest` may be the image's own tag, and named by `keep` as well.
        let mut seen = HashSet::new();
        let mut kept = self.kept(name, image, retention);
        kept.retain(|keep| seen.insert(keep.clone()));
        for keep in kept {
            command.push_str(&keep);
            command.push(' ');
        }
        let age = retention.older_than.get();
        if let Some(Ok(age)) = age.map(|age| crate::gitlab::duration::parse(age)) {
            command.push_str(&format!("--older-than {} ", age.as_secs()));
        }
        if retention.dry_run.copied_or(false) {
            command.push_str("--dry-run ");
        }
        command + &quoted(&image.repository(name))
    }

    /// Options that say what stays.
    fn kept(&self, name: &str, image: &'m At<Image>, retention: &Retention) -> Vec<String> {
        let mut kept = Vec::new();
        for (place, environment) in self.deployments.of_image(name) {
            kept.extend(deployed(&place.value, environment));
        }
        // A git tag is built in its own pipeline alone; elsewhere the tag would be empty.
        if !(retention.refs.get().is_some() && image.tag().contains("CI_COMMIT_TAG")) {
            kept.push(format!("--keep {}", quoted(image.tag())));
        }
        let by_branch = retention.keep_for.get() == Some(&KeepFor::Branch);
        let cache = branch_cache(image).is_some() || image.cache_to.is_missing();
        if !by_branch && cache && is_wide(image.tag()) {
            kept.push("--keep-regex '^cache-'".to_owned());
        }
        for pattern in retention.keep.get().into_iter().flat_map(List::iter) {
            kept.push(match to_posix(&pattern.value) {
                Some(regex) => format!("--keep-regex {}", literal(&regex)),
                None => format!("--keep {}", quoted(&pattern.value)),
            });
        }
        kept.extend(self.kept_of_others(name, image, retention));
        kept
    }

    fn written_tags(&self) -> &HashMap<String, Vec<WrittenTag<'m>>> {
        self.written_tags.get_or_init(|| {
            let mut all: HashMap<_, Vec<_>> = HashMap::new();
            for tag in self.manifest.written_tags(&self.deployments) {
                all.entry(tag.repository.clone()).or_default().push(tag);
            }
            all
        })
    }

    /// Options for what else is in the repository: tags of promotions, and all tags of other images.
    fn kept_of_others(&self, name: &str, image: &'m Image, retention: &Retention) -> Vec<String> {
        let mut kept = Vec::new();
        let canonical = |name: &str, image: &Image| {
            let repository = image.repository(name);
            self.manifest
                .canonical_repository(image.variables.get(), &repository)
        };
        let repository = canonical(name, image);
        let gone = patterns(image, retention);
        let may_go = |tag: &str| gone.iter().any(|pattern| pattern.may_match(tag));
        let tags = self.written_tags().get(&repository);
        for tag in tags.into_iter().flatten() {
            let own = tag.image == name;
            match tag.writer {
                Writer::Build | Writer::AlsoTag if !own => {
                    kept.push(match TagPattern::of(&tag.tag) {
                        Some(pattern) => format!("--keep-regex {}", argument(&pattern.for_grep())),
                        None => format!("--keep {}", quoted(&tag.tag)),
                    });
                }
                // A tag with a variable may be any, and would keep all there is.
                Writer::Promotion(_) if !tag.tag.contains('$') && may_go(&tag.tag) => {
                    kept.push(format!("--keep {}", quoted(&tag.tag)));
                }
                Writer::Deployed(key) if !own => {
                    let environments = self.manifest.environments.get();
                    let environment = environments.and_then(|all| all.get(key));
                    kept.extend(environment.and_then(|environment| deployed(key, environment)));
                }
                Writer::Build
                | Writer::AlsoTag
                | Writer::Cache
                | Writer::Promotion(_)
                | Writer::Deployed(_) => {}
            }
        }
        kept
    }
}

/// The patterns of the tags that may go.
fn patterns(image: &Image, retention: &Retention) -> Vec<TagPattern> {
    let patterns = tags(image, retention).into_iter().map(TagPattern::of);
    patterns.flatten().collect()
}

/// The tags whose like may go.
fn tags<'m>(image: &'m Image, retention: &Retention) -> Vec<&'m str> {
    let own = image.tag();
    if retention.keep_for.get() == Some(&KeepFor::Branch) {
        let cache = branch_cache(image).into_iter();
        let all = cache.chain([own]).chain(also_tags(image));
        let of_branch = |tag: &&str| TagPattern::of(tag).is_some_and(|pattern| pattern.of_branch);
        return all.filter(of_branch).chain([own]).collect();
    }
    [own].into_iter().chain(also_tags(image)).collect()
}

/// Commands that stop the job where a variable, of which only the job knows the value, makes no tag
/// of a tag: in a pattern that value would match other tags too.
pub(super) fn checks(image: &Image, retention: &Retention) -> Vec<String> {
    let is_open = |tag: &&str| TagPattern::of(tag).is_some_and(|of| of.regex.contains("${"));
    let mut open: Vec<&str> = tags(image, retention).into_iter().filter(is_open).collect();
    let mut seen = HashSet::new();
    open.retain(|tag| seen.insert(*tag));
    let check = |tag: &str| format!("registry_check_tag {}", quoted(tag));
    open.into_iter().map(check).collect()
}

/// Options that say what goes.
fn rules(image: &Image, retention: &Retention) -> Vec<String> {
    let own = TagPattern::of(image.tag());
    let further = || also_tags(image).filter_map(TagPattern::of);
    let by_branch = retention.keep_for.get() == Some(&KeepFor::Branch);
    let mut rules = Vec::new();
    if by_branch {
        let cache = branch_cache(image).and_then(TagPattern::of);
        let all = cache.into_iter().chain(own.clone()).chain(further());
        let of_branch = all.filter(|pattern| pattern.of_branch);
        rules.extend(of_branch.map(|pattern| format!("--gone {}", argument(&pattern.regex))));
    }
    if let Some(count) = retention.keep_n.get()
        && let Some(own) = own.clone()
    {
        // Of each branch, if the tag names it and builds have tags of their own within it.
        let own = if own.of_build {
            own
        } else {
            own.of_any_branch()
        };
        rules.push(format!("--all-but {count} {}", argument(&own.regex)));
    } else if !by_branch {
        let all = own.into_iter().chain(further());
        rules.extend(all.map(|pattern| {
            let pattern = pattern.of_any_branch();
            format!("--all-but 0 {}", argument(&pattern.regex))
        }));
    }
    rules
}

/// What an environment runs stays.
fn deployed(key: &str, environment: &Environment) -> Option<String> {
    let tag = environment.deployed_tag(key);
    if !environment.is_dynamic(key) {
        return Some(format!("--keep {}", quoted(&tag)));
    }
    // Of dynamic environments all; they have such a tag only if the manifest says which one.
    environment.deployed_tag.get()?;
    let fixed = environment.name(key).split('$').next().unwrap_or_default();
    let slug = environment_slugs(fixed);
    let pattern = |part| match part {
        Part::Variable("CI_ENVIRONMENT_SLUG", _) => slug.clone(),
        Part::Variable(_, text) | Part::Text(text) => {
            TagPattern::of(text).map_or(text.to_owned(), |pattern| pattern.regex)
        }
    };
    let regex: String = parts(&tag).into_iter().map(pattern).collect();
    let regex = format!("^{}$", regex.replace('.', r"\."));
    Some(format!("--keep-regex {}", argument(&regex)))
}

/// Whether a tag can look like that of a cache.
fn is_wide(tag: &str) -> bool {
    ["REF_SLUG", "REF_NAME", "COMMIT_BRANCH", "COMMIT_TAG"]
        .iter()
        .any(|wide| tag.contains(wide))
}

/// The tag of the repository that holds a branch's build cache.
fn branch_cache(image: &Image) -> Option<&str> {
    let own = image.cache_to.get().map(String::as_str);
    let tag = own.or_else(|| image.default_cache());
    tag.filter(|tag| !tag.contains(['/', ':']))
}

fn also_tags(image: &Image) -> impl Iterator<Item = &str> {
    let tags = image.also_tag.get().into_iter().flat_map(List::iter);
    tags.map(|tag| tag.value.as_str())
        .filter(|tag| !tag.contains(['/', ':']))
}

/// A regular expression as a shell word; with a variable, which is expanded.
fn argument(regex: &str) -> String {
    if regex.contains("${") {
        quoted(regex)
    } else {
        literal(regex)
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
