//! Where everything stands in a file.
//!
//! In: a document and the plan for it. Out: the text of a file. Always holds: a name is written as a YAML scalar that
//! reads back as it, and what a person wrote into a comment stays there.

use super::block::Writer;
use super::merge::{Content, Merged};
use super::sharing::Plan;
use super::{Reason, RenderError, scalar};
use crate::pipeline::{ComposeBuild, ComposeOverride, Document, Value};

/// Comment lines, or nothing.
fn comment(out: &mut String, text: &str) {
    for line in text.trim().lines() {
        let line = scalar::comment_line(line);
        let line = line.trim_end();
        out.push_str(if line.is_empty() { "#" } else { "# " });
        out.push_str(line);
        out.push('\n');
    }
}

/// The comment above a section.
fn heading(out: &mut String, title: &str) {
    let title = scalar::comment_line(title);
    out.push_str("# --- ");
    out.push_str(title.trim());
    out.push_str(" ---\n\n");
}

/// A name, or another text of one line.
fn line(out: &mut String, text: &str) -> Result<(), RenderError> {
    scalar::write_line(out, text).map_err(|reason| RenderError::from(reason).below(text))
}

/// Writes a `.gitlab-ci.yml`: the global keys, what jobs share, then the jobs by section.
pub(super) fn pipeline(document: &Document, plan: &Plan<'_>) -> Result<String, RenderError> {
    let mut text = String::new();
    for (key, value) in document.globals.iter() {
        let mut writer = Writer::new(None);
        writer.entry(key, value, 0)?;
        text.push_str(&writer.finish());
        text.push_str("\n\n");
    }
    let mut shared = String::new();
    for holder in &plan.holders {
        let body = body(&holder.name, plan, |writer| {
            holder.definitions.iter().try_for_each(|(key, definition)| {
                writer.key(key, Some(&definition.anchor), 2)?;
                writer.value(key, definition.value, 2)
            })
        })?;
        block(&mut shared, "", &holder.name, "", &body)?;
    }
    for (index, (base, name)) in document.bases.iter().zip(&plan.bases).enumerate() {
        let Some(hidden) = name else { continue };
        let body = body(&hidden.name, plan, |writer| {
            base.keys.iter().try_for_each(|(key, value)| {
                let anchor = plan.extended.get(&(index, key)).map(String::as_str);
                writer.key(key, anchor, 2)?;
                writer.value(key, value, 2)
            })
        })?;
        let anchor = format!(" &{}", hidden.anchor);
        block(&mut shared, &base.comment, &hidden.name, &anchor, &body)?;
    }
    if !shared.is_empty() {
        heading(&mut text, "Shared by several jobs");
        text.push_str(&shared);
    }
    let mut jobs = plan.merges.jobs.iter();
    for section in &document.sections {
        if !section.title.is_empty() && !section.jobs.is_empty() {
            heading(&mut text, &section.title);
        }
        for merged in jobs.by_ref().take(section.jobs.len()) {
            job(&mut text, merged, plan)?;
        }
    }
    // Every block ends with an empty line; the file does not.
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    Ok(text)
}

/// Something with a name of its own at the top of the file, and an empty line.
fn block(
    out: &mut String,
    above: &str,
    name: &str,
    anchor: &str,
    body: &str,
) -> Result<(), RenderError> {
    comment(out, above);
    line(out, name)?;
    out.push(':');
    out.push_str(anchor);
    out.push('\n');
    out.push_str(body);
    out.push_str("\n\n");
    Ok(())
}

fn job(out: &mut String, merged: &Merged<'_>, plan: &Plan<'_>) -> Result<(), RenderError> {
    let Merged { job, bases, fields } = merged;
    let anchors: Vec<&str> = bases
        .iter()
        .filter_map(|&base| Some(plan.bases.get(base)?.as_ref()?.anchor.as_str()))
        .collect();
    let body = body(&job.name, plan, |writer| {
        if !anchors.is_empty() {
            writer.merge(&anchors, 2);
        }
        fields.iter().try_for_each(|field| match &field.content {
            Content::Whole(value) => writer.entry(field.key, value, 2),
            Content::Extending { base, rest } => {
                let Some(anchor) = plan.extended.get(&(*base, field.key)) else {
                    return Err(RenderError::new(field.key, Reason::UnknownBase));
                };
                writer.key(field.key, None, 2)?;
                writer.out.push('\n');
                writer.merge(&[anchor], 4);
                rest.iter()
                    .try_for_each(|(key, value)| writer.entry(key, value, 4))
                    .map_err(|error| error.below(field.key))
            }
        })
    })?;
    block(out, &job.comment, &job.name, "", &body)
}

/// What stands below the name of a job.
fn body<'a>(
    name: &str,
    plan: &'a Plan<'a>,
    write: impl FnOnce(&mut Writer<'a>) -> Result<(), RenderError>,
) -> Result<String, RenderError> {
    scalar::write_key(&mut String::new(), name)
        .map_err(|reason| RenderError::from(reason).below(name))?;
    let mut writer = Writer::new(Some(&plan.aliases));
    write(&mut writer).map_err(|error| error.below(name))?;
    if writer.out.is_empty() {
        writer.out.push_str("  {}");
    }
    Ok(writer.finish())
}

impl<'a> Writer<'a> {
    fn finish(mut self) -> String {
        if self.out.ends_with('\n') {
            self.out.pop();
        }
        self.out
    }
}

/// Writes a compose override: services that run a built image.
pub(super) fn compose_override(file: &ComposeOverride) -> Result<String, RenderError> {
    let mut text = String::new();
    text.push_str(match file.services.is_empty() {
        true => "services: {}\n",
        false => "services:\n",
    });
    for service in &file.services {
        let at = |reason: Reason| RenderError::from(reason).below(&service.name);
        scalar::write_key(&mut String::new(), &service.name).map_err(at)?;
        text.push_str("  ");
        line(&mut text, &service.name)?;
        text.push_str(":\n");
        let comment = match &service.build {
            ComposeBuild::Reset => {
                "    # Pulled, never rebuilt: the image under test is the one that was built.\n"
            }
            ComposeBuild::Kept => {
                "    # Pulled before compose starts, which builds only what is missing.\n"
            }
            ComposeBuild::Over(_) => "",
        };
        text.push_str(comment);
        text.push_str("    image: ");
        scalar::write_line(&mut text, &service.image).map_err(at)?;
        text.push('\n');
        match &service.build {
            ComposeBuild::Reset => text.push_str("    build: !reset null\n"),
            ComposeBuild::Over(keys) if !keys.is_empty() => {
                let mut writer = Writer::new(None);
                let written = writer.entry("build", &Value::Map(keys.clone()), 4);
                written.map_err(|error| error.below(&service.name))?;
                text.push_str(&writer.finish());
                text.push('\n');
            }
            ComposeBuild::Kept | ComposeBuild::Over(_) => {}
        }
    }
    if !file.secrets.is_empty() {
        text.push_str("\nsecrets:\n");
    }
    for (id, variable) in &file.secrets {
        let at = |reason: Reason| RenderError::from(reason).below(id);
        scalar::write_key(&mut String::new(), id).map_err(at)?;
        text.push_str("  ");
        line(&mut text, id)?;
        text.push_str(":\n    environment: ");
        scalar::write_line(&mut text, variable).map_err(at)?;
        text.push('\n');
    }
    Ok(text)
}
