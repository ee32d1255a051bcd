//! Migrations: the file of the Job, and a cluster to run it in.

use super::Check;
use crate::finding::{Code, Finding};

pub(super) fn check(check: &mut Check<'_>) {
    for (key, environment) in check.manifest.environments() {
        let Some(migrate) = environment.migrate.at() else {
            continue;
        };
        if migrate.value.file.is_missing() {
            let finding = Finding::new(Code::MissingKey, migrate.span, "`migrate` has no `file`");
            let help = "name the file with the Job that runs the migration";
            check.report.push(finding.help(help));
        }
        let deploy = environment.deploy.at();
        let alone = deploy.filter(|deploy| deploy.value.leaves_cluster_alone());
        if let Some(deploy) = alone {
            let message = format!(
                "`migrate` runs in a cluster, and the job that deploys `{}` does not reach one",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, migrate.span, message);
            let finding = finding.related(deploy.span, "this writes into a repository");
            let help =
                "let what reads the repository run the migration, for example as a hook of Argo CD";
            check.report.push(finding.help(help));
        }
    }
}
