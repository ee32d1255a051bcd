//! What is wrong with any `.gitlab-ci.yml`: what GitLab refuses, what its pipelines do that nobody can
//! have meant, and what is dangerous.
//!
//! In: the [`Configs`] of a file, and the repository around it. Out: a [`Report`]. Always holds: a finding
//! is true of some pipeline, which it names where that matters; what an include that is not read may
//! change is not said; each rule is one file and one line in [`RULES`].
//!
//! What GitLab refuses when it reads the file stands in the report of [`Configs::new`] already.

mod allow;
mod baseline;
mod context;
mod danger;
mod file;
pub(crate) mod pipeline;
mod script;
mod settings;
pub mod shellcheck;
pub(crate) mod subject;

use crate::config::Repository;
use crate::finding::{Code, Report};
use crate::plan::Configs;
pub use baseline::Baseline;
use context::Lint;
pub use settings::{SETTINGS, Settings};
use shellcheck::ShellCheck;

/// A rule tells what it finds.
type Rule = fn(&mut Lint<'_>);

/// What is looked for, one rule a line: the codes that it tells, and the rule.
const RULES: &[(&[Code], Rule)] = &[
    (
        &[
            Code::UnreadInclude,
            Code::UnmatchableGlob,
            Code::DuplicateName,
        ],
        file::read::check,
    ),
    (
        &[
            Code::ImpossibleComparison,
            Code::MisspelledKeyword,
            Code::NeverRuns,
        ],
        file::impossible::check,
    ),
    (&[Code::DuplicateKey], file::duplicate_key::check),
    (&[Code::UnreachableRule], file::unreachable::check),
    (&[Code::DotenvInRules], file::dotenv::check),
    (&[Code::BadPath], file::paths::check),
    (&[Code::EmptyPipeline], pipeline::empty::check),
    (&[Code::ImageNotBuilt], pipeline::image_not_built::check),
    (
        &[Code::DeployFromMergeRequest],
        pipeline::merge_request::check,
    ),
    (
        &[Code::MissingResourceGroup],
        pipeline::resource_group::check,
    ),
    (&[Code::ResourceGroupDeadlock], pipeline::deadlock::check),
    (&[Code::StopElsewhere], pipeline::stop_elsewhere::check),
    (&[Code::SecretInFile], danger::secret::check),
    (
        &[Code::SecretArgument, Code::SecretInFile],
        danger::secret_argument::check,
    ),
    (&[Code::SecretHandedOn], danger::handed_on::check),
    (&[Code::DebugTrace], danger::debug::check),
    (&[Code::ScriptInjection], danger::injection::check),
    (&[Code::PipedDownload], danger::download::check),
    (&[Code::UnverifiedConnection], danger::connection::check),
    (&[Code::UnpinnedImage], danger::image::check),
    (&[Code::UnpinnedInclude], danger::include::check),
    (&[Code::UnprotectedCache], danger::unprotected_cache::check),
    (&[Code::NeedlessDaemon], danger::needless_daemon::check),
    (&[Code::ShellCheck], shellcheck::check),
];

/// What the rules about one pipeline look for; `proof` proves the same of a manifest.
const OF_PIPELINES: &[Code] = &[
    Code::RefusedOnRef,
    Code::NeedMissing,
    Code::OnlyPrePost,
    Code::DuplicatePipeline,
    Code::InterruptibleDeploy,
    Code::ManualBlocks,
    Code::StopMissing,
];

/// What is told about allowances of findings.
const OF_ALLOWANCES: &[Code] = &[Code::UnusedAllow, Code::BadAllow];

/// What is known of the project around a file.
pub struct Project<'p> {
    /// The file, as `windlass plan --file` takes it.
    pub file: &'p str,
    /// The default branch, if it is known.
    pub default_branch: Option<&'p str>,
    /// The files beside it.
    pub repository: &'p dyn Repository,
    /// What the repository wants to be told.
    pub settings: &'p Settings,
    /// Runs ShellCheck; `None`: nothing is said of scripts that only it knows.
    pub shellcheck: Option<&'p dyn ShellCheck>,
}

/// The codes that lint tells beside those of the reader.
pub fn codes() -> impl Iterator<Item = Code> {
    let rules = RULES.iter().flat_map(|(codes, _)| codes.iter());
    rules.chain(OF_PIPELINES).chain(OF_ALLOWANCES).copied()
}

/// All that is wrong with the pipelines of a file that GitLab takes, and that is neither allowed nor switched
/// off.
pub fn lint(configs: &Configs<'_>, project: &Project<'_>) -> Report {
    let mut lint = Lint::new(configs, project);
    lint.pipelines();
    RULES.iter().for_each(|(_, rule)| rule(&mut lint));
    let unasked = std::mem::take(&mut lint.unasked);
    let report = allow::applied(&lint.into_report(), &unasked);
    project.settings.applied(report)
}
