//! The templates and what they are shown.
//!
//! In: a document and the plan for it. Out: the text of a file. Always holds: every `{{ }}` of a
//! template writes a YAML scalar that reads back as its value; only text which Rust has written
//! as YAML passes as it is. An undefined name in a template is an error.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value as View;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context,
};

use super::block::Writer;
use super::merge::{Content, Merged};
use super::sharing::Plan;
use super::{Reason, RenderError, scalar};
use crate::pipeline::{ComposeBuild, ComposeOverride, Document, Value};

const PIPELINE: &str = "pipeline.yml.j2";
const COMPOSE_OVERRIDE: &str = "compose.override.yml.j2";

/// Every template under its id.
const TEMPLATES: [(&str, &str); 2] = [
    (PIPELINE, include_str!("../../templates/pipeline.yml.j2")),
    (
        COMPOSE_OVERRIDE,
        include_str!("../../templates/compose.override.yml.j2"),
    ),
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(environment);

/// Only what the templates use: the whole process is meant to take a millisecond.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::empty();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
    environment.set_formatter(write_scalar);
    environment.add_filter("comment", comment);
    environment.add_filter("heading", heading);
    for (id, source) in TEMPLATES {
        environment.add_template(id, source)?;
    }
    Ok(environment)
}

/// Writes what a `{{ }}` holds.
fn write_scalar(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &View) -> Result<(), Error> {
    let refuse = |message| Error::new(ErrorKind::BadSerialization, message);
    let Some(text) = value.as_str() else {
        return Err(refuse(format!("{value:?} is not a string")));
    };
    if value.is_safe() {
        return out.write_str(text).map_err(Error::from);
    }
    let mut line = String::new();
    scalar::write_line(&mut line, text).map_err(|reason| refuse(format!("{reason:?}")))?;
    out.write_str(&line).map_err(Error::from)
}

/// Comment lines, or nothing.
fn comment(text: &str) -> View {
    let mut lines = String::new();
    for line in text.trim().lines() {
        let line = format!("# {}", scalar::comment_line(line));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    View::from_safe_string(lines)
}

/// The comment above a section.
fn heading(title: &str) -> View {
    View::from_safe_string(format!("# --- {} ---", scalar::comment_line(title).trim()))
}

fn fill(template: &str, context: View) -> Result<String, RenderError> {
    let failed = |error: &Error| RenderError::from(Reason::Template(format!("{error:#}")));
    let environment = ENVIRONMENT.as_ref().map_err(failed)?;
    environment
        .get_template(template)
        .and_then(|template| template.render(context))
        .map_err(|error| failed(&error))
}

/// Fills the template of a `.gitlab-ci.yml`.
pub(super) fn pipeline(document: &Document, plan: &Plan<'_>) -> Result<String, RenderError> {
    let mut globals = Vec::new();
    for (key, value) in document.globals.iter() {
        let mut writer = Writer::new(None);
        writer.entry(key, value, 0)?;
        globals.push(writer.finish());
    }
    let mut shared = Vec::new();
    for holder in &plan.holders {
        shared.push(in_holder(&holder.name, plan, |writer| {
            holder.definitions.iter().try_for_each(|(key, definition)| {
                writer.key(key, Some(&definition.anchor), 2)?;
                writer.value(key, definition.value, 2)
            })
        })?);
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
        shared.push(hidden_job(&hidden.name, &base.comment, anchor, body));
    }
    let mut sections = Vec::new();
    let mut jobs = plan.merges.jobs.iter();
    for section in &document.sections {
        let views = jobs
            .by_ref()
            .take(section.jobs.len())
            .map(|merged| job(merged, plan))
            .collect::<Result<Vec<View>, RenderError>>()?;
        if !views.is_empty() {
            sections.push(context! { title => &section.title, jobs => views });
        }
    }
    let mut text = fill(PIPELINE, context! { globals, shared, sections })?;
    // Every block of the template ends with an empty line; the file does not.
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    Ok(text)
}

fn in_holder<'a>(
    name: &str,
    plan: &'a Plan<'a>,
    write: impl FnOnce(&mut Writer<'a>) -> Result<(), RenderError>,
) -> Result<View, RenderError> {
    let body = body(name, plan, write)?;
    Ok(hidden_job(name, "", String::new(), body))
}

fn hidden_job(name: &str, comment: &str, anchor: String, body: View) -> View {
    context! { name, comment, anchor => View::from_safe_string(anchor), body }
}

fn job(merged: &Merged<'_>, plan: &Plan<'_>) -> Result<View, RenderError> {
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
    Ok(context! { name => &job.name, comment => &job.comment, body })
}

/// What stands below the name of a job.
fn body<'a>(
    name: &str,
    plan: &'a Plan<'a>,
    write: impl FnOnce(&mut Writer<'a>) -> Result<(), RenderError>,
) -> Result<View, RenderError> {
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
    fn finish(mut self) -> View {
        if self.out.ends_with('\n') {
            self.out.pop();
        }
        View::from_safe_string(self.out)
    }
}

/// Fills the template of a compose override.
pub(super) fn compose_override(file: &ComposeOverride) -> Result<String, RenderError> {
    let mut services = Vec::new();
    for service in &file.services {
        let at = |reason: Reason| RenderError::from(reason).below(&service.name);
        scalar::write_key(&mut String::new(), &service.name).map_err(at)?;
        scalar::write_line(&mut String::new(), &service.image).map_err(at)?;
        let (comment, build) = match &service.build {
            ComposeBuild::Reset => (
                "Pulled, never rebuilt: the image under test is the one that was built.",
                View::from_safe_string("    build: !reset null".to_owned()),
            ),
            ComposeBuild::Kept => (
                "Pulled before compose starts, which builds only what is missing.",
                View::from(""),
            ),
            ComposeBuild::Over(keys) if keys.is_empty() => ("", View::from("")),
            ComposeBuild::Over(keys) => {
                let mut writer = Writer::new(None);
                let keys = Value::Map(keys.clone());
                let written = writer.entry("build", &keys, 4);
                written.map_err(|error| error.below(&service.name))?;
                ("", writer.finish())
            }
        };
        services.push(context! {
            name => &service.name,
            image => &service.image,
            comment => View::from_safe_string(comment.to_owned()),
            build,
        });
    }
    let mut secrets = Vec::new();
    for (id, variable) in &file.secrets {
        let at = |reason: Reason| RenderError::from(reason).below(id);
        scalar::write_key(&mut String::new(), id).map_err(at)?;
        secrets.push(context! { id, variable });
    }
    fill(COMPOSE_OVERRIDE, context! { services, secrets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_resolves() {
        let environment = environment().unwrap();
        for (id, _) in TEMPLATES {
            assert_eq!(environment.get_template(id).unwrap().name(), id);
        }
    }

    #[test]
    fn an_undefined_name_is_an_error() {
        let error = fill(PIPELINE, context! {}).unwrap_err();
        assert!(matches!(error.reason, Reason::Template(_)), "{error}");
    }

    #[test]
    fn a_placeholder_writes_a_scalar() {
        let environment = environment().unwrap();
        let written = environment
            .render_named_str("x.yml.j2", "a: {{ a }}\n", context! { a => "1: 2" })
            .unwrap();
        assert_eq!(written, "a: \"1: 2\"\n");
    }
}
