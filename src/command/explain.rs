//! `windlass explain`: what a finding means and how to fix it, or where a key or a line of the pipeline comes from.

use windlass::files::{PIPELINE, Status, compare, normalize};
use windlass::finding::Code;
use windlass::finding::explain::explain;
use windlass::presets::{Value, is_path};
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
    if args.what.parse::<Code>().is_err() && is_path(&args.what) {
        return key(options, &args.what);
    }
    let page = explain(&args.what).map_err(Failure::Usage)?;
    print(&Shown::of_document(page))?;
    Ok(Verdict::Clean)
}

/// Which file the value of a key comes from.
fn key(options: &Options, path: &str) -> Result<Verdict, Failure> {
    let project = compilation(options)?;
    let Some(composed) = &project.composed else {
        say_findings(&project.report, options);
        return Err(Failure::Said);
    };
    let Some(origin) = composed.origin(path) else {
        let presets = match composed.presets.is_empty() {
            true => "does not set",
            false => "and its presets do not set",
        };
        let name = &composed.source.name;
        return Err(Failure::usage(&format!("`{name}` {presets} `{path}`")));
    };
    let told = |value: &Value| {
        let text = value.text.as_ref().map(|text| format!(": {text}"));
        format!(
            "{}:{}: {}{}",
            value.file,
            value.line,
            value.path,
            text.unwrap_or_default()
        )
    };
    let mut out = Shown::default();
    for (number, value) in origin.values.iter().enumerate() {
        let with = if number == 0 { "" } else { "  with " };
        out.line(&format!("{with}{}", told(value)));
    }
    for hidden in &origin.instead_of {
        out.line(&format!("  instead of {}", told(hidden)));
    }
    print(&out)?;
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
    let (Some(files), Some(lowered), Some(composed)) =
        (&project.files, &project.lowered, &project.composed)
    else {
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
    let traced = Traced::new(&pipeline, composed, lowered);
    let Some(trace) = traced.and_then(|traced| traced.line(number)) else {
        let count = text.lines().count();
        return Err(Failure::usage(&format!(
            "`{PIPELINE}` has {count} lines, and no line {number}"
        )));
    };
    let mut out = Shown::default();
    out.line(&format!("{PIPELINE}:{number}: {}", trace.what));
    for (place, path) in &trace.places {
        out.line(&format!("  from {place}: {path}"));
    }
    for reason in &trace.reasons {
        out.line(&format!("  {reason}"));
    }
    print(&out)?;
    Ok(Verdict::Clean)
}
