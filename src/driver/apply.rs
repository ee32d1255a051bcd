//! The driver `apply`: `kubectl apply` of files, in which the named variables alone are replaced.

use super::{Driver, Keys, Reach, Release, Within, missing};
use crate::finding::{Code, Finding, Report};
use crate::lower::deploy::cluster::Client;
use crate::lower::deploy::{Change, Undo, substitution};
use crate::lower::{Lowering, own_folder, word};
use crate::manifest::collection::List;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::record::record;
use crate::manifest::words::{Row, Text as Reads};
use crate::pipeline::Value;
use crate::source::{At, Span};

record! {
    /// Manifests for `kubectl apply`.
    Apply {
        /// Files and folders.
        files: List<ProjectPath>,
        /// Names of the variables to substitute in the files; no others are. `IMAGE_<NAME>` is the
        /// image by digest.
        envsubst: List<VariableName>,
    }
}

/// The file of the manifests with their variables replaced. kubectl goes by the ending.
const MANIFESTS: &str = "manifests.yml";

impl Keys for Apply {
    const READERS: &'static [Row] = &[
        (&["Apply"], &["files"], &[Reads::Operand]),
        (&["Apply"], &["envsubst"], &[Reads::Plain]),
    ];
}

impl Driver for Apply {
    fn check(&self, span: Span, _: Within<'_>, report: &mut Report) {
        let help = "name the files or folders that `kubectl apply` takes";
        if self.files.is_missing() {
            missing(report, span, "apply", "files", help);
        } else if let Some(files) = self.files.at().filter(|files| files.value.0.is_empty()) {
            let finding = Finding::new(Code::Empty, files.span, "`files` names nothing to apply");
            report.push(finding.help(help));
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        Vec::new()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        Vec::new()
    }

    fn by_digest(&self) -> Vec<&str> {
        Vec::new()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        let names = self.envsubst.get().into_iter();
        names.flat_map(List::iter).collect()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        let files = self.files.get().into_iter().flat_map(List::iter);
        files.map(|path| ("what is applied", path)).collect()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Cluster(match self.envsubst.is_missing() {
            true => Client::Kubectl,
            false => Client::Tools,
        })
    }

    fn waits_for(&self) -> usize {
        // Nobody here knows how many there are: at least one.
        1
    }

    fn stays_in_namespace(&self) -> bool {
        false
    }

    fn release(&self) -> Option<Release<'_>> {
        None
    }

    fn list_planned(&self, _: &str) -> Vec<Value> {
        Vec::new()
    }

    fn lower(&self, lowering: &Lowering<'_>, environment: &Environment) -> Change {
        let files: Vec<String> = self
            .files
            .get()
            .into_iter()
            .flat_map(List::iter)
            .map(|file| word(&file.value))
            .collect();
        let names: Vec<&str> = self
            .envsubst
            .get()
            .into_iter()
            .flat_map(List::iter)
            .map(|name| &*name.value)
            .collect();
        let mut change = Change::default();
        let manifests = if names.is_empty() {
            let each = files.iter().map(|file| format!("--filename {file}"));
            each.collect::<Vec<_>>().join(" ")
        } else {
            let file = own_folder::file(MANIFESTS);
            change.prepare = substitution::commands(lowering, environment, &names, &files, &file);
            change.own_folder = true;
            format!("--filename {file}")
        };
        change.commands = vec![format!("kubectl apply {manifests}")];
        change.undo = Undo::Manifests(manifests);
        change
    }
}
