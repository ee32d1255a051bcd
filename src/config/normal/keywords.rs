//! The canonical shape of the keys of a job, one constant for each keyword.
//!
//! Facts: `lib/gitlab/ci/config/entry` of GitLab FOSS 18.11 for forms and defaults.

use super::canon::Canon::{
    self, Custom, Duration, Each, Expanded, List, Map, Plain, Set, Short, Texts,
};
use super::canon::Otherwise::{Blank, Flag, Word, Words};
use super::canon::{Field, field, with};
use super::expand::By::{GitLab, Runner};
use super::form::{Fields, Form};
use crate::config::value::{Node, Value};

/// Keys that are told elsewhere or have no effect of their own, with the reason.
pub(super) const NOT_HERE: &[(&str, &str)] = &[
    ("extends", "it is merged into the job"),
    (
        "inherit",
        "`default` is merged; `variables` is a part of the typed job",
    ),
    (
        "parallel",
        "each copy is a job; `copies` of the pipeline holds their order",
    ),
    ("stage", "typed: its default is `test`"),
    ("script", "typed: `commands`"),
    (
        "before_script",
        "typed: GitLab runs it and `script` as one list, `commands`",
    ),
    ("after_script", "typed: a list of commands"),
    ("rules", "its defaults are those of the job"),
    ("only", "typed: its default depends on `workflow`"),
    ("except", "typed: as `only`"),
    (
        "when",
        "typed; where the job has `rules` it is the default of each rule",
    ),
    ("start_in", "typed: as `when`"),
    ("allow_failure", "typed: its default depends on `when`"),
    ("interruptible", "typed: its default is false"),
    ("needs", "typed: on a parallel job it is one for each copy"),
    (
        "dependencies",
        "typed: together with `needs` it says which artifacts come",
    ),
    ("variables", "typed: those of a matrix are among them"),
];

/// The other keys; what is not in this list either is compared as it is written.
pub(super) const KEYS: &[Field] = &[
    with("artifacts", Custom(artifacts), Blank),
    with("cache", List(&CACHE), Blank),
    field("coverage", Plain),
    field("dast_configuration", Plain),
    field("environment", ENVIRONMENT),
    with(
        "hooks",
        Map(&[field("pre_get_sources_script", COMMANDS)]),
        Blank,
    ),
    with("id_tokens", Each(&ID_TOKEN), Blank),
    field("identity", Plain),
    field("image", IMAGE),
    field("inputs", Plain),
    field("manual_confirmation", Expanded(GitLab)),
    field("pages", Plain),
    field("publish", Expanded(GitLab)),
    field("release", RELEASE),
    field("resource_group", Expanded(GitLab)),
    field("retry", Custom(retry)),
    field("run", Plain),
    with("secrets", Each(&SECRET), Blank),
    with("services", List(&SERVICE), Blank),
    with("tags", Set(&Expanded(GitLab)), Blank),
    field("timeout", Duration),
    field("trigger", TRIGGER),
    field("type", Plain),
];

const COMMANDS: Canon = List(&Plain);

const IMAGE: Canon = Short(&[
    field("name", Expanded(Runner)),
    field("entrypoint", List(&Expanded(Runner))),
    field("pull_policy", List(&Plain)),
]);

const SERVICE: Canon = Short(&[
    field("name", Expanded(Runner)),
    field("entrypoint", List(&Expanded(Runner))),
    field("command", List(&Expanded(Runner))),
    field("pull_policy", List(&Plain)),
    with("variables", Texts, Blank),
]);

const ENVIRONMENT: Canon = Short(&[
    field("name", Expanded(GitLab)),
    field("url", Expanded(GitLab)),
    with("action", Plain, Word("start")),
    field("auto_stop_in", Duration),
    field("deployment_tier", Expanded(GitLab)),
    field("kubernetes", Expanded(GitLab)),
]);

const CACHE: Canon = Map(&[
    with("key", Custom(cache_key), Word("default")),
    with("paths", Set(&Expanded(Runner)), Blank),
    with("untracked", Plain, Flag(false)),
    with("unprotect", Plain, Flag(false)),
    with("when", Plain, Word("on_success")),
    with("policy", Expanded(Runner), Word("pull-push")),
    with("fallback_keys", List(&Expanded(Runner)), Blank),
]);

const CACHE_KEY: Canon = Map(&[
    field("files", Set(&Expanded(GitLab))),
    field("files_commits", Set(&Expanded(GitLab))),
    field("prefix", Expanded(Runner)),
]);

fn cache_key(node: &Node) -> Form {
    match node.as_map() {
        Some(_) => CACHE_KEY.form(node),
        None => Expanded(Runner).form(node),
    }
}

