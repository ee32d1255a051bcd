//! The driver `gitops`: the digests go into files of another repository, from which something else, such as
//! Argo CD or Flux, deploys them.
//!
//! The job needs no access to a cluster. It clones the branch, writes the digests, commits and pushes, and
//! starts again from the new commit when the push is refused. git asks for the password when it needs it, so
//! the token stands on no command line and in no file. Always holds: git talks HTTPS alone, whatever a variable in
//! the URL is, and no text of the manifest or of a variable is an option of git.

mod address;

use super::kustomize::Kustomize;
use super::{Driver, Keys, Reach, Release, Within, missing};
use crate::finding::{Code, Finding, Report};
use crate::gitlab::names;
use crate::lower::deploy::Change;
use crate::lower::{Lowering, own_folder, quoted, word};
use crate::manifest::collection::{Many, Map};
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName, project_path};
use crate::manifest::record::record;
use crate::manifest::words::{Row, Text as Reads};
use crate::pipeline::{Shared, Uses, Value};
use crate::source::{At, Span};

/// Writes digests into files, commits and pushes.
const PUSH: &str = include_str!("../../templates/deploy/gitops.sh");

record! {
    /// Files of another repository, from which something else deploys.
    Gitops {
        /// The URL of the repository, over HTTPS.
        repository: Text,
        /// The branch to push to. Default: `main`.
        branch: Text,
        /// The CI/CD variable with a token that may push to it.
        token: VariableName,
        /// An overlay in it, for `kustomize edit set image`.
        kustomize: Kustomize,
        /// A file in it -> the images that it names. Each reference to them gets the digest.
        files: Map<Many<Text>>,
    }
}

impl Gitops {
    /// The files with their images.
    fn in_files(&self) -> impl Iterator<Item = (&At<String>, &At<Text>)> {
        let files = self.files.get().into_iter().flat_map(Map::iter);
        files.flat_map(|(file, images)| images.value.iter().map(move |image| (file, image)))
    }

    /// The repository and the branch, as words of the shell.
    fn place(&self) -> (String, String) {
        let repository = self.repository.get().map_or("", String::as_str);
        let branch = self.branch.get().map_or("main", String::as_str);
        (word(repository), word(branch))
    }

    /// Commands by which git gets the token for this repository, and for no other address but the one with
    /// `.git` to which GitLab redirects.
    fn credentials(&self) -> Vec<Value> {
        let token = self.token.get().map_or("", |name| name);
        let repository = self.repository.get().map_or("", String::as_str);
        let key = |end: &str| word(&format!("credential.{repository}{end}.helper"));
        let redirected = !repository.ends_with(".git");
        let mut commands = vec![
            "export GIT_ALLOW_PROTOCOL=https".to_owned(),
            format!(
                "export GIT_CONFIG_COUNT={} GIT_CONFIG_KEY_0={}",
                1 + u8::from(redirected),
                key("")
            ),
            format!(
                r#"export GIT_CONFIG_VALUE_0="!printf 'username=oauth2\npassword=%s\n' \"\${token}\"; :""#
            ),
        ];
        if redirected {
            let key = key(".git");
            commands.push(format!(
                r#"export GIT_CONFIG_KEY_1={key} GIT_CONFIG_VALUE_1="$GIT_CONFIG_VALUE_0""#
            ));
        }
        commands.into_iter().map(Value::from).collect()
    }
}

impl Keys for Gitops {
    const READERS: &'static [Row] = &[
        (&["Gitops"], &["repository"], &[Reads::Url]),
        (&["Gitops"], &["branch"], &[Reads::Operand]),
        (&["Gitops"], &["token"], &[Reads::Plain]),
        (&["Gitops"], &["files"], &[Reads::Operand, Reads::NoShell]),
    ];
}

