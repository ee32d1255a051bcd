//! What of an image's tags goes (language, section 10), as a few calls of shell functions.
//!
//! In: an image with a retention. Out: the commands. Always holds: only tags that the image's own
//! keys make with a variable can go, and only of images that a build labelled; what the clusters run, what
//! may belong to a pipeline under way and the tags of other images stay, with all that name the same image.

use std::time::Duration;

use indexmap::IndexSet;

use super::{Function, expression};
use crate::gitlab::duration;
use crate::gitlab::names::environment_slugs;
use crate::gitlab::shell::{literal as single_quoted, wrapped};
use crate::gitlab::tag::{BUILD_TAG, TagPattern, literal, whole};
use crate::gitlab::variables::{Part, names, parts};
use crate::lower::{Lowering, quoted, running, word};
use crate::manifest::collection::List;
use crate::manifest::environments::Environment;
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::manifest::written_tags::Writer;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Value};
use crate::source::At;

impl<'m> Lowering<'m> {
    /// The commands that delete, in the repository of the image.
    pub(in crate::lower) fn retention_commands(
        &mut self,
        job: &mut Job,
        name: &str,
        image: &'m At<Image>,
        retention: &Retention,
    ) -> Vec<Value> {
        let is_marked = self.deployments.tested_stage(self.manifest, name).is_some();
        let is_released = self.deployments.is_released(name);
        let rules = Rules::of(image, retention, is_released.then_some(is_marked));
        let mut lines = rules.checks();
        let without = rules.excluded.as_ref().map_or(String::new(), |cache| {
            format!(" --exclude {}", expression(cache))
        });
        let listed = rules
            .images()
            .map(|one| match mutant::on(Mutant::DeletesWhatOthersTagged) {
                true => expression(".*"),
                false => expression(&one.pattern.regex),
            });
        let listed = includes(listed);
        let environments = self.deployments.of_image(name).iter();
        let doubtful = environments
            .filter(|(place, environment)| self.may_run_elsewhere(place, environment))
            .map(|(place, _)| word(&running::file(&place.value)));
        for file in doubtful.collect::<Vec<_>>() {
            lines.push(self.call(job, Function::NamesOne, &file) + " || exit 0");
        }
        lines.push(self.call(job, Function::Images, &(listed + &without)) + " > /tmp/images");
        let environments = self.deployments.of_image(name).iter();
        let environments = environments.filter(|_| !mutant::on(Mutant::NothingThatRunsIsKept));
        let mut lists = Vec::new();
        for (place, _) in environments {
            job.uses.asks.insert(place.value.clone());
            lists.push(word(&running::file(&place.value)));
        }
        let is_trial = retention.dry_run.copied_or(false);
        if !lists.is_empty() && !is_trial {
            // A rollback may have deployed what an earlier clean-up untagged.
            lines.push(self.call(job, Function::TagRunning, &lists.join(" ")));
        }
        let kept = self.kept(name, image, retention, &rules);
        if !kept.is_empty() {
            let kept = self.call(job, Function::Images, &(includes(kept) + &without));
            lines.push("date +%s > /tmp/kept".to_owned());
            lines.push(kept + " >> /tmp/kept");
            lists.push("/tmp/kept".to_owned());
        }
        let newest = rules.newest.map(|number| {
            let number = number * i64::from(!mutant::on(Mutant::KeepsNoOlderImage));
            let newest = self.call(job, Function::AllButNewest, &number.to_string());
            newest + " < /tmp/images"
        });
        let mut steps = Vec::new();
        if rules.by_branch {
            lines.extend(newest.map(|newest| newest + " > /tmp/old"));
            if let Some(cache) = &rules.cache {
                let listed = includes([expression(&cache.pattern.regex)]);
                let found = self.call(job, Function::Found, "regctl tag ls");
                let branch = expression(&cache.pattern.for_sed());
                let branch = self.call(job, Function::BranchOf, &branch);
                lines.push(format!(
                    "{found} {listed} \"$repository\" | {branch} >> /tmp/images"
                ));
            }
            let gone = self.call(job, Function::Gone, "") + " < /tmp/images";
            match rules.newest {
                Some(_) => lines.push(gone + " >> /tmp/old"),
                None => steps.push(gone),
            }
        } else {
            steps.extend(newest);
        }
        let file = match rules.newest {
            Some(_) => "/tmp/old",
            None => "/tmp/images",
        };
        let age = retention.older_than.get().map(|age| duration::parse(age));
        let age = age.and_then(Result::ok).unwrap_or(UNDER_WAY).as_secs();
        let older = self.call(job, Function::OlderThan, &age.to_string());
        steps.push(match steps.is_empty() {
            true => format!("{older} < {file}"),
            false => older,
        });
        if !lists.is_empty() {
            steps.push(self.call(job, Function::NotKept, &lists.join(" ")));
        }
        let last = match is_trial {
            true => Function::WouldDelete,
            false => Function::Delete,
        };
        steps.push(self.call(job, last, ""));
        lines.push(steps.join(" | "));
        let lines = lines.into_iter().map(|line| wrapped(&line));
        lines.map(Value::from).collect()
    }

