//! `windlass check`: is the manifest valid, and are the files up to date?

use windlass::files::compare;

use super::output::{print, print_findings, say_findings, say_progress};
use super::project::compilation;
use super::{Failure, Verdict};
use windlass::finding::output::Format;
use windlass::shown::Shown;

use crate::cli::{Check, Options};

pub(super) fn run(options: &Options, args: &Check) -> Result<Verdict, Failure> {
    let mut project = compilation(options)?;
    let comparison = match &project.files {
        Some(files) => Some(compare(files, &project.root, &project.source.name)?),
        None => None,
    };
    let drift = comparison
        .iter()
        .flat_map(|all| all.findings(&project.remedy));
    drift.for_each(|finding| project.report.push(finding));

    let clean = project.files.is_some() && !project.report.has_errors();
    let verdict = match clean {
        true => Verdict::Clean,
        false => Verdict::Findings,
    };
    // Printing may end at a closed pipe; the verdict then still is the status.
    let printed = match args.format {
        Format::Text => {
            say_findings(&project.report, options);
            let mut text = Shown::default();
            if let Some(comparison) = &comparison {
                text = comparison.diff();
                if let Some(command) = comparison.fixing(&project.remedy) {
                    text.line(&format!("to fix it, run: {command}"));
                }
                if comparison.is_clean() {
                    let count = comparison.files.len();
                    let files = if count == 1 { "file is" } else { "files are" };
                    let name = &project.source.name;
                    say_progress(&format!("{name}: {count} {files} up to date"), options);
                }
            }
            print(&text)
        }
        Format::Json | Format::Gitlab | Format::Sarif | Format::Junit => {
            print_findings(args.format, &project.report, options)
        }
    };
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if !project.readable => Err(Failure::Said),
        _ => Ok(verdict),
    }
}
