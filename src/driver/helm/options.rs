//! Options of Helm that other keys of the manifest decide.
//!
//! In: an option of `helm upgrade`, or a variable that Helm reads. Out: a finding that names the key to use
//! instead. Always holds: all commands of an environment, those that undo, ask or delete as well, reach one
//! release, because none of them can be given another address than `kubernetes` says.

use crate::finding::{Code, Finding};
use crate::source::Span;

/// What an option would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The command acts on a release elsewhere.
    Elsewhere,
    /// Nothing is deployed, and the command succeeds.
    Nothing,
    /// `rollout` says it.
    Rollout,
}

/// An option: its long form, its letter, the variable that stands for it, and the key that decides it.
type Row = (
    &'static str,
    Option<char>,
    Option<&'static str>,
    Effect,
    &'static str,
);

const IN_KUBECONFIG: &str = "write it into the kubeconfig that `kubernetes` names";

/// The options of Helm 3.18 and 4.1, and their variables (`EnvSettings` of both).
const DECIDED: &[Row] = &[
    (
        "namespace",
        Some('n'),
        Some("HELM_NAMESPACE"),
        Effect::Elsewhere,
        "write `kubernetes: {namespace: ...}`",
    ),
    (
        "kube-context",
        None,
        Some("HELM_KUBECONTEXT"),
        Effect::Elsewhere,
        "write `kubernetes: {context: ...}`",
    ),
    (
        "kubeconfig",
        None,
        None,
        Effect::Elsewhere,
        "write `kubernetes: {kubeconfig: NAME_OF_A_FILE_VARIABLE}`",
    ),
    (
        "kube-apiserver",
        None,
        Some("HELM_KUBEAPISERVER"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-token",
        None,
        Some("HELM_KUBETOKEN"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-ca-file",
        None,
        Some("HELM_KUBECAFILE"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-as-user",
        None,
        Some("HELM_KUBEASUSER"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-as-group",
        None,
        Some("HELM_KUBEASGROUPS"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-tls-server-name",
        None,
        Some("HELM_KUBETLS_SERVER_NAME"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "kube-insecure-skip-tls-verify",
        None,
        Some("HELM_KUBEINSECURE_SKIP_TLS_VERIFY"),
        Effect::Elsewhere,
        IN_KUBECONFIG,
    ),
    (
        "timeout",
        None,
        None,
        Effect::Rollout,
        "write `rollout: {timeout: ...}`",
    ),
    ("dry-run", None, None, Effect::Nothing, "remove it"),
    ("help", Some('h'), None, Effect::Nothing, "remove it"),
];

/// Letters of `helm upgrade` that take a value: what is behind them is no further letter.
const VALUED: [char; 3] = ['f', 'l', 'o'];

/// Where Helm keeps its releases: not an option, but a variable alone.
const STORAGE: [&str; 2] = ["HELM_DRIVER", "HELM_DRIVER_SQL_CONNECTION_STRING"];

/// What is wrong with an option.
pub(crate) fn refused(option: &str, span: Span) -> Option<Finding> {
    let row = decided(option)?;
    let (long, _, _, effect, help) = row;
    let written = format!("`--{long}`");
    let message = match effect {
        Effect::Elsewhere => {
            format!("{written} is not given to the commands that undo or delete the release")
        }
        Effect::Nothing => format!("with {written} nothing is deployed, and the job succeeds"),
        Effect::Rollout => format!("{written} is overridden by what `rollout` says"),
    };
    Some(Finding::new(Code::HelmOption, span, message).help(*help))
}

/// Whether windlass refuses an option.
pub(crate) fn is_refused(option: &str) -> bool {
    decided(option).is_some()
}

/// What is wrong with a variable, which all jobs have or those of the deployment alone.
pub(crate) fn refused_variable(name: &str, span: Span, everywhere: bool) -> Option<Finding> {
    let message = format!("`{name}` leads Helm to a release that other jobs do not look for");
    if STORAGE.contains(&name) {
        let finding = Finding::new(Code::HelmOption, span, message);
        let help = "write it under `variables` at the top, so that all jobs have it";
        return (!everywhere).then(|| finding.help(help));
    }
    let (.., help) = DECIDED
        .iter()
        .find(|(_, _, variable, ..)| *variable == Some(name))?;
    Some(Finding::new(Code::HelmOption, span, message).help(*help))
}

/// The row of an option as Helm reads it (pflag): `--name`, `--name=value`, or letters together.
fn decided(option: &str) -> Option<&'static Row> {
    if let Some(long) = option.strip_prefix("--") {
        let name = long.split_once('=').map_or(long, |(name, _)| name);
        return DECIDED.iter().find(|(known, ..)| *known == name);
    }
    let letters = option.strip_prefix('-')?.chars();
    let mut letters = letters.take_while(|letter| !VALUED.contains(letter) && *letter != '=');
    letters.find_map(|letter| DECIDED.iter().find(|(_, known, ..)| *known == Some(letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_helm_reads_them() {
        for (option, long) in [
            ("--namespace", Some("namespace")),
            ("--namespace=shop", Some("namespace")),
            ("-n", Some("namespace")),
            ("-nshop", Some("namespace")),
            ("-in=shop", Some("namespace")),
            ("-namespace", Some("namespace")),
            ("--kube-token=x", Some("kube-token")),
            ("--dry-run=server", Some("dry-run")),
            ("--namespaces", None),
            ("--name=--namespace", None),
            ("-fnames.yml", None),
            ("-f=n", None),
            ("-i", None),
            ("namespace", None),
            ("--description=-n", None),
            ("--", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(decided(option).map(|(long, ..)| *long), long, "{option}");
        }
    }
}
