//! From an existing `.gitlab-ci.yml` to a manifest that is proven to make the same pipeline.
//!
//! In: the text of a pipeline, its configuration, and the project around it. Out: an [`Imported`]
//! manifest, or why there is none. Always holds: the manifest was compiled, and compared with the
//! pipeline as [`diff`](crate::diff) does, and nothing changes in what was compared. No input panics.
//!
//! ```text
//! text -> blocks, scalars -> sections -> proposals -> compile, diff -> manifest
//! ```
//!
//! `blocks` cuts the text at its top-level keys, so that comments and layout stay; `scalars` finds
//! what has to be spelled another way; `sections` puts the blocks where a manifest has them; `values`
//! writes a pipeline anew where its text cannot be kept.

mod blocks;
mod scalars;
mod sections;
mod values;

use std::collections::HashSet;

use crate::check::Files;
use crate::compile::{InternalError, compile};
use crate::config::{Repository, load_text, read_pipeline};
use crate::diff::{Comparison, diff_all};
use crate::finding::{Code, Report, Severity};
use crate::gitlab::Version;
use crate::manifest::accepted::Accepted;
use crate::plan::Configs;
use crate::source::Source;

/// A manifest that makes the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its text.
    pub text: String,
    /// Whether it has the comments and the anchors of the pipeline.
    pub keeps_comments: bool,
    /// What was not compared, a sentence each, as what is included and not read.
    pub not_compared: Vec<String>,
    /// What is found in the manifest; no errors.
    pub report: Report,
}

/// Why there is no manifest.
#[derive(Debug)]
pub enum Refused {
    /// The manifest that was tried has errors.
    Findings(Report),
    /// It makes another pipeline.
    Differs(Comparison),
    /// A fault of windlass itself.
    Internal(InternalError),
}

/// What an import is about.
pub struct Pipeline<'a> {
    /// The text of the pipeline.
    pub source: &'a Source,
    /// What it is read to.
    pub configs: &'a Configs<'a>,
    /// The default branch of its project.
    pub default_branch: &'a str,
}

/// Finds a manifest that makes the pipeline.
///
/// `manifest` is the path that it is to have; `target` the GitLab that it names, if any; `project` is
/// what surrounds it.
///
/// # Errors
///
/// Why there is none: what the first manifest that was tried is refused for.
pub fn import<P>(
    pipeline: &Pipeline<'_>,
    manifest: &str,
    target: Option<Version>,
    project: &P,
) -> Result<Imported, Refused>
where
    P: Files + Repository + Clone + 'static,
{
    let mut refused = None;
    for mut proposal in proposals(pipeline.source, target).map_err(Refused::Findings)? {
        let mut tried = compared(pipeline, manifest, &proposal, project);
        if let Err(Refused::Findings(report)) = &tried
            && let Some(accepted) = accepted(report)
        {
            proposal.text.push_str(&accepted);
            tried = compared(pipeline, manifest, &proposal, project);
        }
        match tried {
            Ok((comparison, report)) if comparison.effects.is_empty() => {
                return Ok(Imported {
                    text: proposal.text,
                    keeps_comments: proposal.keeps_comments,
                    not_compared: comparison.not_compared,
                    report,
                });
            }
            Ok((comparison, _)) => {
                refused.get_or_insert(Refused::Differs(comparison));
            }
            Err(fault @ Refused::Internal(_)) => return Err(fault),
            Err(why) => {
                refused.get_or_insert(why);
            }
        }
    }
    Err(refused.unwrap_or_else(|| Refused::Findings(Report::about(pipeline.source.clone()))))
}

/// What changes if the manifest takes the pipeline's place, and what is found in it.
fn compared<P>(
    pipeline: &Pipeline<'_>,
    manifest: &str,
    proposal: &Proposal,
    project: &P,
) -> Result<(Comparison, Report), Refused>
where
    P: Files + Repository + Clone + 'static,
{
    let source = Source::new(manifest, proposal.text.as_str());
    let compiled = compile(&source, project).map_err(Refused::Internal)?;
    let (Some(lowered), Some(_)) = (compiled.lowered, compiled.files) else {
        return Err(Refused::Findings(compiled.report));
    };
    let project = project.clone();
    let after =
        Configs::new(move |given| read_pipeline(&lowered.pipeline, &source, &project, given));
    let after = after.map_err(Refused::Findings)?;
    let comparison = diff_all(pipeline.configs, &after, pipeline.default_branch);
    Ok((comparison, compiled.report))
}

/// The line that accepts what the pipeline does already; `None` if a manifest cannot accept all errors.
fn accepted(report: &Report) -> Option<String> {
    let errors = report.sorted();
    let errors = errors
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let codes: HashSet<Code> = errors.map(|found| found.code).collect();
    let words: Vec<&str> = Accepted::ALL
        .iter()
        .copied()
        .filter(|word| codes.contains(&word.code()))
        .map(Accepted::as_str)
        .collect();
    (words.len() == codes.len()).then(|| {
        format!(
            "\n# As it was before the import.\naccept: [{}]\n",
            words.join(", ")
        )
    })
}

/// A manifest that should make the pipeline.
struct Proposal {
    text: String,
    keeps_comments: bool,
}

/// What to try, the nicest first. None if GitLab's YAML loader takes the text for no mapping.
fn proposals(source: &Source, target: Option<Version>) -> Result<Vec<Proposal>, Report> {
    let root = load_text(source)?;
    let Some(map) = root.as_map() else {
        return Ok(Vec::new());
    };
    let mut all: Vec<Proposal> = Vec::new();
    if let Some(file) = blocks::cut(source) {
        for order in sections::ORDERS {
            all.push(Proposal {
                text: sections::arranged(&file, map, target, order),
                keeps_comments: true,
            });
        }
    }
    if let Some(text) = values::written(map, target) {
        all.push(Proposal {
            text,
            keeps_comments: false,
        });
    }
    Ok(all)
}
