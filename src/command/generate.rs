//! `windlass generate`: compiles the manifest and writes the files.

use windlass::files::{Action, Comparison, Outcome, WritePlan, compare};
use windlass::shown::Shown;

use super::output::{print, say_findings, say_progress};
use super::project::{Compilation, compilation};
use super::{Failure, Verdict};
use crate::cli::{Generate, Options};

pub(super) fn run(options: &Options, args: &Generate) -> Result<Verdict, Failure> {
    let mut project = compilation(options)?;
    let Some(files) = &project.files else {
        say_findings(&project.report, options);
        return match project.readable {
            true => Ok(Verdict::Findings),
            false => Err(Failure::Said),
        };
    };
    if args.stdout {
        say_findings(&project.report, options);
        let pipeline = files.sealed(&project.source.name).into_iter().next();
        let text = pipeline.map_or_else(String::new, |(_, text)| text);
        // The renderer has escaped what cannot be seen.
        print(&Shown::of_document(&text))?;
        return Ok(Verdict::Clean);
    }
    let comparison = compare(files, &project.root, &project.source.name)?;
    let Some(plan) = planned(&comparison, &mut project, args.force) else {
        say_findings(&project.report, options);
        say_progress("nothing was written", options);
        return Ok(Verdict::Findings);
    };
    say_findings(&project.report, options);
    for outcome in plan.write()? {
        say_progress(&sentence(&outcome), options);
    }
    Ok(Verdict::Clean)
}

/// What is to be written; `None` if a file stands in the way, and the report says so.
pub(super) fn planned<'c>(
    files: &'c Comparison,
    project: &mut Compilation,
    force: bool,
) -> Option<WritePlan<'c>> {
    match files.plan(force) {
        Ok(plan) => Some(plan),
        Err(conflicts) => {
            let found = conflicts.into_iter();
            let found =
                found.filter_map(|file| file.finding(&project.source.name, &project.remedy));
            let found: Vec<_> = found.collect();
            found
                .into_iter()
                .for_each(|found| project.report.push(found));
            None
        }
    }
}

/// What was done with a file.
pub(super) fn sentence(outcome: &Outcome) -> String {
    let path = &outcome.path;
    match outcome.action {
        Action::Wrote { lines: 1 } => format!("wrote {path} (1 line)"),
        Action::Wrote { lines } => format!("wrote {path} ({lines} lines)"),
        Action::MadeExecutable => format!("made {path} executable"),
        Action::Removed => format!("removed {path}"),
        Action::Unchanged => format!("unchanged {path}"),
    }
}
