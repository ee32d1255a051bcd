//! What reads each text of the manifest, and so what it may hold: [`rows`] classifies every key
//! whose value is free text, and a test holds it complete against the schema.
//!
//! In: the value of a key, before it is read. Out: findings. Always holds: a text without a finding
//! reaches its program as it is written, with its variables replaced; the lowering quotes it.

use super::record::Reader;
use super::scalar::Fault;
use crate::finding::{Code, Finding};
use crate::gitlab::shell::unreadable;
use crate::source::{Kind, Node, Scalar};

/// What reads a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// GitLab, Docker Compose or windlass: it does not reach a generated command.
    NoShell,
    /// The shell: commands of the project.
    Script,
    /// A program, but the type of the value, or a check of its own, admits no other than plain text.
    Plain,
    /// A program, as one word or a part of one.
    Word,
    /// A program, as a word that must not look like an option.
    Operand,
    /// The same, in front of an `=`.
    Name,
    /// An item of a list with commas.
    Item,
    /// The id of a build secret, in a list of fields.
    Id,
    /// A regular expression between slashes, else a word.
    Pattern,
    /// An URL in a configuration file.
    Url,
    /// A path in a list with colons.
    ListedPath,
    /// A path of windlass itself, which replaces no variables.
    OwnPath,
}

use Text::{
    Id, Item, ListedPath, Name, NoShell, Operand, OwnPath, Pattern, Plain, Script, Url, Word,
};

/// Records, their keys, and what reads the texts there: of a mapping first its keys, then its values.
pub type Row = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [Text],
);

const ENTITIES: &[&str] = &["Image", "Test", "Environment", "Promotion"];

