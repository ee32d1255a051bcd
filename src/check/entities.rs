//! What each entity must have, and what excludes each other inside of it.

use super::Check;
use crate::finding::{Code, Finding, Report};
use crate::manifest::collection::Map;
use crate::manifest::common::{Common, Entity, Matrix, Variable, Variables};
use crate::manifest::record::{Field, Record as _};
use crate::manifest::scalar::VariableValue;
use crate::manifest::tests::{Parallel, Via};
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let report = &mut *check.report;
    version(manifest, report);
    names(&manifest.images, "image", report);
    names(&manifest.environments, "environment", report);
    names(&manifest.promotions, "promotion", report);
    names(&manifest.refs, "ref set", report);
    if let Some(variables) = manifest.variables.get() {
        variable_names(variables, true, report);
    }
    for (_, image) in manifest.images() {
        common(image.common(), report);
        for at in image.build_args.get().into_iter() {
            variable_values(&at.0, false, report);
        }
    }
    for (key, test, is_task) in manifest.tests_and_tasks() {
        common(test.common(), report);
        let what = if is_task { "task" } else { "test" };
        let needs_none =
            matches!(test.image, Field::Null) && test.via.copied_or(Via::Job) == Via::Job;
        if test.image.is_missing() && !needs_none {
            let help = "name one of `images`, or a reference with a tag";
            missing(
                report,
                key.span,
                &format!("the {what} `{}`", key.value),
                "image",
                help,
            );
        }
        if test.script.is_missing() {
            missing(
                report,
                key.span,
                &format!("the {what} `{}`", key.value),
                "script",
                "say what it runs",
            );
        }
        if is_task && test.stage.is_missing() {
            let what = format!("the task `{}`", key.value);
            missing(
                report,
                key.span,
                &what,
                "stage",
                "tasks have no stage of their own: name one",
            );
        }
        if let Some(parallel) = test.parallel.at() {
            copies(parallel, report);
        }
    }
    for (key, environment) in manifest.environments() {
        common(environment.common(), report);
        let what = format!("the environment `{}`", key.value);
        interruptible(environment.common(), &what, report);
        if environment.refs.is_missing() {
            let help = "say where it deploys; nothing deploys by default";
            missing(report, key.span, &what, "refs", help);
        }
        if environment.deploy.is_missing() {
            missing(
                report,
                key.span,
                &what,
                "deploy",
                "say how, as with `set_image`",
            );
        }
        if let Some(deploy) = environment.deploy.at() {
            let drivers = deploy.keys_of_drivers();
            if !drivers.iter().any(|(driver, _)| deploy.is_invalid(driver)) {
                exactly_one(report, deploy.span, "`deploy`", "driver", &drivers);
            }
        }
        if let Some(name) = environment.name.at()
            && let Err(why) = crate::gitlab::names::environment(&name.value)
        {
            let message = format!(
                "`{}` is not an environment name: it {}",
                name.value, why.why
            );
            let finding = Finding::new(Code::BadName, name.span, message);
            report.push(finding.help(why.help_or("choose another `name`")));
        }
    }
    for (key, promotion) in manifest.promotions.get().into_iter().flat_map(Map::iter) {
        common(promotion.common(), report);
        let what = format!("the promotion `{}`", key.value);
        interruptible(promotion.common(), &what, report);
        for (is_missing, name, help) in [
            (
                promotion.image.is_missing(),
                "image",
                "say what gets the further name",
            ),
            (promotion.refs.is_missing(), "refs", "say where it happens"),
            (promotion.to.is_missing(), "to", "say which tag it gets"),
        ] {
            if is_missing {
                missing(report, key.span, &what, name, help);
            }
        }
    }
    for (_, image) in manifest.images() {
        if let Some(retention) = image.retention.at() {
            range(
                report,
                &retention.keep_n,
                1,
                1000,
                "at least one image must stay",
            );
            let rules = [
                retention.keep_for.is_missing(),
                retention.keep_n.is_missing(),
                retention.older_than.is_missing(),
                retention.keep.is_missing(),
            ];
            if !rules.contains(&false) {
                let finding = Finding::new(
                    Code::MissingKey,
                    retention.span,
                    "this retention says not what goes",
                );
                report.push(finding.help("give it `keep_for`, `keep_n`, `older_than` or `keep`"));
            }
        }
    }
}

