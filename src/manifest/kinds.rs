//! Strings of a certain kind: names, paths, durations, patterns, expressions.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::record::{Read, Reader, SchemaName, See};
use super::scalar::{Fault, read_text, text};
use crate::finding::Code;
use crate::gitlab::{Refusal, duration, expression, names, regex, version};
use crate::source::Node;

text! {
    /// The name of a CI/CD variable, never its value.
    VariableName, variable_name, LiteralSecret, "^[A-Za-z_][A-Za-z0-9_]*$"
}
text! {
    /// A path inside the project.
    ProjectPath, project_path, BadPath
}
text! {
    /// A branch, tag or image tag by name, or a `/regular expression/`.
    Pattern, pattern, BadRegex
}
text! {
    /// A regular expression between slashes.
    Regex, coverage, BadRegex, "^/"
}
text! {
    /// A duration as GitLab reads it: `1 week`, `1 hour 30 minutes`.
    Duration, gitlab_duration, BadDuration
}
text! {
    /// When something expires: a duration, or `never`.
    Expiry, gitlab_expiry, BadDuration
}
text! {
    /// How long a job may take: a duration of less than a month.
    Timeout, gitlab_timeout, BadDuration
}
text! {
    /// A duration as kubectl reads it: `5m`, `1h30m`.
    KubectlDuration, kubectl_duration, BadDuration
}
text! {
    /// An expression of GitLab's `rules:if`.
    Expression, gitlab_expression, BadExpression
}
text! {
    /// A version of GitLab: `18.0`.
    TargetVersion, gitlab_version, BadVersion, "^[0-9]+(\\.[0-9]+)?$"
}
text! {
    /// A version of windlass: `0.1.0`.
    WindlassVersion, windlass_version, BadVersion, "^[0-9]+\\.[0-9]+\\.[0-9]+"
}
text! {
    /// A Kubernetes workload: `deployment/web`.
    Workload, workload, BadName
}

fn variable_name(text: &str) -> Result<(), Fault> {
    if let Some(name) = text.strip_prefix('$') {
        let name = name.trim_matches(['{', '}']);
        return Err(Fault::new(
            "the name of a CI/CD variable is wanted here, without `$`",
            format!("write `{name}`"),
        ));
    }
    names::variable(text).map_err(|why| {
        let mut fault = Fault::new(
            format!("this is not the name of a CI/CD variable: it {why}"),
            "store the value as a CI/CD variable in GitLab and write that variable's name here; \
             secrets never stand in a manifest",
        );
        fault.offset = None;
        fault
    })
}

pub(crate) fn project_path(text: &str) -> Result<(), Fault> {
    crate::files::check_relative(text).map_err(|why| {
        Fault::because(
            &format!("the path `{text}`"),
            why,
            "write a path inside the project, as in `docker/app`",
        )
    })
}

fn pattern(text: &str) -> Result<(), Fault> {
    let help = "write another name, or a regular expression without it";
    let unwritable = |why: expression::Unwritable| Fault::new(format!("`{text}` {why}"), help);
    if text.starts_with('/') {
        let pattern = regex::Pattern::parse(text).map_err(|error| regex_fault(&error))?;
        // A pattern of everything needs no condition that holds it.
        if pattern.on_empty() == regex::OnEmpty::MatchesAll {
            return Ok(());
        }
        return expression::Expr::pattern(&pattern)
            .map(|_| ())
            .map_err(unwritable);
    }
    if text.is_empty() {
        let help = "write a name, or a regular expression between slashes";
        return Err(Fault::new("an empty name matches nothing", help));
    }
    names::git_ref(text).map_err(|refusal| {
        let is_glob = text.contains(['*', '?', '[']);
        let help = match is_glob {
            true => format!(
                "a pattern is a regular expression here: `{}`",
                of_glob(text)
            ),
            false => help.to_owned(),
        };
        Fault::new(
            format!(
                "no branch or tag is named `{text}`: the name {}",
                refusal.why
            ),
            help,
        )
    })?;
    expression::Expr::text(text).map(|_| ()).map_err(unwritable)
}

/// The regular expression of a glob, quoted for YAML.
fn of_glob(glob: &str) -> String {
    let mut pattern = String::new();
    for c in glob.chars() {
        match c {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            '.' | '/' | '+' | '(' | ')' => pattern.extend(['\\', c]),
            _ => pattern.push(c),
        }
    }
    format!("'/^{pattern}$/'")
}

fn coverage(text: &str) -> Result<(), Fault> {
    regex::Pattern::parse_coverage(text)
        .map(|_| ())
        .map_err(|error| regex_fault(&error))
}

fn regex_fault(error: &regex::PatternError) -> Fault {
    let mut fault = Fault::new(
        format!(
            "this is not a regular expression that GitLab takes: {}",
            error.message
        ),
        "GitLab uses RE2: no look-ahead, no look-behind, no back-references",
    );
    fault.offset = Some(error.offset);
    fault
}

fn gitlab_duration(text: &str) -> Result<(), Fault> {
    timed(text, |text| duration::parse(text).map(|_| ()))
}

fn gitlab_expiry(text: &str) -> Result<(), Fault> {
    timed(text, |text| duration::parse_or_never(text).map(|_| ()))
}

fn gitlab_timeout(text: &str) -> Result<(), Fault> {
    timed(text, |text| duration::parse_timeout(text).map(|_| ()))
}

fn timed(text: &str, parse: fn(&str) -> Result<(), Refusal>) -> Result<(), Fault> {
    // A duration with a variable is known only when the job runs.
    if text.contains('$') {
        return Ok(());
    }
    parse(text).map_err(|why| {
        let help = "write it like `1 week` or `1 hour 30 minutes`";
        Fault::because(&format!("`{text}`"), why, help)
    })
}

fn kubectl_duration(text: &str) -> Result<(), Fault> {
    let help = "write it like `5m` or `90s`";
    duration::parse_go(text)
        .map(|_| ())
        .map_err(|why| Fault::because(&format!("`{text}`"), why, help))
}

fn gitlab_expression(text: &str) -> Result<(), Fault> {
    expression::parse(text).map(|_| ()).map_err(|error| {
        let mut fault = Fault::new(
            format!("GitLab's `if` cannot read this: it {}", error.message),
            match &error.help {
                Some(help) => help.clone(),
                None => "write it like `$NAME == \"text\"` or `$NAME =~ /^text/`".to_owned(),
            },
        );
        fault.offset = Some(error.offset);
        fault
    })
}

fn gitlab_version(text: &str) -> Result<(), Fault> {
    text.parse::<version::Version>().map(|_| ()).map_err(|why| {
        let help = "write major and minor in quotes, as in `\"18.5\"`";
        Fault::new(format!("`{text}` {}", why.why), help)
    })
}

fn windlass_version(text: &str) -> Result<(), Fault> {
    semver::Version::parse(text).map(|_| ()).map_err(|_| {
        let help = "write all three numbers, as in `0.1.0`";
        Fault::new(format!("`{text}` is not a version of windlass"), help)
    })
}

fn workload(text: &str) -> Result<(), Fault> {
    names::kubernetes_resource(text).map_err(|why| {
        let subject = format!("`{text}` is not a workload: it");
        Fault::because(&subject, why, "write it like `deployment/web`")
    })
}

/// Anything that GitLab reads as a string, and no more is known about it.
pub type Text = String;

/// A raw value for GitLab, not read by windlass beyond its YAML.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw(pub Node);

impl Read for Raw {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self(node.clone()))
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        see(self);
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "Raw".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}