impl Driver for Gitops {
    fn check(&self, span: Span, within: Within<'_>, report: &mut Report) {
        if self.repository.is_missing() {
            missing(report, span, "gitops", "repository", address::HELP);
        }
        let url = self.repository.at();
        let url = url.and_then(|url| address::repository(&url.value, url.span));
        let branch = self.branch.at();
        let branch = branch.and_then(|branch| address::branch(&branch.value, branch.span));
        for finding in url.into_iter().chain(branch) {
            report.push(finding);
        }
        let help = "name the variable with a token that may push to the repository";
        if self.token.is_missing() {
            missing(report, span, "gitops", "token", help);
        }
        if let Some(token) = self.token.at()
            && names::is_predefined(&token.value)
        {
            let name = &*token.value;
            let message =
                format!("`{name}` is GitLab's own, and may not push to another repository");
            let finding = Finding::new(Code::BadName, token.span, message);
            let finding = finding.help(help);
            let help =
                "on GitLab: a project or group access token with the scope `write_repository`";
            report.push(finding.help(help));
        }
        if let Some(overlay) = self.kustomize.at() {
            overlay.value.check(overlay.span, within, report);
            if overlay.value.images.is_missing() {
                let help = "name the images that the overlay gets";
                missing(report, overlay.span, "kustomize", "images", help);
            }
        }
        for (file, _) in self.files.get().into_iter().flat_map(Map::iter) {
            if let Err(why) = project_path(&file.value) {
                report.push(Finding::new(Code::BadPath, file.span, why.message).help(why.help));
            }
        }
        if self.kustomize.is_missing() && self.in_files().next().is_none() {
            let finding = Finding::new(Code::Empty, span, "`gitops` changes nothing");
            let help = "name `files` with their images, or an overlay with `kustomize`";
            report.push(finding.help(help));
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        let overlay = self.kustomize.get().into_iter();
        let of_files = self.in_files().map(|(_, image)| image);
        overlay.flat_map(Driver::images).chain(of_files).collect()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        let overlay = self.kustomize.get_mut().into_iter();
        let files = self.files.get_mut().into_iter().flat_map(Map::values_mut);
        let of_files = files.flat_map(|images| images.value.0.iter_mut());
        overlay
            .flat_map(Driver::images_mut)
            .chain(of_files)
            .collect()
    }

    fn by_digest(&self) -> Vec<&str> {
        let images = self.images().into_iter();
        images.map(|image| image.value.as_str()).collect()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        // They are in another repository.
        Vec::new()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        let repository = self.repository.at().into_iter();
        let help = "name the variable in `token`";
        repository.map(|url| (url, help)).collect()
    }

    fn reach(&self) -> Reach {
        Reach::Itself
    }

    fn waits_for(&self) -> usize {
        0
    }

    fn stays_in_namespace(&self) -> bool {
        false
    }

    fn release(&self) -> Option<Release<'_>> {
        None
    }

    /// What the repository names will run, though the cluster may not know it yet.
    fn list_planned(&self, file: &str) -> Vec<Value> {
        let (repository, branch) = self.place();
        let folder = own_folder::file("repository");
        let mut commands = self.credentials();
        commands.extend(
            [
                format!("git clone --quiet --depth 1 --branch {branch} -- {repository} {folder}"),
                format!(
                    "git -C {folder} grep -hoE 'sha256:[0-9a-f]{{64}}' >> {file} || [ $? = 1 ]"
                ),
            ]
            .map(Value::from),
        );
        commands
    }

    fn lower(&self, lowering: &Lowering<'_>, _: &Environment) -> Change {
        let mut uses = Uses::default();
        let mut write = String::from("write_digests() {\n");
        if let Some(overlay) = self.kustomize.get()
            && let Some(edit) = overlay.edit(lowering, &mut uses)
        {
            write.push_str(&format!("  {edit}\n"));
        }
        for (file, image) in self.in_files() {
            let image = lowering.by_digest_or_fail(&image.value, &mut uses);
            let file = word(&file.value);
            write.push_str(&format!("  set_digest {} {file}\n", quoted(&image)));
        }
        write.push_str("}\n");
        let token = self.token.get().map_or("", |name| name);
        let mut prepare = vec![Shared::own("push-digests", "script", PUSH.to_owned()).into()];
        prepare.push(Value::from(format!(": \"${{{token}:?}}\"")));
        prepare.extend(self.credentials());
        prepare.push(write.into());
        let (repository, branch) = self.place();
        Change {
            uses,
            prepare,
            commands: vec![format!("push_digests {repository} {branch}")],
            own_folder: true,
            ..Change::default()
        }
    }
}
