//! `windlass explain`: what a finding means and how to fix it, or where a line of the pipeline comes from.

use windlass::files::{PIPELINE, Status, compare, normalize};
use windlass::finding::explain::explain;
use windlass::shown::Shown;
use windlass::source::Source;
use windlass::trace::Traced;

use super::output::{print, say_findings};
use super::project::compilation;
use super::{Failure, Verdict};
use crate::cli::{Explain, Options};

pub(super) fn run(options: &Options, args: &Explain) -> Result<Verdict, Failure> {
    // No code has a colon.
    if let Some((file, number)) = args.what.rsplit_once(':')
        && let Ok(number) = number.parse()
    {
        return line(options, file, number);
    }
    let page = explain(&args.what).map_err(Failure::Usage)?;
    print(&Shown::of_document(page))?;
    Ok(Verdict::Clean)
}

/// Where a line of the generated pipeline comes from.
fn line(options: &Options, file: &str, number: usize) -> Result<Verdict, Failure> {
    if normalize(file) != PIPELINE {
        return Err(Failure::usage(&format!(
            "lines of `{PIPELINE}` are explained, not of `{file}`"
        )));
    }
    let project = compilation(options)?;
    let (Some(files), Some(lowered)) = (&project.files, &project.lowered) else {
        say_findings(&project.report, options);
        return match project.readable {
            true => Ok(Verdict::Findings),
            false => Err(Failure::Said),
        };
    };
    let comparison = compare(files, &project.root, &project.source.name)?;
    let pipeline = comparison.files.first();
    let text = pipeline.and_then(|file| file.old.as_deref());
    let (Some(text), Some(Status::Same)) = (text, pipeline.map(|file| &file.status)) else {
        return Err(Failure::Io(format!(
            "`{PIPELINE}` is not what `{}` compiles to, so its lines mean nothing there; run `{}` first",
            project.source.name,
            project.remedy.command(false)
        )));
    };
    let pipeline = Source::new(PIPELINE, text);
    let traced = Traced::new(&pipeline, &project.source, lowered);
    let Some(trace) = traced.and_then(|traced| traced.line(number)) else {
        let count = text.lines().count();
        return Err(Failure::usage(&format!(
            "`{PIPELINE}` has {count} lines, and no line {number}"
        )));
    };
    let mut out = Shown::default();
    out.line(&format!("{PIPELINE}:{number}: {}", trace.what));
    for (line, path) in &trace.places {
        out.line(&format!("  from {}:{line}: {path}", project.source.name));
    }
    for reason in &trace.reasons {
        out.line(&format!("  {reason}"));
    }
    print(&out)?;
    Ok(Verdict::Clean)
}
