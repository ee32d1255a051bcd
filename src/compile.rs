//! From a manifest's text to the files it stands for: all steps of the compiler in one call.
//!
//! In: a [`Source`] and the project around it. Out: everything that was found, and the files if
//! nothing was an error. Always holds: no input panics; nothing is written here; what is given out
//! has been read back and equals the pipeline that was planned.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::check::{Files, check};
use crate::files::{self, FileSet, GeneratedFile, Links, Unread};
use crate::finding::{Code, Finding, Location, Report};
use crate::gitlab::{Version, limits};
use crate::lower::{Lowered, lower};
use crate::manifest::{self, Manifest};
use crate::mutant::{self, Mutant};
use crate::pipeline::Document;
use crate::presets::{Composed, compose};
use crate::proof::Contradiction;
use crate::source::{Limits, Node, Place, Source, parse};
use crate::{proof, render, target, verify};

/// The project that a manifest is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its root folder, where `.gitlab-ci.yml` lies.
    pub root: PathBuf,
}

/// Bytes of manifests that are read from one folder; beyond it nothing is known of them.
const APPLIED: usize = 8 << 20;

impl Files for Project {
    fn exists(&self, path: &str) -> bool {
        files::look(&self.root, path).is_ok()
    }

    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        let read = |path: &str| {
            let text = files::read(&self.root, path, Links::Inside, Limits::APPLIED.bytes).ok()?;
            Some(Source::new(path, text))
        };
        let path = files::normalize(path);
        match files::names(&self.root, &path) {
            None => Some(vec![read(&path)?]),
            Some(names) => {
                let manifests = names.iter().filter(|name| {
                    let extension = Path::new(name).extension();
                    extension.is_some_and(|of| of == "json" || of == "yaml" || of == "yml")
                });
                let mut left = APPLIED;
                manifests
                    .map(|name| {
                        let source = read(&format!("{path}/{name}"))?;
                        left = left.checked_sub(source.text.len())?;
                        Some(source)
                    })
                    .collect()
            }
        }
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        files::read(&self.root, path, Links::Refused, Limits::MANIFEST.bytes)
    }

    fn refused(&self, path: &str) -> Option<String> {
        match files::look(&self.root, path) {
            Ok(()) | Err(Unread::Absent) => None,
            Err(unread) => Some(unread.reason()),
        }
    }
}

/// What compiling gave.
#[derive(Debug)]
pub struct Compiled {
    /// All that was found.
    pub report: Report,
    /// The manifest with its presets.
    pub composed: Composed,
    /// The pipeline, typed; `None` if the manifest cannot be lowered. There is one where only the
    /// proof refuses it, so that `plan` can show why.
    pub lowered: Option<Lowered>,
    /// The files; `None` if something found is an error.
    pub files: Option<FileSet>,
}

/// A fault of windlass itself: what it wrote is not what it planned, or what it planned is not what
/// the manifest says. Nothing is given out then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalError(pub String);

impl fmt::Display for InternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error, nothing was written: {}", self.0)
    }
}

impl std::error::Error for InternalError {}

impl From<Contradiction> for InternalError {
    fn from(fault: Contradiction) -> Self {
        Self(fault.to_string())
    }
}

/// Reads a manifest without its presets. `None` if its text is not a mapping at all; the report says why.
pub fn read(source: &Source, report: &mut Report) -> Option<Manifest> {
    let root = parse(source, Limits::MANIFEST, report);
    read_tree(root.as_ref(), report)
}

/// Reads the tree of a manifest.
fn read_tree(root: Option<&Node>, report: &mut Report) -> Option<Manifest> {
    if root.is_none() && !report.has_errors() {
        let message = "the manifest is empty";
        let finding = Finding::new(Code::Empty, Location::WHOLE, message);
        report.push(finding.help("it starts with `windlass: 1`"));
    }
    manifest::read(root?, report)
}

