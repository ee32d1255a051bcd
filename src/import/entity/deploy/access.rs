//! How a job reaches the cluster.

use super::Deployment;
use crate::gitlab::shell::commands::Command;
use crate::import::entity::commands::{Line, Options, arguments, assigned, bare, is, text};
use crate::pipeline::{Mapping, Value};

/// The access, and the namespace.
pub(super) struct Access {
    /// The keys of `kubernetes` that say how.
    pub(super) keys: Mapping,
    /// The namespace of all commands.
    pub(super) namespace: Option<String>,
    /// Whether that is made if it is missing.
    pub(super) creates: bool,
}

/// Options of kubectl that take a value.
pub(super) const VALUED: [&str; 10] = [
    "-n",
    "--namespace",
    "-f",
    "--filename",
    "-l",
    "--selector",
    "-k",
    "--kustomize",
    "--context",
    "--timeout",
];

pub(super) fn read(deployment: &Deployment) -> Access {
    let mut keys = Mapping::new();
    let mut namespace = None;
    let mut creates = false;
    for command in deployment.all() {
        if let Some(context) = context(command) {
            let is_agent = context
                .split_once(':')
                .is_some_and(|(path, _)| path.contains('/'));
            keys.set(if is_agent { "agent" } else { "context" }, context);
        }
        if let Some(words) = arguments(command, &[&["kubectl", "config", "set-context"]]) {
            namespace = Options::read(words, &VALUED)
                .and_then(|options| options.one(&["--namespace", "-n"]))
                .or(namespace);
        }
        creates |= is(command, &[&["kubectl", "create", "namespace"]]);
        if keys.is_empty()
            && let Some((variable, encoding)) = kubeconfig(command, deployment)
        {
            let file =
                Mapping::from_iter([("variable", variable), ("encoding", encoding.to_owned())]);
            keys.set("kubeconfig", file);
        }
    }
    if keys.is_empty() {
        keys.set("integration", Value::Bool(true));
    }
    Access {
        keys,
        namespace: namespace.map(|text| bare(&text)),
        creates,
    }
}

fn context(command: &Command) -> Option<String> {
    if let Some(words) = arguments(command, &[&["kubectl", "config", "use-context"]]) {
        return text(words.first()?);
    }
    let words = arguments(command, &[&["kubectl", "config", "view"]])?;
    Options::read(words, &VALUED)?.one(&["--context"])
}

/// The variable that a kubeconfig is written from, and how it is held there.
fn kubeconfig(command: &Command, deployment: &Deployment) -> Option<(String, &'static str)> {
    let file = |target: &str| target.contains("kubeconfig") || target.ends_with(".kube/config");
    if let Some([from, to]) = arguments(command, &[&["cp"]]) {
        let variable = from.variables().next()?.to_owned();
        return file(&to.shown()).then_some((variable, "file"));
    }
    if let Some(value) = assigned(command, "KUBECONFIG") {
        let name = bare(&value);
        let name = name.strip_prefix('$')?;
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        return is_name.then(|| (name.to_owned(), "file"));
    }
    let writes = command
        .redirections
        .iter()
        .any(|one| one.operator.starts_with('>') && file(&one.target.shown()));
    if !writes {
        return None;
    }
    if is(command, &[&["base64"]]) {
        let lines = deployment.before.iter().chain(&deployment.script);
        let line = lines.into_iter().find(|line| {
            line.commands
                .iter()
                .any(|other| std::ptr::eq(other, command))
        })?;
        let from = line.commands.get(command.reads_one()?)?;
        return Some((
            from.words
                .iter()
                .flat_map(|word| word.variables())
                .next()?
                .to_owned(),
            "base64",
        ));
    }
    let printed = arguments(command, &[&["echo"], &["printf"]])?;
    Some((
        printed
            .iter()
            .flat_map(|word| word.variables())
            .next()?
            .to_owned(),
        "text",
    ))
}

/// Whether a line is one of those by which windlass reaches a cluster, or says the same.
pub(super) fn is_part(line: &Line) -> bool {
    const PARTS: &[&[&str]] = &[
        &["kubectl", "config"],
        &["kubectl", "get", "namespace"],
        &["kubectl", "create", "namespace"],
        &["kubectl", "version"],
        &["kubectl", "cluster-info"],
        &["mktemp"],
        &["trap"],
        &["umask"],
        &["mkdir"],
        &["chmod"],
    ];
    let part = |command: &Command| {
        let demands = arguments(command, &[&[":"]]).is_some();
        let exports = assigned(command, "KUBECONFIG").is_some();
        let folder = assigned(command, "job_tmp").is_some()
            || !command.assignments.is_empty()
                && command
                    .assignments
                    .iter()
                    .all(|word| word.start().starts_with("job_tmp="));
        let writes = command.redirections.iter().any(|one| {
            let target = one.target.shown();
            target.contains("kubeconfig") || target.ends_with(".kube/config")
        });
        let copies = arguments(command, &[&["cp"]]).is_some_and(|words| {
            words
                .last()
                .is_some_and(|word| word.shown().ends_with(".kube/config"))
        });
        is(command, PARTS) || demands || exports || folder || writes || copies
    };
    // What is piped into a kubeconfig belongs to it.
    let piped = |at: usize| {
        line.commands
            .iter()
            .any(|other| other.reads.contains(&at) && part(other))
    };
    !line.commands.is_empty()
        && line
            .commands
            .iter()
            .enumerate()
            .all(|(at, command)| part(command) || piped(at))
}
