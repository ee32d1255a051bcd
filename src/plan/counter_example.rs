//! A pipeline in words, and as the command that plans it.

use super::classes::Compared;
use super::situation::{Changed, Ref, Situation, Trigger};
use crate::files::shell_word;

/// What has to be said of a situation so that it is the same one for `plan`.
pub(crate) struct CounterExamples {
    /// The file that is planned; `None`: what the manifest compiles to.
    file: Option<String>,
    /// Conditions ask for variables of the project.
    variables: bool,
    /// Conditions ask whether the ref is protected.
    protection: bool,
    /// Conditions ask for the default branch.
    default_branch: bool,
    /// What it is called in most classes.
    usual: Option<String>,
}

impl CounterExamples {
    pub(crate) fn of(compared: &Compared, classes: &[Situation], file: Option<&str>) -> Self {
        Self {
            file: file.map(str::to_owned),
            variables: classes.iter().any(|one| !one.variables.is_empty()),
            protection: compared.asks("CI_COMMIT_REF_PROTECTED"),
            default_branch: compared.asks("CI_DEFAULT_BRANCH"),
            usual: classes.first().and_then(|one| one.default_branch.clone()),
        }
    }

    /// What a finding about a situation says beside it: the name of the default branch, if it is not the usual
    /// one, and the command that plans the situation.
    pub(crate) fn helps(&self, situation: &Situation) -> Vec<String> {
        let default = situation.default_branch.as_ref();
        let unusual = default.filter(|default| self.usual.as_ref() != Some(default));
        let unusual =
            unusual.map(|name| format!("this is so where the default branch is `{name}`"));
        let command = format!("see it with `{}`", self.command(situation));
        unusual.into_iter().chain([command]).collect()
    }

    /// The command that plans a situation.
    pub(crate) fn command(&self, situation: &Situation) -> String {
        let mut words = vec!["windlass".to_owned(), "plan".to_owned()];
        let mut option = |name: &str, value: &str| {
            words.push(name.to_owned());
            words.push(shell_word(value).into_owned());
        };
        if let Some(file) = &self.file {
            option("--file", file);
        }
        match (&situation.reference, &situation.trigger) {
            (Ref::Branch(name), Trigger::Schedule) => option("--schedule", name),
            (Ref::Branch(name), _) => option("--branch", name),
            (Ref::Tag(name), _) => option("--tag", name),
            (Ref::MergeRequest { source, target }, _) => {
                option("--merge-request", &format!("{source}..{target}"));
            }
        }
        match &situation.trigger {
            Trigger::Other(word) => option("--source", word),
            Trigger::Schedule if matches!(situation.reference, Ref::Tag(_)) => {
                option("--source", "schedule");
            }
            Trigger::Schedule | Trigger::Push | Trigger::MergeRequest => {}
        }
        if let (true, Some(protected)) = (self.protection, situation.protected) {
            option("--protected", if protected { "true" } else { "false" });
        }
        for (name, value) in &situation.variables {
            option("--variable", &format!("{name}={value}"));
        }
        if let Changed::Paths(paths) = &situation.changed {
            paths.iter().for_each(|path| option("--changed", path));
        }
        if let (true, Some(branch)) = (self.default_branch, &situation.default_branch) {
            option("--default-branch", branch);
        }
        if situation.open_merge_request == Some(true) {
            words.push("--open-merge-request".to_owned());
        }
        if self.variables {
            words.push("--closed".to_owned());
        }
        words.join(" ")
    }
}

/// A situation as people say it: "branch `main`", "a merge request from `a` to `b`".
pub(crate) fn named(situation: &Situation) -> String {
    with_article("a", situation)
}

/// The same, with this before a merge request: `of the`.
pub(crate) fn with_article(article: &str, situation: &Situation) -> String {
    let mut text = match (&situation.reference, &situation.trigger) {
        (Ref::Branch(name), Trigger::Schedule) => format!("a schedule of `{name}`"),
        (Ref::Branch(name), Trigger::Other(word)) => format!("branch `{name}`, by `{word}`"),
        (Ref::Branch(name), _) => format!("branch `{name}`"),
        (Ref::Tag(name), Trigger::Other(word)) => format!("tag `{name}`, by `{word}`"),
        (Ref::Tag(name), _) => format!("tag `{name}`"),
        (Ref::MergeRequest { source, target }, _) => {
            format!("{article} merge request from `{source}` to `{target}`")
        }
    };
    if situation.open_merge_request == Some(true) {
        text.push_str(" with an open merge request");
    }
    for (name, value) in &situation.variables {
        text.push_str(&format!(", `{name}={value}`"));
    }
    text
}
