//! Every finding: a manifest or a pipeline that raises it, with all that is said about it, and a
//! near miss that does not.
//!
//! `tests/findings/CODE/raised*.yml` raises the code; `raised*.txt` is the report as people see
//! it. `near-miss.yml` is as close to it as can be, and compiles. What ends with `.gitlab-ci.yml` is
//! a pipeline that is read, and no manifest. `project/`, if there, is the project around them; else
//! every file of a manifest exists, and there is none to include.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod command;
mod contradictions;
mod pages;
mod places;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use windlass::check::Files;
use windlass::compile::{Project, compile};
use windlass::config;
use windlass::files::Unread;
use windlass::finding::output::{Format, Style, show};
use windlass::finding::{Code, Report, Severity};
use windlass::lint;
use windlass::plan::Configs;
use windlass::source::Source;

/// Codes about files on disk, and what another program says: they are raised through the command, in `command`.
const ON_DISK: [Code; 14] = [
    Code::MissingPreset,
    Code::ChangedPreset,
    Code::CyclicPresets,
    Code::BadLock,
    Code::StaleLock,
    Code::ShellCheck,
    Code::BadSetting,
    Code::Unreadable,
    Code::NotUtf8,
    Code::Drift,
    Code::OlderWindlass,
    Code::NewerWindlass,
    Code::EditedFile,
    Code::ForeignFile,
];

/// A project where every file exists.
struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

/// What is found in a manifest. Panics if windlass is at fault.
#[track_caller]
fn report(text: &str, files: &dyn Files) -> Report {
    let source = Source::new("windlass.yml", text);
    match compile(&source, files) {
        Ok(compiled) => {
            let clean = !compiled.report.has_errors();
            assert_eq!(clean, compiled.files.is_some(), "{text}");
            compiled.report
        }
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// What is found in a pipeline and the files that it includes; by lint, if that tells the code.
fn pipeline_report(code: Code, text: &str, repository: &dyn config::Repository) -> Report {
    // Some conditions are refused only when a pipeline is created, which the reader does not see.
    let mut told = lint::codes().chain([Code::Refused]);
    let is_linted = code != Code::UnreadInclude && told.any(|told| told == code);
    if is_linted {
        return linted(text, repository);
    }
    let main = Source::new(".gitlab-ci.yml", text);
    match config::read(main, repository).result {
        Ok(config) => config.report(),
        Err(report) => report,
    }
}

/// Codes that only lint tells.
const OF_LINT: [Code; 18] = [
    Code::ResourceGroupDeadlock,
    Code::UnusedAllow,
    Code::BadAllow,
    Code::StopElsewhere,
    Code::UnreachableRule,
    Code::DotenvInRules,
    Code::DeployFromMergeRequest,
    Code::MissingResourceGroup,
    Code::SecretInFile,
    Code::SecretHandedOn,
    Code::DebugTrace,
    Code::ScriptInjection,
    Code::PipedDownload,
    Code::UnverifiedConnection,
    Code::UnpinnedImage,
    Code::UnpinnedInclude,
    Code::UnprotectedCache,
    Code::NeedlessDaemon,
];

/// What lint finds in a pipeline. What an include leaves open is said of each.
fn linted(text: &str, repository: &dyn config::Repository) -> Report {
    let main = Source::new(".gitlab-ci.yml", text);
    let read = |given: &dyn config::Given| config::read_where(main.clone(), repository, given);
    let configs = match Configs::new(read) {
        Ok(configs) => configs,
        Err(report) => return report,
    };
    let project = lint::Project {
        file: ".gitlab-ci.yml",
        default_branch: None,
        repository,
        settings: &lint::Settings::default(),
        shellcheck: None,
    };
    lint::lint(&configs, &project).filtered(|found| found.code != Code::UnreadInclude)
}

/// A repository in a folder of fixtures.
struct Folder<'f>(&'f Path);

impl config::Repository for Folder<'_> {
    fn read(&self, path: &str) -> Result<String, Unread> {
        fs::read_to_string(self.0.join(path)).map_err(|_| Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        windlass::files::listed(self.0)
    }
}

impl Files for Folder<'_> {
    fn exists(&self, path: &str) -> bool {
        let root = self.0.to_owned();
        Project { root }.exists(path)
    }

    fn refused(&self, path: &str) -> Option<String> {
        let root = self.0.to_owned();
        Project { root }.refused(path)
    }

    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        let root = self.0.to_owned();
        Project { root }.applied(path)
    }

    fn repository(&self) -> &dyn config::Repository {
        self
    }
}

/// Whether a fixture is a pipeline rather than a manifest.
fn is_pipeline(path: &Path) -> bool {
    path.to_str().unwrap().ends_with(".gitlab-ci.yml")
}

fn codes(report: &Report) -> BTreeSet<Code> {
    report.sorted().iter().map(|found| found.code).collect()
}

fn shown(report: &Report) -> String {
    let shown = show(Format::Text, report, Style::default());
    shown.unwrap().to_string()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings")
}