/// Reports a key that could have no effect: what deploys or promotes is never cancelled half-way.
fn interruptible(common: Common<'_>, what: &str, report: &mut Report) {
    if let Some(own) = common.interruptible.at().filter(|own| own.value) {
        let message = format!("{what} cannot be interruptible: it would be left half done");
        let finding = Finding::new(Code::InterruptibleDeploy, own.span, message);
        report.push(finding.help("remove the key: a newer pipeline waits for it"));
    }
}

fn version(manifest: &crate::manifest::Manifest, report: &mut Report) {
    match manifest.windlass.at() {
        Some(version) if version.value == 1 => {}
        Some(version) => {
            let message = format!("there is no version {} of the language", version.value);
            let finding = Finding::new(Code::OutOfRange, version.span, message);
            report.push(finding.help("this windlass reads `windlass: 1`"));
        }
        None if manifest.windlass.is_missing() => {
            let message = "the manifest does not say which version of the language it is in";
            let finding = Finding::new(Code::MissingKey, Span::default(), message);
            report.push(finding.help("begin it with `windlass: 1`"));
        }
        None => {}
    }
}

fn names<T>(field: &Field<Map<T>>, what: &str, report: &mut Report) {
    for (key, value) in field.get().into_iter().flat_map(Map::entries) {
        let name = &key.value;
        let first = name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
        if !first || !rest || name == "all" || name.len() > 63 {
            let message = format!("`{name}` cannot be the name of {} {what}", article(what));
            let help = "names have lower-case letters, digits, `-` and `_`, begin with a letter or \
                        digit, and have at most 63 characters; `all` is taken";
            report.push(Finding::new(Code::BadName, key.span, message).help(help));
        }
        if value.is_none() {
            let message = format!("the {what} `{name}` is empty");
            let help = format!("write `{name}: {{}}` if nothing is to be said of it");
            report.push(Finding::new(Code::Empty, key.span, message).help(help));
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn missing(report: &mut Report, span: Span, what: &str, key: &str, help: &str) {
    let finding = Finding::new(Code::MissingKey, span, format!("{what} has no `{key}`"));
    report.push(finding.help(help));
}

fn range(report: &mut Report, field: &Field<i64>, least: i64, most: i64, help: &str) {
    if let Some(number) = field.at()
        && !(least..=most).contains(&number.value)
    {
        let message = format!("{} is not between {least} and {most}", number.value);
        report.push(Finding::new(Code::OutOfRange, number.span, message).help(help));
    }
}

/// The copies of a job: a number, or rows of which each has values.
fn copies(parallel: &At<Parallel>, report: &mut Report) {
    let keys = [
        ("copies", parallel.value.copies.span()),
        ("matrix", parallel.value.matrix.span()),
    ];
    exactly_one(report, parallel.span, "`parallel`", "form", &keys);
    let help = "GitLab runs 1 to 200 copies of a job";
    range(report, &parallel.value.copies, 1, 200, help);
    let Some(Matrix(rows)) = parallel.value.matrix.get() else {
        return;
    };
    let mut all: usize = 0;
    for row in rows.iter() {
        let values = row
            .value
            .iter()
            .map(|(_, values)| values.value.iter().count());
        let count = values.fold(1_usize, usize::saturating_mul);
        if row.value.is_empty() || count == 0 {
            let finding =
                Finding::new(Code::Empty, row.span, "this row of the matrix makes no job");
            report.push(finding.help("give each variable a value"));
        }
        all = all.saturating_add(count);
    }
    if all > 200 {
        let message = format!("this matrix makes {all} copies");
        report.push(Finding::new(Code::OutOfRange, parallel.span, message).help(help));
    }
}

/// Reports if not exactly one of several keys is there.
pub(super) fn exactly_one(
    report: &mut Report,
    span: Span,
    whole: &str,
    what: &str,
    keys: &[(&str, Option<Span>)],
) {
    let written: Vec<_> = keys
        .iter()
        .filter_map(|(key, at)| at.map(|at| (*key, at)))
        .collect();
    let all: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
    match written.as_slice() {
        [] => {
            let finding = Finding::new(Code::MissingKey, span, format!("{whole} names no {what}"));
            report.push(finding.help(format!("exactly one of `{}`", all.join("`, `"))));
        }
        [_] => {}
        [(first, first_at), .., (last, last_at)] => {
            let message = format!("{whole} has both `{first}` and `{last}`");
            let finding = Finding::new(Code::Exclusive, *last_at, message)
                .related(*first_at, format!("`{first}` is here"))
                .help(format!("keep exactly one {what} of `{}`", all.join("`, `")));
            report.push(finding);
        }
    }
}

fn common(common: Common<'_>, report: &mut Report) {
    if let Some(retry) = common.retry.get() {
        range(
            report,
            &retry.max,
            0,
            2,
            "GitLab repeats a job at most twice",
        );
    }
    for variables in common.variables.get().into_iter() {
        variable_names(variables, false, report);
    }
    if let Some(artifacts) = common.artifacts.get()
        && let (Some(_), Some(access)) = (artifacts.public.at(), artifacts.access.at())
    {
        let finding = Finding::new(
            Code::Exclusive,
            access.span,
            "`public` and `access` exclude each other",
        );
        report.push(finding.help("`access: all` is what `public: true` means"));
    }
    if let Some(caches) = common.cache.at().filter(|caches| caches.0.len() > 4) {
        let message = format!("{} caches; GitLab takes 4 a job", caches.0.len());
        let finding = Finding::new(Code::OutOfRange, caches.span, message);
        report.push(finding.help("join those with the same `key`"));
    }
}

fn variable_names(variables: &Variables, top_level: bool, report: &mut Report) {
    for (key, _) in variables.0.iter() {
        if let Err(why) = crate::gitlab::names::variable(&key.value) {
            let message = format!("`{}` is not a variable name: it {}", key.value, why.why);
            let finding = Finding::new(Code::BadName, key.span, message);
            report.push(finding.help(why.help_or("rename it, as in `MY_NAME`")));
        }
    }
    variable_values(&variables.0, top_level, report);
}

/// Reports values that are none, or several.
pub(crate) fn variable_values(values: &Map<Variable>, top_level: bool, report: &mut Report) {
    for (key, variable) in values.iter() {
        let sources = [
            ("value", variable.value.value.span()),
            ("image", variable.image.span()),
            ("tag_of", variable.tag_of.span()),
            ("digest_of", variable.digest_of.span()),
            ("repository_of", variable.repository_of.span()),
        ];
        let options = variable.options.span();
        let described = variable.description.span();
        // Who starts the pipeline by hand is asked for it; other pipelines do not have it.
        if !(top_level
            && options.or(described).is_some()
            && sources.iter().all(|(_, at)| at.is_none()))
        {
            let name = format!("`{}`", key.value);
            // A value that is wrong is reported already.
            let keys = ["value", "image", "tag_of", "digest_of", "repository_of"];
            if !keys.into_iter().any(|key| variable.value.is_invalid(key)) {
                exactly_one(report, variable.span, &name, "value", &sources);
            }
        }
        let only_top: [(&str, Option<Span>); 2] =
            [("description", described), ("options", options)];
        for (name, at) in only_top
            .iter()
            .filter_map(|(name, at)| at.map(|at| (name, at)))
        {
            if !top_level {
                let message = format!("`{name}` is for variables at the top of the manifest");
                let finding = Finding::new(Code::Exclusive, at, message);
                report.push(finding.help(format!("remove `{name}` here")));
            }
        }
        if let (Some(value), Some(options)) = (variable.value.value.at(), variable.options.get()) {
            one_of(value, options.0.iter(), report);
        }
    }
}

fn one_of<'a>(
    value: &At<VariableValue>,
    mut options: impl Iterator<Item = &'a At<VariableValue>>,
    report: &mut Report,
) {
    if !options.any(|option| option.value == value.value) {
        let message = format!("`{}` is none of the `options`", *value.value);
        let finding = Finding::new(Code::UnknownWord, value.span, message);
        report.push(finding.help("the `value` is the option that is chosen at first: list it"));
    }
}