/// Every key whose value is free text or has free keys, but those of deploy drivers.
const READERS: &[Row] = &[
    (ENTITIES, &["stage", "refs", "runner_tags"], &[NoShell]),
    (ENTITIES, &["timeout"], &[NoShell]),
    (ENTITIES, &["before_script", "after_script"], &[Script]),
    // Their names stand in options; `check` admits those of variables alone. GitLab hands on values.
    (ENTITIES, &["variables"], &[Plain, NoShell]),
    (&["Image", "Test", "Parallel"], &["matrix"], &[NoShell]),
    (&["Image"], &["dockerfile", "context"], &[Operand]),
    (&["Image"], &["target", "build_options"], &[Word]),
    (&["Image"], &["build_args"], &[Name, Word]),
    (&["Image"], &["secrets"], &[Id, Plain]),
    (&["Image"], &["platforms"], &[Item]),
    (
        &["Image"],
        &["repository", "tag", "also_tag", "cache_from", "cache_to"],
        &[Word],
    ),
    (&["Image"], &["registry", "group", "changes"], &[NoShell]),
    (&["Rebuild"], &["older_than"], &[Plain]),
    (&["Rebuild"], &["changes"], &[Plain]),
    (&["Rebuild"], &["stage"], &[NoShell]),
    (&["Retention"], &["older_than"], &[Plain]),
    (&["Retention"], &["keep"], &[Pattern]),
    (&["Retention"], &["refs", "stage"], &[NoShell]),
    (
        &["ImageJobNames"],
        &["build", "check", "force", "tested", "cleanup", "branches"],
        &[NoShell],
    ),
    (&["Test"], &["script"], &[Script]),
    (&["Test"], &["workdir"], &[Operand]),
    (&["Test"], &["changes", "coverage"], &[NoShell]),
    (
        &["ToolImages"],
        &[
            "prefix", "docker", "regctl", "git", "kubectl", "helm", "buildkit", "buildah",
        ],
        &[NoShell],
    ),
    (&["JobImage"], &["name"], &[Operand]),
    (&["JobImage"], &["entrypoint"], &[Word]),
    (&["Service"], &["name"], &[Operand]),
    (
        &["Service"],
        &["alias", "command", "entrypoint", "variables"],
        &[NoShell],
    ),
    (&["UsedEnvironment"], &["name"], &[NoShell]),
    (&["TestJobNames"], &["run"], &[NoShell]),
    (
        &["Environment"],
        &[
            "name",
            "url",
            "auto_stop_in",
            "images",
            "changes",
            "resource_group",
        ],
        &[NoShell],
    ),
    (&["Environment"], &["deployed_tag"], &[Word]),
    (
        &["EnvironmentJobNames"],
        &["deploy", "stop", "mark", "running", "untag"],
        &[NoShell],
    ),
    (&["Migrate"], &["file"], &[Operand]),
    (&["Migrate"], &["envsubst", "timeout"], &[Plain]),
    (&["Rollout"], &["watch"], &[Operand]),
    (&["Rollout"], &["timeout"], &[Plain]),
    (&["Rollout"], &["verify"], &[Script]),
    (&["Stop"], &["kinds"], &[Item]),
    (&["Stop"], &["selector"], &[Word]),
    (&["Stop"], &["script"], &[Script]),
    (&["Stop"], &["images", "stage"], &[NoShell]),
    (&["Promotion"], &["to"], &[Word]),
    (&["Promotion"], &["image", "registry"], &[NoShell]),
    (&["PromotionJobNames"], &["promote"], &[NoShell]),
    (&["Kubernetes"], &["agent", "context"], &[Word]),
    (&["Kubernetes"], &["namespace"], &[Operand]),
    (&["Kubeconfig"], &["variable"], &[Plain]),
    (&["Docker"], &["daemon", "dind"], &[NoShell]),
    (&["Docker"], &["registry_mirror"], &[Url]),
    (&["Registry"], &["host"], &[Url]),
    (
        &["Registry"],
        &["username", "password", "delete_username", "delete_password"],
        &[Plain],
    ),
    (&["Compose"], &["files"], &[ListedPath]),
    (&["Compose"], &["override"], &[OwnPath]),
    (&["Compose"], &["services"], &[Operand, NoShell]),
    // The value of a build argument or of Helm is classified where it stands.
    (
        &["Variable"],
        &[
            "value",
            "description",
            "options",
            "image",
            "tag_of",
            "digest_of",
            "repository_of",
        ],
        &[NoShell],
    ),
    (
        &["RefSet"],
        &["branches", "tags", "of", "except", "if"],
        &[NoShell],
    ),
    (&["RefSet"], &["variables"], &[Plain, NoShell]),
    (&["MergeRequests"], &["source", "target"], &[NoShell]),
    (
        &["Defaults"],
        &["refs", "runner_tags", "timeout"],
        &[NoShell],
    ),
    (&["Need"], &["job"], &[NoShell]),
    (
        &["Artifacts"],
        &["name", "paths", "exclude", "expire_in", "expose_as"],
        &[NoShell],
    ),
    (
        &["Reports"],
        &[
            "junit",
            "dotenv",
            "codequality",
            "cyclonedx",
            "sast",
            "dast",
            "secret_detection",
            "dependency_scanning",
            "container_scanning",
            "api_fuzzing",
            "coverage_fuzzing",
            "browser_performance",
            "load_performance",
            "accessibility",
            "annotations",
            "metrics",
            "requirements",
            "terraform",
        ],
        &[NoShell],
    ),
    (&["CoverageReport"], &["path"], &[NoShell]),
    (&["Cache"], &["key", "paths", "fallback_keys"], &[NoShell]),
    (&["KeyFiles"], &["files", "prefix"], &[NoShell]),
    (&["Manifest"], &["gitlab", "made_for", "stages"], &[NoShell]),
    (&["Manifest"], &["variables"], &[Plain, NoShell]),
    (&["Manifest"], &["includes_from", "presets"], &[OwnPath]),
    // Their names stand in those of variables and files; `check` says what they may be.
    (
        &["Manifest"],
        &["images", "environments", "promotions", "refs"],
        &[Plain, NoShell],
    ),
    (
        &["Manifest"],
        &["registries", "tests", "tasks", "jobs"],
        &[NoShell],
    ),
];

/// All rows: those of [`READERS`], and what each deploy driver says of its own keys.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let of_drivers = crate::driver::READERS.iter().copied().flatten();
    READERS.iter().chain(of_drivers)
}

/// What reads the texts of a key; `None` if it has none.
pub fn readers(record: &str, key: &str) -> Option<&'static [Text]> {
    rows()
        .find(|(records, keys, _)| records.contains(&record) && keys.contains(&key))
        .map(|(_, _, texts)| *texts)
}

/// Reports each text of a value that its reader would not get as it is written.
pub(crate) fn check(record: &str, key: &str, node: &Node, reader: &mut Reader<'_>) {
    if let Some(texts) = readers(record, key) {
        if texts == [Script] {
            commands(key, node, reader);
        }
        walk(node, texts, reader);
    }
}

/// Reports a script without a command: it would look as if something were done there. An empty list takes away the
/// commands of `defaults` that come before and after a script.
fn commands(key: &str, node: &Node, reader: &mut Reader<'_>) {
    let is_blank = |node: &Node| match &node.kind {
        Kind::Scalar(scalar) => !node.is_null() && scalar.text.trim().is_empty(),
        Kind::Sequence(_) | Kind::Mapping(_) => false,
    };
    let is_beside = ["before_script", "after_script"].contains(&key);
    let is_empty = match &node.kind {
        Kind::Sequence(items) if items.is_empty() => !is_beside,
        Kind::Sequence(items) => items.iter().all(is_blank),
        Kind::Scalar(_) | Kind::Mapping(_) => is_blank(node),
    };
    if is_empty {
        let finding = Finding::new(Code::Empty, node.span, "this script has no commands");
        let help = match is_beside {
            true => "write a command, or `[]` for none",
            false => "write a command, or remove the key",
        };
        reader.fault(node, finding.help(help));
    }
}

