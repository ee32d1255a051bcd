//! What of an image's tags goes (language, section 10), as a few calls of shell functions.
//!
//! In: an image with a retention. Out: the commands. Always holds: only tags that the image's own
//! keys make with a variable can go; what is deployed, this pipeline's build and the tags of other
//! images stay, with all that name the same image.

use indexmap::IndexSet;

use super::{Function, expression};
use crate::gitlab::duration;
use crate::gitlab::names::environment_slugs;
use crate::gitlab::shell::{literal as single_quoted, wrapped};
use crate::gitlab::tag::{TagPattern, literal, whole};
use crate::gitlab::variables::{Part, names, parts};
use crate::lower::{Lowering, quoted};
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
        job: &Job,
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
        lines.push(self.call(job, Function::Images, &(listed + &without)) + " > /tmp/images");
        if let Some(cache) = &rules.cache {
            let include = includes([expression(&cache.pattern.regex)]);
            lines.push(self.call(job, Function::Tags, &include) + " >> /tmp/images");
        }
        // Only now, after all that listing, see what is deployed.
        let kept = self.kept(name, image, retention, &rules);
        let keeps = !kept.is_empty();
        if keeps {
            let kept = includes(kept) + &without;
            lines.push(self.call(job, Function::Images, &kept) + " > /tmp/kept");
        }
        let gone = rules.by_branch.then(|| self.gone(job, &rules));
        let newest = rules
            .newest
            .map(|number| number * i64::from(!mutant::on(Mutant::KeepsNoOlderImage)))
            .map(|number| self.all_but_newest(job, &rules, number));
        // What passes tags on, or else the file with them.
        let (mut steps, file) = match (gone, newest) {
            (Some(gone), Some(newest)) => {
                lines.extend([
                    format!("{gone} > /tmp/old"),
                    format!("{newest} >> /tmp/old"),
                ]);
                (Vec::new(), Some("/tmp/old"))
            }
            (Some(one), None) | (None, Some(one)) => (vec![one], None),
            (None, None) => (Vec::new(), Some("/tmp/images")),
        };
        let age = retention.older_than.get().map(|age| duration::parse(age));
        if let Some(Ok(age)) = age {
            steps.push(self.call(job, Function::OlderThan, &age.as_secs().to_string()));
        }
        if keeps {
            steps.push(self.call(job, Function::NotKept, ""));
        }
        let last = match retention.dry_run.copied_or(false) {
            true => Function::WouldDelete,
            false => Function::Delete,
        };
        steps.push(self.call(job, last, ""));
        if let (Some(first), Some(file)) = (steps.first_mut(), file) {
            first.push_str(&format!(" < {file}"));
        }
        lines.push(steps.join(" | "));
        let lines = lines.into_iter().map(|line| wrapped(&line));
        lines.map(Value::from).collect()
    }

    /// The command that passes on the tags of branches that are gone.
    fn gone(&mut self, job: &Job, rules: &Rules<'_>) -> String {
        let patterns = rules.all().map(|one| &one.pattern);
        let patterns = patterns.filter(|pattern| pattern.of_branch);
        let patterns: Vec<String> = patterns.map(|of| expression(&of.for_sed())).collect();
        let branch = self.call(job, Function::BranchOf, &patterns.join(" "));
        let gone = self.call(job, Function::Gone, "");
        format!("{branch} < /tmp/images | {gone}")
    }

    /// The command that passes on the tags of all builds but so many: of each branch, if the tag names it
    /// and builds have tags of their own within it.
    fn all_but_newest(&mut self, job: &Job, rules: &Rules<'_>, number: i64) -> String {
        let newest = self.call(job, Function::AllButNewest, &number.to_string());
        let own = rules.own.as_ref().map(|own| &own.pattern);
        match own.filter(|own| own.of_branch && own.of_build) {
            Some(own) => {
                let branch = self.call(job, Function::BranchOf, &expression(&own.for_sed()));
                format!("{branch} < /tmp/images | {newest}")
            }
            None => format!("{newest} < /tmp/images"),
        }
    }

    /// Regular expressions of the tags whose images stay, as shell words.
    fn kept(
        &self,
        name: &str,
        image: &'m At<Image>,
        retention: &Retention,
        rules: &Rules<'_>,
    ) -> Vec<String> {
        let mut kept = IndexSet::new();
        let runs = self.deployments.of_image(name).iter();
        for (place, environment) in runs.filter(|_| !mutant::on(Mutant::NothingThatRunsIsKept)) {
            kept.extend(deployed(&place.value, environment));
        }
        // A git tag is built in its own pipeline alone; elsewhere the tag would be empty.
        if !(retention.refs.get().is_some()
            && names(image.tag()).any(|name| name == "CI_COMMIT_TAG"))
        {
            kept.insert(tag(image.tag()));
        }
        for pattern in retention.keep.get().into_iter().flat_map(List::iter) {
            kept.insert(match whole(&pattern.value) {
                Some(regex) => single_quoted(&regex),
                None => tag(&pattern.value),
            });
        }
        kept.extend(self.kept_of_others(name, image, rules));
        // `latest` may be the image's own tag, and named by `keep` as well.
        kept.into_iter().collect()
    }

    /// The same for what else is in the repository: tags of promotions, and all tags of other images.
    fn kept_of_others(&self, name: &str, image: &'m Image, rules: &Rules<'_>) -> Vec<String> {
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

/// Tags that go.
struct Going<'m> {
    /// As the manifest has it.
    tag: &'m str,
    pattern: TagPattern,
}

impl<'m> Going<'m> {
    /// None if it is one tag, which every build moves.
    fn of(tag: &'m str) -> Option<Self> {
        let pattern = TagPattern::of(tag)?;
        Some(Self { tag, pattern })
    }

    /// The same with the tags that each build has of its own, and that of those that passed their tests.
    fn with_build_tags(mut self, is_marked: bool) -> Self {
        let tested = if is_marked { "|-tested" } else { "" };
        self.pattern.regex.push_str(&format!("(-[0-9]+{tested})?"));
        self
    }
}

/// Which tags go by which rule.
struct Rules<'m> {
    /// Those of builds.
    own: Option<Going<'m>>,
    /// Their further tags.
    further: Vec<Going<'m>>,
    /// Those of build caches. Nothing can be told of their age.
    cache: Option<Going<'m>>,
    /// A regular expression for the caches, where other tags can look like them.
    excluded: Option<String>,
    /// Whether those of branches go that are gone.
    by_branch: bool,
    /// How many images stay.
    newest: Option<i64>,
}

impl<'m> Rules<'m> {
    /// `released`: whether builds that passed their tests are marked; `None` if no build is released.
    fn of(image: &'m Image, retention: &Retention, released: Option<bool>) -> Self {
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
            own: Going::of(image.tag()).map(|own| match released {
                Some(is_marked) => own.with_build_tags(is_marked),
                None => own,
            }),
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

    fn images(&self) -> impl Iterator<Item = &Going<'m>> {
        self.own.iter().chain(&self.further)
    }

    fn all(&self) -> impl Iterator<Item = &Going<'m>> {
        self.images().chain(&self.cache)
    }

    /// Commands that stop the job where a variable, of which only the job knows the value, makes no tag
    /// of a tag.
    fn checks(&self) -> Vec<String> {
        let open = self.all().filter(|one| one.pattern.is_open);
        let open: IndexSet<&str> = open.map(|one| one.tag).collect();
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
    super::word(&parts(text).into_iter().map(part).collect::<String>())
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
