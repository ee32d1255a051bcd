//! What of an image's tags goes (language, section 10), as a few calls of shell functions.
//!
//! In: an image with a retention. Out: the commands. Always holds: only tags that the image's own
//! keys make with a variable can go; what is deployed, this pipeline's build and the tags of other
//! images stay, with all that name the same image.

use super::{Function, expression};
use crate::gitlab::names::environment_slugs;
use crate::gitlab::shell::literal as single_quoted;
use crate::gitlab::tag::{TagPattern, literal, whole};
use crate::gitlab::variables::{Part, names, parts};
use crate::lower::{Lowering, quoted};
use crate::manifest::collection::List;
use crate::manifest::environments::Environment;
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::manifest::written_tags::Writer;
use crate::pipeline::{Job, Value};
use crate::source::At;

impl<'m> Lowering<'m> {
    /// The commands that delete, in the repository of the image.
    pub(in crate::lower) fn retention_commands(
        &mut self,
        job: &Job,
        name: &str,
        image: &'m At<Image>,
        retention: &Retention,
    ) -> Vec<Value> {
        let rules = Rules::of(image, retention);
        let mut lines = checks(image, retention);
        let of_images: Vec<&TagPattern> = rules.own.iter().chain(&rules.further).collect();
        let listed = includes(of_images.iter().map(|pattern| expression(&pattern.regex)));
        // Nothing can be told of the age of a cache.
        let without = rules.excluded.as_ref().map_or(String::new(), |cache| {
            format!(" --exclude {}", expression(cache))
        });
        lines.push(self.call(job, Function::Images, &(listed + &without)) + " > /tmp/images");
        if let Some(cache) = &rules.cache {
            let include = includes([expression(&cache.regex)]);
            lines.push(self.call(job, Function::Tags, &include) + " >> /tmp/images");
        }
        // Only now, after all that listing, see what is deployed.
        let mut kept = self.kept(name, image, retention);
        let mut seen = std::collections::HashSet::new();
        // `latest` may be the image's own tag, and named by `keep` as well.
        kept.retain(|keep| seen.insert(keep.clone()));
        let keeps = !kept.is_empty();
        if keeps {
            let kept = includes(kept) + &without;
            lines.push(self.call(job, Function::Images, &kept) + " > /tmp/kept");
        }
        let mut filters = Vec::new();
        let age = retention
            .older_than
            .get()
            .map(|age| crate::gitlab::duration::parse(age));
        if let Some(Ok(age)) = age {
            filters.push(self.call(job, Function::OlderThan, &age.as_secs().to_string()));
        }
        if keeps {
            filters.push(self.call(job, Function::NotKept, ""));
        }
        let last = match retention.dry_run.copied_or(false) {
            true => Function::WouldDelete,
            false => Function::Delete,
        };
        filters.push(self.call(job, last, ""));
        let newest = rules.newest.map(|number| {
            let branch = rules
                .own
                .as_ref()
                .filter(|own| own.of_branch && own.of_build);
            let branch = branch.map(|own| {
                self.call(job, Function::BranchOf, &expression(&own.for_sed()))
                    + " < /tmp/images | "
            });
            let number = self.call(job, Function::AllButNewest, &number.to_string());
            match branch {
                Some(branch) => branch + &number,
                None => number + " < /tmp/images",
            }
        });
        let gone = rules.by_branch.then(|| {
            let patterns = of_images.iter().copied().chain(&rules.cache);
            let patterns = patterns.filter(|pattern| pattern.of_branch);
            let patterns: Vec<String> = patterns.map(|of| expression(&of.for_sed())).collect();
            let branch = self.call(job, Function::BranchOf, &patterns.join(" "));
            let gone = self.call(job, Function::Gone, "");
            format!("{branch} < /tmp/images | {gone}")
        });
        let from = |file: &str| match filters.as_slice() {
            [first, rest @ ..] => {
                let rest: String = rest.iter().map(|filter| format!(" | {filter}")).collect();
                format!("{first} < {file}{rest}")
            }
            [] => String::new(),
        };
        match (gone, newest) {
            (Some(gone), Some(newest)) => lines.extend([
                format!("{gone} > /tmp/old"),
                format!("{newest} >> /tmp/old"),
                from("/tmp/old"),
            ]),
            (Some(one), None) | (None, Some(one)) => {
                lines.push(format!("{one} | {}", filters.join(" | ")));
            }
            (None, None) => lines.push(from("/tmp/images")),
        }
        lines.into_iter().map(Value::from).collect()
    }

    /// Regular expressions of the tags whose images stay, as shell words.
    fn kept(&self, name: &str, image: &'m At<Image>, retention: &Retention) -> Vec<String> {
        let mut kept = Vec::new();
        for (place, environment) in self.deployments.of_image(name) {
            kept.extend(deployed(&place.value, environment));
        }
        // A git tag is built in its own pipeline alone; elsewhere the tag would be empty.
        if !(retention.refs.get().is_some()
            && names(image.tag()).any(|name| name == "CI_COMMIT_TAG"))
        {
            kept.push(tag(image.tag()));
        }
        for pattern in retention.keep.get().into_iter().flat_map(List::iter) {
            kept.push(match whole(&pattern.value) {
                Some(regex) => single_quoted(&regex),
                None => tag(&pattern.value),
            });
        }
        kept.extend(self.kept_of_others(name, image, retention));
        kept
    }