/// Compiles a manifest.
///
/// # Errors
///
/// Only if windlass itself is at fault; what is wrong with the manifest is in the report.
pub fn compile(source: &Source, files: &dyn Files) -> Result<Compiled, InternalError> {
    let mut report = Report::about(source.clone());
    let composed = compose(source, files, &mut report);
    let source = &composed.source;
    let manifest = read_tree(composed.root.as_ref(), &mut report);
    if let (Some(manifest), Some(root)) = (manifest, &composed.root) {
        check(&manifest, files, &mut report);
        // What a preset offers need not be used by each project.
        let is_offered = |finding: &Finding| match finding.location {
            Location::Text(Place { file: 0, span }) => composed.is_preset(span),
            _ => false,
        };
        report = report.filtered(|finding| finding.code != Code::Unused || !is_offered(finding));
        report.accept(|finding| manifest.accepts(&composed, finding));
        let lowered = (!report.has_errors()).then(|| {
            let lowered = lower(&manifest);
            let document = lowered.pipeline.to_document();
            (lowered, document)
        });
        if let Some((lowered, document)) = &lowered {
            let Lowered {
                pipeline,
                lacks,
                faults,
                ..
            } = lowered;
            for fault in faults {
                report.push(fault.clone());
            }
            target::check(&manifest, root, pipeline, document, lacks, &mut report);
        }
        if let Some((lowered, document)) = lowered.filter(|_| !report.has_errors()) {
            if !mutant::on(Mutant::Unproven) {
                proof::check(
                    &manifest,
                    root,
                    &lowered,
                    &document,
                    source,
                    files,
                    &mut report,
                )?;
            }
            report.accept(|finding| manifest.accepts(&composed, finding));
            let files = match report.has_errors() {
                true => None,
                false => {
                    let written = write(&lowered, &document, root.digest())?;
                    match written.too_large(manifest.target()) {
                        Some(finding) => {
                            report.push(finding);
                            None
                        }
                        None => Some(written.files),
                    }
                }
            };
            return Ok(Compiled {
                report,
                composed,
                lowered: Some(lowered),
                files,
            });
        }
    }
    Ok(Compiled {
        report,
        composed,
        lowered: None,
        files: None,
    })
}

/// The files of a pipeline that was read back.
struct Written {
    files: FileSet,
    /// The bytes that the pipeline takes in GitLab's memory.
    memory: usize,
}

impl Written {
    /// What is found if the target reads no file as large.
    fn too_large(&self, target: Version) -> Option<Finding> {
        let most = limits::parsed_size(target).filter(|most| self.memory > *most)?;
        let megabytes = |bytes: usize| bytes.div_ceil(1 << 20);
        let message = format!(
            "the pipeline takes {} MB when GitLab has parsed it; GitLab {target} takes {}",
            megabytes(self.memory),
            megabytes(most)
        );
        let finding = Finding::new(Code::PipelineTooLarge, Location::WHOLE, message)
            .help("an anchor counts again wherever it is used: split the project, or move commands into scripts");
        Some(finding)
    }
}

/// Writes the files of a lowered manifest, and reads the pipeline back.
fn write(
    lowered: &Lowered,
    document: &Document,
    made_from: String,
) -> Result<Written, InternalError> {
    let text = render::pipeline(document).map_err(|error| InternalError(error.to_string()))?;
    let verified = verify::verify(&text, document);
    let memory = verified
        .map_err(|error| InternalError(error.to_string()))?
        .memory;
    let mut files = vec![file(files::PIPELINE, text)];
    let companions = companions(lowered)?.into_iter();
    files.extend(companions.map(|(path, text)| file(&path, text)));
    Ok(Written {
        files: FileSet { files, made_from },
        memory,
    })
}

/// The files that a lowered manifest writes beside the pipeline, each its path and text without a header, read
/// back.
///
/// # Errors
///
/// Only if windlass itself is at fault.
pub fn companions(lowered: &Lowered) -> Result<Vec<(String, String)>, InternalError> {
    let Some((path, compose)) = &lowered.compose else {
        return Ok(Vec::new());
    };
    let text = render::compose_override(compose)
        .map_err(|error| InternalError(format!("{path}: {error}")))?;
    verify::verify_compose(&text, compose)
        .map_err(|error| InternalError(format!("{path}: {error}")))?;
    Ok(vec![(path.to_string(), text)])
}

fn file(path: &str, body: String) -> GeneratedFile {
    GeneratedFile {
        path: path.to_owned(),
        body,
        executable: false,
    }
}
