//! The project that a command works on, and its compiled manifest.
//!
//! In: the options. Out: the files that the manifest stands for, or the reason why there are none,
//! as findings. Always holds: only a regular file of bounded size is read, so that nothing hangs.

use std::fs;
use std::path::{Path, PathBuf};

use windlass::check::Files;
use windlass::compile::compile;
use windlass::files::{
    self, DEFAULT_MANIFEST, FileSet, Links, Remedy, Unread, check_relative, shell_word,
};
use windlass::finding::{Code, Finding, Location, Report};
use windlass::lower::Lowered;
use windlass::presets::Composed;
use windlass::source::{Limits, Source};

use super::Failure;
use super::configuration::Folder;
use crate::cli::Options;

/// A project whose manifest could be read, or not.
pub(super) struct Compilation {
    /// The project's root.
    pub(super) root: PathBuf,
    /// The manifest with its presets, under the name that messages and headers use; empty if it cannot be read.
    pub(super) source: Source,
    /// What it is made of; `None` if it cannot be read.
    pub(super) composed: Option<Composed>,
    /// All that was found in it.
    pub(super) report: Report,
    /// What it compiles to; `None` after an error.
    pub(super) files: Option<FileSet>,
    /// The pipeline and its companions; `None` after an error.
    pub(super) lowered: Option<Lowered>,
    /// Whether the manifest is there and can be read, whatever it holds.
    pub(super) readable: bool,
    /// The options to repeat in the command that fixes.
    pub(super) remedy: Remedy,
}

/// Why a file gives no text.
pub(super) struct Unreadable {
    /// What to say about it.
    pub(super) report: Report,
    /// Whether there is a file that can be read, and only its content is wrong.
    pub(super) readable: bool,
}

impl Unreadable {
    /// Why a file of this name gives no text.
    pub(super) fn of(name: &str, unread: &Unread, hint: Option<String>) -> Self {
        let finding = |code, message: String| Finding::new(code, Location::WHOLE, message);
        let finding = match unread {
            Unread::Absent => {
                let message = format!("cannot read `{name}`: there is no such file");
                finding(Code::Unreadable, message).help_if(hint)
            }
            Unread::NotUtf8(bytes) => not_utf8(name, bytes),
            Unread::TooLarge(limit) => {
                let message = format!("`{name}` has more than {limit} bytes");
                finding(Code::TooLarge, message)
            }
            unread => finding(Code::Unreadable, format!("`{name}` {}", unread.reason())),
        };
        let readable = finding.code != Code::Unreadable;
        let report = Report::of(&[Source::new(name, "")], [finding]);
        Self { report, readable }
    }
}

/// The project's folder, which exists.
pub(super) fn root(options: &Options) -> Result<PathBuf, Failure> {
    let root = options.directory().unwrap_or(Path::new(".")).to_owned();
    let cannot = |error| {
        Failure::Io(format!(
            "cannot open the folder `{}`: {error}",
            root.display()
        ))
    };
    if !fs::metadata(&root).map_err(cannot)?.is_dir() {
        return Err(Failure::Io(format!("`{}` is not a folder", root.display())));
    }
    Ok(root)
}

/// A file of the project that is not the manifest.
pub(super) fn source_of(root: &Path, name: &str) -> Result<Source, Unreadable> {
    let text = read(root, name).map_err(|unread| Unreadable::of(name, &unread, None))?;
    Ok(Source::new(name, text))
}

/// Reads and compiles the manifest.
pub(super) fn compilation(options: &Options) -> Result<Compilation, Failure> {
    compilation_with(options, |root| Box::new(Folder::of(options, root)))
}

/// The same with other files around it: those that are made for the project's root.
pub(super) fn compilation_with(
    options: &Options,
    files: impl FnOnce(&Path) -> Box<dyn Files>,
) -> Result<Compilation, Failure> {
    let root = root(options)?;
    let remedy = Remedy {
        directory: options.directory().map(|dir| dir.display().to_string()),
        manifest: options.manifest.clone(),
    };
    let manifest = name(&root, options.manifest());
    let text = read(&root, &manifest);
    let mut compilation = Compilation {
        root,
        source: Source::new(manifest.clone(), ""),
        report: Report::about(Source::new(manifest, "")),
        files: None,
        lowered: None,
        composed: None,
        readable: true,
        remedy,
    };
    match text {
        Ok(text) => {
            let manifest = Source::new(compilation.source.name, text);
            let compiled = compile(&manifest, files(&compilation.root).as_ref())
                .map_err(|error| Failure::Io(error.to_string()))?;
            compilation.source = compiled.composed.source.clone();
            compilation.composed = Some(compiled.composed);
            compilation.report = compiled.report;
            compilation.files = compiled.files;
            compilation.lowered = compiled.lowered;
        }
        Err(unread) => {
            let hint = hint(&compilation.root);
            let unreadable = Unreadable::of(&compilation.source.name, &unread, Some(hint));
            compilation.report = unreadable.report;
            compilation.readable = unreadable.readable;
        }
    }
    Ok(compilation)
}

/// The manifest's path, written the same however it was given: it is part of what is generated.
fn name(root: &Path, given: &str) -> String {
    let path = Path::new(given);
    let inside = match (path.is_absolute(), root.canonicalize()) {
        (true, Ok(real)) => path.strip_prefix(root).or(path.strip_prefix(real)).ok(),
        _ => None,
    };
    let names = inside.unwrap_or(path).components();
    let short: PathBuf = names
        .filter(|part| *part != std::path::Component::CurDir)
        .collect();
    short.to_string_lossy().into_owned()
}

/// The text of a file without its byte order mark.
fn read(root: &Path, name: &str) -> Result<String, Unread> {
    let limit = Limits::MANIFEST.bytes;
    // A path that leaves the project is the user's own choice, where no link of the project made it.
    let mut text = match check_relative(name) {
        Ok(()) => files::read(root, name, Links::Inside, limit),
        Err(_) => files::read_regular(&root.join(name), limit),
    }?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Points at the first byte that is not UTF-8.
fn not_utf8(name: &str, bytes: &[u8]) -> Finding {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        let message = format!("`{name}` is UTF-16, not UTF-8");
        return Finding::new(Code::NotUtf8, Location::WHOLE, message).help("save it as UTF-8");
    }
    let good = bytes
        .utf8_chunks()
        .next()
        .map_or(0, |chunk| chunk.valid().len());
    let (before, rest) = bytes.split_at_checked(good).unwrap_or((bytes, &[]));
    let before = Source::new(name, String::from_utf8_lossy(before));
    let at = before.position(before.text.len());
    let byte = rest.first().copied().unwrap_or_default();
    let message = format!(
        "`{name}` is not UTF-8: byte 0x{byte:02x} at line {}, column {}",
        at.line, at.column
    );
    let path = name.to_owned();
    let place = Location::Line {
        path,
        line: at.line,
    };
    Finding::new(Code::NotUtf8, place, message).help("save it as UTF-8")
}

/// What was probably meant where there is no manifest.
fn hint(root: &Path) -> String {
    let near = ["windlass.yaml", ".windlass.yml"];
    match near.iter().find(|name| root.join(name).is_file()) {
        Some(name) => format!(
            "there is `{name}`: rename it to `{DEFAULT_MANIFEST}`, or name it with `-m {}`",
            shell_word(name)
        ),
        None => "`-C DIR` names another project, `-m MANIFEST` another manifest".to_owned(),
    }
}