    /// The same for what else is in the repository: tags of promotions, and all tags of other images.
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
        for written in self.written_to(&repository) {
            let own = written.image == name;
            match written.writer {
                Writer::Build | Writer::AlsoTag if !own => {
                    kept.push(match TagPattern::of(&written.tag) {
                        Some(pattern) => expression(&pattern.of_any_branch().regex),
                        None => tag(&written.tag),
                    });
                }
                // A tag with a variable may be any, and would keep all there is.
                Writer::Promotion(_)
                    if names(&written.tag).next().is_none() && may_go(&written.tag) =>
                {
                    kept.push(tag(&written.tag));
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

/// Which tags go by which rule.
struct Rules {
    /// The tags of builds that go.
    own: Option<TagPattern>,
    /// Their further tags.
    further: Vec<TagPattern>,
    /// The tags of build caches.
    cache: Option<TagPattern>,
    /// The tag of the build cache, where the others can look like it.
    excluded: Option<String>,
    /// Whether those of branches go that are gone.
    by_branch: bool,
    /// How many images stay, of each branch if the tag names it and builds have tags of their own.
    newest: Option<i64>,
}

impl Rules {
    fn of(image: &Image, retention: &Retention) -> Self {
        let by_branch = retention.keep_for.get() == Some(&KeepFor::Branch);
        let newest = retention.keep_n.get().copied();
        let own = TagPattern::of(image.tag());
        let further = also_tags(image).filter_map(TagPattern::of);
        let wide = is_wide(image.tag()) || also_tags(image).any(is_wide);
        let excluded = (wide || retention.keep.get().is_some()).then(|| branch_cache(image));
        let excluded = excluded.flatten().map(|cache| match TagPattern::of(cache) {
            Some(pattern) => pattern.of_any_branch().regex,
            None => literal(cache),
        });
        match by_branch {
            true => Self {
                own: own.filter(|own| own.of_branch || newest.is_some()),
                further: further.filter(|pattern| pattern.of_branch).collect(),
                cache: branch_cache(image)
                    .and_then(TagPattern::of)
                    .filter(|pattern| pattern.of_branch),
                excluded,
                by_branch,
                newest,
            },
            false => Self {
                own,
                // With a number only builds are counted.
                further: further.filter(|_| newest.is_none()).collect(),
                cache: None,
                excluded,
                by_branch,
                newest,
            },
        }
    }
}

/// The options that list tags, each given as a shell word with a regular expression.
fn includes(expressions: impl IntoIterator<Item = String>) -> String {
    let all = expressions
        .into_iter()
        .map(|one| format!("--include {one}"));
    all.collect::<Vec<_>>().join(" ")
}

/// A shell word with the regular expression for a tag.
fn tag(text: &str) -> String {
    // Of letters, digits and dashes: these stand for themselves.
    let safe = ["SHA", "SLUG", "ID"];
    let is_safe =
        |name: &str| name.starts_with("CI_") && safe.iter().any(|end| name.ends_with(end));
    let part = |part| match part {
        Part::Variable(name, text) if is_safe(name) => text.to_owned(),
        Part::Variable(_, text) => format!(r"\Q{text}\E"),
        Part::Text(text) => literal(text),
    };
    super::word(&parts(text).into_iter().map(part).collect::<String>())
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
/// of a tag.
fn checks(image: &Image, retention: &Retention) -> Vec<String> {
    let is_open = |tag: &&str| TagPattern::of(tag).is_some_and(|of| of.is_open);
    let mut open: Vec<&str> = tags(image, retention).into_iter().filter(is_open).collect();
    let mut seen = std::collections::HashSet::new();
    open.retain(|tag| seen.insert(*tag));
    let check = |tag: &str| {
        let tag = quoted(tag);
        format!("case {tag} in *[!A-Za-z0-9_.-]*) echo \"no tag: \"{tag} >&2; exit 1 ;; esac")
    };
    open.into_iter().map(check).collect()
}

/// What an environment runs stays: a shell word with the regular expression of its tags.
fn deployed(key: &str, environment: &Environment) -> Option<String> {
    let text = environment.deployed_tag(key);
    if !environment.is_dynamic(key) {
        return Some(tag(&text));
    }
    // Of dynamic environments all; they have such a tag only if the manifest says which one.
    environment.deployed_tag.get()?;
    let fixed = environment.name(key).split('$').next().unwrap_or_default();
    let slug = environment_slugs(fixed);
    let pattern = |part| match part {
        Part::Variable("CI_ENVIRONMENT_SLUG", _) => slug.clone(),
        Part::Variable(_, text) | Part::Text(text) => {
            TagPattern::of(text).map_or(literal(text), |pattern| pattern.of_any_branch().regex)
        }
    };
    let regex: String = parts(&text).into_iter().map(pattern).collect();
    Some(expression(&regex))
}

/// Whether a tag can look like that of a cache.
fn is_wide(tag: &str) -> bool {
    const WIDE: [&str; 4] = [
        "CI_COMMIT_REF_SLUG",
        "CI_COMMIT_REF_NAME",
        "CI_COMMIT_BRANCH",
        "CI_COMMIT_TAG",
    ];
    names(tag).any(|name| WIDE.contains(&name))
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
