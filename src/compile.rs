//! From a manifest's text to the files it stands for: all steps of the compiler in one call.
//!
//! In: a [`Source`] and the project around it. Out: everything that was found, and the files if
//! nothing was an error. Always holds: no input panics; nothing is written here; what is given out
//! has been read back and equals the pipeline that was planned.

use std::fmt;
use std::path::PathBuf;

use crate::check::{Files, check};
use crate::files::{FileSet, GeneratedFile};
use crate::finding::{Code, Finding, Place, Report};
use crate::lower::{Lowered, REGISTRY_SCRIPT, lower};
use crate::manifest::{self, Manifest};
use crate::source::{Limits, Node, Source, parse};
use crate::{proof, render, target, verify};

/// The project that a manifest is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its root folder, where `.gitlab-ci.yml` lies.
    pub root: PathBuf,
}

impl Files for Project {
    fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

/// What compiling gave.
#[derive(Debug)]
pub struct Compiled {
    /// All that was found.
    pub report: Report,
    /// The pipeline, typed; `None` if the manifest cannot be lowered. There is one where only the
    /// proof refuses it, so that `plan` can show why.
    pub lowered: Option<Lowered>,
    /// The files; `None` if something found is an error.
    pub files: Option<FileSet>,
}

/// A fault of windlass itself: what it wrote is not what it planned. Nothing is given out then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalError(pub String);

impl fmt::Display for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error, nothing was written: {}", self.0)
    }
}

impl std::error::Error for InternalError {}

/// Reads a manifest. `None` if its text is no mapping at all; the report says why.
pub fn read(source: &Source, report: &mut Report) -> Option<Manifest> {
    read_with_tree(source, report).map(|(manifest, _)| manifest)
}

/// The same, with the tree that it was read from.
fn read_with_tree(source: &Source, report: &mut Report) -> Option<(Manifest, Node)> {
    let root = parse(source, Limits::MANIFEST, report);
    if root.is_none() && !report.has_errors() {
        let message = "the manifest is empty";
        let finding = Finding::at(Code::Empty, Place::Whole, message);
        report.push(finding.help("it starts with `windlass: 1`"));
    }
    let root = root?;
    Some((manifest::read(&root, report)?, root))
}

/// Compiles a manifest.
///
/// # Errors
///
/// Only if windlass itself is at fault; what is wrong with the manifest is in the report.
pub fn compile(source: &Source, files: &dyn Files) -> Result<Compiled, InternalError> {
    let mut report = Report::default();
    if let Some((manifest, root)) = read_with_tree(source, &mut report) {
        check(&manifest, files, &mut report);
        let lowered = (!report.has_errors()).then(|| lower(&manifest));
        if let Some(Lowered {
            pipeline,
            lacks,
            faults,
            ..
        }) = &lowered
        {
            for fault in faults {
                report.push(fault.clone());
            }
            target::check(&manifest, &root, pipeline, lacks, &mut report);
        }
        if let Some(lowered) = lowered.filter(|_| !report.has_errors()) {
            proof::check(&manifest, &root, &lowered, source, &mut report);
            let files = match report.has_errors() {
                true => None,
                false => Some(write(&lowered)?),
            };
            return Ok(Compiled {
                report,
                lowered: Some(lowered),
                files,
            });
        }
    }
    Ok(Compiled {
        report,
        lowered: None,
        files: None,
    })
}

/// Writes the files of a lowered manifest, and reads the pipeline back.
///
/// # Errors
///
/// If what is read back is not what was planned.
pub fn write(lowered: &Lowered) -> Result<FileSet, InternalError> {
    let document = lowered.pipeline.to_document();
    let text = render::pipeline(&document).map_err(|error| InternalError(error.to_string()))?;
    verify::verify(&text, &document).map_err(|error| InternalError(error.to_string()))?;
    let mut files = vec![file(".gitlab-ci.yml", text)];
    if let Some((path, compose)) = &lowered.compose {
        let text = render::compose_override(compose)
            .map_err(|error| InternalError(format!("{path}: {error}")))?;
        files.push(file(path, text));
    }
    if let Some(path) = &lowered.registry_script {
        files.push(file(path, REGISTRY_SCRIPT.to_owned()));
    }
    Ok(FileSet { files })
}

fn file(path: &str, body: String) -> GeneratedFile {
    GeneratedFile {
        path: path.to_owned(),
        body,
        executable: false,
    }
}