    /// Regular expressions of the tags whose images stay, as shell words.
    fn kept(
        &self,
        name: &str,
        image: &'m At<Image>,
        retention: &Retention,
        rules: &Rules,
    ) -> Vec<String> {
        let mut kept = IndexSet::new();
        for (place, environment) in self.deployments.of_image(name) {
            kept.extend(deployed(&place.value, environment));
        }
        for pattern in retention.keep.get().into_iter().flat_map(List::iter) {
            kept.insert(match whole(&pattern.value) {
                Some(regex) => single_quoted(&regex),
                None => tag(&pattern.value),
            });
        }
        kept.extend(self.kept_of_others(name, image, rules));
        // Another image's tag may be named by `keep` as well.
        kept.into_iter().collect()
    }

    /// The same for what else is in the repository: tags of promotions, and all tags of other images.
    fn kept_of_others(&self, name: &str, image: &'m Image, rules: &Rules) -> Vec<String> {
        let mut kept = Vec::new();
        let repository = image.repository(name);
        let repository = self
            .manifest
            .canonical_repository(image.variables.get(), &repository);
        let may_go = |tag: &str| rules.all().any(|one| one.pattern.may_match(tag));
        for written in self.written_to(&repository) {
            let own = written.image == name;
            match written.writer {
                Writer::Build | Writer::OneBuild | Writer::Tested | Writer::AlsoTag if !own => {
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
                | Writer::OneBuild
                | Writer::Tested
                | Writer::AlsoTag
                | Writer::Cache
                | Writer::Promotion(_)
                | Writer::Deployed(_) => {}
            }
        }
        kept
    }
}

/// How old an image is before it can go, if the manifest does not say: a younger one may belong to a pipeline
/// that is still under way.
const UNDER_WAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Tags that go.
struct Going {
    /// As the manifest has it.
    tag: String,
    pattern: TagPattern,
}

impl Going {
    /// None if it is one tag, which every build moves.
    fn of(tag: &str) -> Option<Self> {
        let pattern = TagPattern::of(tag)?;
        let tag = tag.to_owned();
        Some(Self { tag, pattern })
    }

    /// The tags by which builds of an image are found, those that each build has of its own, and that of builds
    /// that passed their tests.
    fn of_builds(image: &Image, released: Option<bool>) -> Option<Self> {
        let own = image.build_tag().filter(|_| released.is_some());
        match (Self::of(image.tag()), own) {
            (Some(mut both), Some(_)) => {
                both.pattern.regex.push_str(match released {
                    Some(true) => "(-[0-9]+|-tested)?",
                    Some(false) | None => BUILD_TAG,
                });
                Some(both)
            }
            (None, Some(own)) => Self::of(&own),
            (builds, None) => builds,
        }
    }
}

/// Which tags go by which rule.
struct Rules {
    /// Those of builds.
    own: Option<Going>,
    /// Their further tags.
    further: Vec<Going>,
    /// Those of build caches. Nothing can be told of their age.
    cache: Option<Going>,
    /// A regular expression for the caches, where other tags can look like them.
    excluded: Option<String>,
    /// Whether those of branches go that are gone.
    by_branch: bool,
    /// How many images stay.
    newest: Option<i64>,
}

impl Rules {
    /// `released`: whether builds that passed their tests are marked; `None` if no build is released.
    fn of(image: &Image, retention: &Retention, released: Option<bool>) -> Self {
        let by_branch = retention.keep_for.get() == Some(&KeepFor::Branch);
        let newest = retention.keep_n.get().copied();
        let wide = is_wide(image.tag()) || also_tags(image).any(is_wide);
        let excluded = (wide || retention.keep.get().is_some()).then(|| branch_cache(image));
        let excluded = excluded.flatten().map(|cache| match TagPattern::of(cache) {
            Some(pattern) => pattern.of_any_branch().regex,
            None => literal(cache),
        });
        let further = also_tags(image).filter_map(Going::of);
        let cache = branch_cache(image).and_then(Going::of);
        Self {
            own: Going::of_builds(image, released),
            // With a number only builds are counted.
            further: further
                .filter(|one| match by_branch {
                    true => one.pattern.of_branch,
                    false => newest.is_none(),
                })
                .collect(),
            cache: cache.filter(|cache| by_branch && cache.pattern.of_branch),
            excluded,
            by_branch,
            newest,
        }
    }

    fn images(&self) -> impl Iterator<Item = &Going> {
        self.own.iter().chain(&self.further)
    }

    fn all(&self) -> impl Iterator<Item = &Going> {
        self.images().chain(&self.cache)
    }

    /// Commands that stop the job where a variable, of which only the job knows the value, makes no tag
    /// of a tag.
    fn checks(&self) -> Vec<String> {
        let open = self.all().filter(|one| one.pattern.is_open);
        let open: IndexSet<&str> = open.map(|one| one.tag.as_str()).collect();
        let check = |tag: &str| {
            let tag = quoted(tag);
            format!("case {tag} in *[!A-Za-z0-9_.-]*) echo \"no tag: \"{tag} >&2; exit 1 ;; esac")
        };
        open.into_iter().map(check).collect()
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
    word(&parts(text).into_iter().map(part).collect::<String>())
}

/// The tag that marks what an environment deployed stays: a shell word with the regular expression of its tags.
fn deployed(key: &str, environment: &Environment) -> Option<String> {
    let text = environment.deployed_tag(key)?;
    if !environment.is_dynamic(key) {
        return Some(tag(&text));
    }
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