fn walk(node: &Node, texts: &[Text], reader: &mut Reader<'_>) {
    match (&node.kind, texts) {
        (_, [] | [NoShell | Script | Plain]) => {}
        (Kind::Scalar(scalar), [.., last]) => text(node, &scalar.text, *last, reader),
        (Kind::Sequence(items), texts) => items.iter().for_each(|item| walk(item, texts, reader)),
        (Kind::Mapping(entries), [keys, values @ ..]) if !values.is_empty() => {
            for entry in entries.iter() {
                let key = Node {
                    kind: Kind::Scalar(Scalar {
                        text: entry.key.value.clone(),
                        plain: entry.plain_key,
                    }),
                    span: entry.key.span,
                    defined: None,
                    tag: None,
                };
                text(&key, &entry.key.value, *keys, reader);
                walk(&entry.value, values, reader);
            }
        }
        // A variable in its long form.
        (Kind::Mapping(_), texts) => {
            if let Some(value) = super::raw::member(node, "value") {
                walk(value, texts, reader);
            }
        }
    }
}

fn text(node: &Node, text: &str, read_by: Text, reader: &mut Reader<'_>) {
    if let Err(fault) = admitted(text, read_by) {
        let code = match read_by {
            OwnPath => Code::BadPath,
            _ => Code::ShellWord,
        };
        let finding = fault.finding(code, node);
        reader.fault(node, finding);
    }
}

/// Whether a reader gets a text as it is written.
fn admitted(text: &str, read_by: Text) -> Result<(), Fault> {
    match read_by {
        NoShell | Script | Plain => return Ok(()),
        Pattern if text.starts_with('/') => return Ok(()),
        OwnPath => return own_path(text),
        Word | Operand | Name | Item | Id | Pattern | Url | ListedPath => {}
    }
    let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    if let Some(control) = text.chars().find(control) {
        let control = control.escape_default();
        let message = format!("this has the control character `{control}`");
        return Err(Fault::new(message, "write it without that character"));
    }
    if let Some(variable) = unreadable(text) {
        let message = format!("the shell cannot read the variable that begins at `{variable}`");
        let help = "write a variable as `${NAME}` or `${NAME:-default}`, and a dollar sign as `$$`";
        let mut fault = Fault::new(message, help);
        fault.offset = text.len().checked_sub(variable.len());
        return Err(fault);
    }
    let dash = text.starts_with('-');
    match read_by {
        Operand | ListedPath | Name | Item if dash => {
            let message =
                format!("a program would read `{text}` as an option, as it begins with `-`");
            let help = match read_by {
                Operand | ListedPath => format!("write another name, or `./{text}` for a path"),
                _ => "write another name".to_owned(),
            };
            Err(Fault::new(message, help))
        }
        Name => refuse(
            text,
            "=",
            "where the name ends",
            "write the value behind the `:`",
        ),
        Item => refuse(
            text,
            ", \t\n",
            "where the item ends",
            "write a list, as in `[one, two]`",
        ),
        ListedPath => refuse(
            text,
            ":",
            "where the path ends in `COMPOSE_FILE`",
            "rename the file",
        ),
        Url => refuse(
            text,
            " \t\n\"'\\`",
            "which no address has",
            "write the address alone",
        ),
        Id => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            match text.chars().all(plain) && !text.is_empty() {
                true => Ok(()),
                false => Err(Fault::new(
                    format!("`{text}` cannot be the id of a build secret"),
                    "an id has letters, digits, `.`, `_` and `-`, as in `npm-token`",
                )),
            }
        }
        _ => Ok(()),
    }
}

/// Refuses characters by which a reader would divide a text.
fn refuse(text: &str, any: &str, why: &str, help: &str) -> Result<(), Fault> {
    match text.chars().find(|c| any.contains(*c)) {
        Some(c) => {
            let shown = match c.is_whitespace() {
                true => "a blank".to_owned(),
                false => format!("`{c}`"),
            };
            Err(Fault::new(format!("`{text}` has {shown}, {why}"), help))
        }
        None => Ok(()),
    }
}

fn own_path(text: &str) -> Result<(), Fault> {
    let message = if text.contains('$') {
        format!("the path `{text}` has a `$`: windlass replaces no variables in it")
    } else if text.starts_with('-') {
        format!("a program would read the path `{text}` as an option, as it begins with `-`")
    } else if text.contains(':') {
        format!("the path `{text}` has a `:`, where a path ends in `COMPOSE_FILE`")
    } else {
        return Ok(());
    };
    Err(Fault::new(
        message,
        "write a path inside the project, as in `ci/scripts`",
    ))
}