const ARTIFACTS: Canon = Map(&[
    field("name", Expanded(Runner)),
    with("paths", Set(&Expanded(Runner)), Blank),
    with("exclude", Set(&Expanded(Runner)), Blank),
    with("untracked", Plain, Flag(false)),
    with("when", Plain, Word("on_success")),
    field("expire_in", Duration),
    with("reports", REPORTS, Blank),
    with("access", Plain, Word("all")),
]);

/// `public` is an older spelling of `access`
/// (`Ci::Build#artifact_access_setting`).
fn artifacts(node: &Node) -> Form {
    let Some(map) = node.as_map() else {
        return Form::plain(node);
    };
    let mut map = map.clone();
    if let Some(public) = map.given("public").cloned()
        && map.given("access").is_none()
        && let Some(is_public) = public.as_bool()
    {
        map.remove("public");
        let word = if is_public { "all" } else { "developer" };
        let text = Value::Str(word.into());
        map.put("access", public.with(text));
    }
    let map = Value::Map(std::sync::Arc::new(map));
    ARTIFACTS.form(&node.with(map))
}

const REPORTS: Canon = Each(&Custom(report));
const REPORT: Canon = Set(&Expanded(Runner));

/// A report is one file or a list of them; that of coverage is a mapping.
fn report(node: &Node) -> Form {
    match node.as_map() {
        Some(_) => Expanded(Runner).form(node),
        None => REPORT.form(node),
    }
}

const RETRY: Canon = Short(&[
    field("max", Plain),
    with("when", Set(&Plain), Words("always")),
]);
const RETRY_BY_CODES: Canon = Short(&[
    field("max", Plain),
    field("when", Set(&Plain)),
    field("exit_codes", Set(&Plain)),
]);

/// A number stands for `max`. Without `when` GitLab retries whatever the reason, unless exit codes
/// are named.
fn retry(node: &Node) -> Form {
    match node.get("exit_codes").is_some_and(|codes| !codes.is_null()) {
        true => RETRY_BY_CODES.form(node),
        false => RETRY.form(node),
    }
}

const ID_TOKEN: Canon = Map(&[field("aud", List(&Expanded(GitLab)))]);

const SECRET: Canon = Map(&[
    field("vault", Custom(vault)),
    with("file", Plain, Flag(true)),
]);

/// `path/field@engine` (`Entry::Vault::Secret`).
fn vault(node: &Node) -> Form {
    let Some(text) = node.as_str() else {
        return Form::plain(node);
    };
    let (secret, engine) = text.rsplit_once('@').unwrap_or((text, "kv-v2"));
    let Some((path, name)) = secret.rsplit_once('/') else {
        return Form::plain(node);
    };
    let map = |pairs: &[(&str, Form)]| {
        let mut fields = Fields::default();
        for (key, form) in pairs {
            fields.set(*key, form.clone());
        }
        Form::Map(fields)
    };
    let engine = map(&[("name", Form::text("kv-v2")), ("path", Form::text(engine))]);
    map(&[
        ("engine", engine),
        ("path", Form::text(path)),
        ("field", Form::text(name)),
    ])
}

const RELEASE: Canon = Map(&[field("milestones", List(&Plain))]);

const TRIGGER: Canon = Short(&[
    field("project", Expanded(GitLab)),
    field("branch", Expanded(GitLab)),
    field("include", INCLUDES),
    with("forward", FORWARD, Blank),
]);

const FORWARD: Canon = Map(&[
    with("yaml_variables", Plain, Flag(true)),
    with("pipeline_variables", Plain, Flag(false)),
]);

/// A path in a repository, which begins at its root with a slash or without one.
fn path(node: &Node) -> Form {
    match Expanded(GitLab).form(node) {
        Form::Text(text) => Form::text(text.trim_start_matches('/')),
        other => other,
    }
}

/// `spec`: what a file may be given.
pub(super) const SPEC: Canon = Map(&[
    with("inputs", Each(&INPUT), Blank),
    with("include", INCLUDES, Blank),
    with("component", Set(&Plain), Blank),
]);

const INPUT: Canon = Map(&[with("type", Plain, Word("string"))]);

/// A list of includes; a text is a URL or a file of the repository.
const INCLUDES: Canon = List(&Custom(include));

/// An entry of `include`.
pub(super) const INCLUDE: Canon = Short(&[
    field("local", Custom(path)),
    field("remote", Expanded(GitLab)),
    field("project", Expanded(GitLab)),
    field("ref", Expanded(GitLab)),
    field("file", List(&Custom(path))),
    field("template", Expanded(GitLab)),
    field("component", Expanded(GitLab)),
    field("rules", Custom(super::conditions::of_workflow)),
]);
const URL: Canon = Short(&[field("remote", Expanded(GitLab))]);

fn include(node: &Node) -> Form {
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    match node.as_str() {
        Some(text) if is_url(text) => URL.form(node),
        _ => INCLUDE.form(node),
    }
}