/// The manifests of a code that raise it.
fn raised(code: Code) -> Vec<PathBuf> {
    let folder = folder().join(code.as_str());
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{code} has no fixtures, {}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("raised") && name.ends_with(".yml")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no {}/raised*.yml", folder.display());
    paths
}

fn in_manifests() -> impl Iterator<Item = Code> {
    let all = Code::ALL.iter().copied();
    all.filter(|code| !ON_DISK.contains(code))
}

/// The report about a fixture.
fn of_fixture(code: Code, path: &Path) -> Report {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let root = folder().join(code.as_str()).join("project");
    match (is_pipeline(path), root.is_dir()) {
        (true, true) => pipeline_report(code, &text, &Folder(&root)),
        (true, false) => pipeline_report(code, &text, &config::Alone),
        (false, true) => report(&text, &Folder(&root)),
        (false, false) => report(&text, &Everything),
    }
}

#[test]
fn raised_fixtures_raise_their_code_and_say_this() {
    let bless = std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1");
    let mut differ = Vec::new();
    for code in in_manifests() {
        for path in raised(code) {
            let report = of_fixture(code, &path);
            assert!(
                codes(&report).contains(&code),
                "{}: no {code}",
                path.display()
            );
            let said = shown(&report);
            let beside = path.with_extension("txt");
            let wanted = fs::read_to_string(&beside).unwrap_or_default();
            if bless {
                fs::write(&beside, said).unwrap();
            } else if said != wanted {
                differ.push(format!(
                    "{}:\n--- wanted\n{wanted}\n--- said\n{said}",
                    beside.display()
                ));
            }
        }
    }
    let hint = "if this is right: WINDLASS_BLESS=1 cargo test --test findings";
    assert!(differ.is_empty(), "{}\n{hint}", differ.join("\n"));
}

#[test]
fn near_misses_compile_without_a_word() {
    for code in in_manifests() {
        // As many kinds of files as raise the code.
        let kinds: BTreeSet<bool> = raised(code).iter().map(|path| is_pipeline(path)).collect();
        for is_pipeline in kinds {
            let name = match is_pipeline {
                true => "near-miss.gitlab-ci.yml",
                false => "near-miss.yml",
            };
            let one = folder().join(code.as_str()).join(name);
            let more = fs::read_dir(one.parent().unwrap()).unwrap();
            let more = more.map(|entry| entry.unwrap().path()).filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("near-miss-") && self::is_pipeline(path) == is_pipeline
            });
            for path in more.chain([one]) {
                let report = of_fixture(code, &path);
                assert!(report.is_empty(), "{}:\n{}", path.display(), shown(&report));
            }
        }
    }
}

#[test]
fn no_fixture_without_a_code_and_no_text_without_a_manifest() {
    let wanted: BTreeSet<&str> = in_manifests().map(Code::as_str).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
            for entry in fs::read_dir(&path).unwrap() {
                let text = entry.unwrap().path();
                let alone = text.extension().is_some_and(|is| is == "txt")
                    && !text.with_extension("yml").exists();
                assert!(!alone, "{} has no manifest", text.display());
            }
        }
    }
    assert_eq!(
        found.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        wanted
    );
}

/// What is said is short, whole and unlike an accident.
#[test]
fn messages_read_well() {
    for code in in_manifests() {
        for path in raised(code) {
            let report = of_fixture(code, &path);
            for found in report.sorted() {
                let (message, place) = (&found.message, path.display());
                assert!(message.chars().count() <= 160, "{place}: long: {message}");
                assert!(!message.ends_with('.'), "{place}: {message}");
                for text in found.help.iter().chain([message]) {
                    assert!(!text.trim().is_empty(), "{place}: {message}");
                    assert!(
                        !text.contains("  ") && !text.contains('\n'),
                        "{place}: {text}"
                    );
                    assert_eq!(text.matches('`').count() % 2, 0, "{place}: {text}");
                }
                let helped =
                    !found.help.is_empty() || found.code == Code::YamlSyntax || is_pipeline(&path);
                assert!(helped, "{place}: {}: no help: {message}", found.code);
            }
        }
    }
}

#[test]
fn every_code_of_a_manifest_is_an_error_save_these() {
    let warnings: Vec<Code> = in_manifests()
        .filter(|code| !OF_LINT.contains(code) && code.severity() == Severity::Warning)
        .collect();
    assert_eq!(
        warnings,
        [
            Code::UnreadInclude,
            Code::ChangedByInclude,
            Code::SecretArgument,
            Code::OverlappingTags,
            Code::ShortTimeout,
            Code::SharedNamespace,
            Code::LongName,
            Code::UnmatchableGlob,
            Code::UnmatchedGlob,
            Code::EmptyPipeline,
            Code::ManualBlocks,
            Code::MergeRequestMissing,
            Code::BranchJobMissing,
            Code::ScheduledDeploy,
            Code::NeverRuns,
            Code::ImpossibleComparison,
            Code::MisspelledKeyword,
            Code::PartlyProven,
            Code::RemovedKey,
            Code::MissingFile,
            Code::Unsubstituted,
            Code::Unused
        ]
    );
}
