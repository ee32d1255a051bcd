//! The command line: what can be said, and its help. What it does stands in `command`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use windlass::files::DEFAULT_MANIFEST;
use windlass::finding::output::Format;
use windlass::gitlab::Version;

const EXAMPLES: &str = "\
Examples:
  windlass generate              write .gitlab-ci.yml and its companions
  windlass check                 is the manifest valid, and are the files up to date?
  windlass -C shop check         the same, for the project in the folder `shop`
  windlass -C shop -C blog check the same, for several projects at once
  windlass explain unknown-key   what a finding means and how to fix it

Exit status:
  0  clean
  1  findings, or files that are not up to date
  2  the command line is wrong
  3  something could not be read or written, or an internal error";

const GENERATE_EXAMPLES: &str = "\
A file that windlass did not generate, or that was edited by hand since, is never overwritten
without --force, nor is one that a newer windlass generated. If one file cannot be written, none is.

Examples:
  windlass generate
  windlass generate --stdout | less
  windlass generate --force      overwrite files that a person wrote or edited";

const CHECK_EXAMPLES: &str = "\
Findings go to standard error, the diff to standard output; its last line is the command that
fixes it. With another format than text the findings go to standard output, alone.

Examples:
  windlass check
  windlass check --format gitlab > gl-code-quality-report.json";

const UPDATE_EXAMPLES: &str = "\
DIR holds the presets as the platform team keeps them. Those that the manifest names are copied from it. Without
--from, the presets in the project are pinned as they are. All files are written, or none: none if the manifest
does not compile with the presets, and none if a file would be lost that windlass did not write.

Examples:
  windlass update --from ../platform/presets
  windlass update --from ../platform/presets --dry-run
  ls -d services/*/ | windlass --projects - update --from ../platform/presets";

const REPORT_EXAMPLES: &str = "\
A project without a manifest is linted. The exit status is 0 whatever is found.

Examples:
  windlass -C shop -C blog report
  ls -d services/*/ | windlass --projects - report --format html > report.html
  ls -d services/*/ | windlass --projects - report --presets-from ../platform/presets";

const LINT_EXAMPLES: &str = "\
No manifest is needed, and no network: what an include that is not here may change stays open.
The findings go to standard output. The exit status is 1 if one of them is an error.

Examples:
  windlass lint
  windlass lint --format junit ci/*.gitlab-ci.yml > lint.xml
  windlass lint --includes-from ../ci-templates -
  windlass lint --fix            quotes, sources, globs, --password-stdin, keys that stand twice
  windlass lint --write-baseline lint-baseline.json
  windlass lint --baseline lint-baseline.json
  windlass explain script-injection";

const PLAN_EXAMPLES: &str = "\
Without a ref it is the default branch. A condition on a variable that nothing sets stays open: the
job is shown with a question mark, until --variable says what it is.

Examples:
  windlass plan --all
  windlass plan --branch main
  windlass plan --merge-request feature..main --changed src/app.rs
  windlass plan --tag v1.2.3 --variable DEPLOY=yes --why deploy
  windlass plan --file .gitlab-ci.yml --branch main";

const DIFF_EXAMPLES: &str = "\
The working tree is compared with a revision of git. Where the revision has no manifest, its
.gitlab-ci.yml is compared. What only looks different is not a difference.

Examples:
  windlass diff
  windlass diff --against origin/main --format markdown > comment.md
  windlass diff --file .gitlab-ci.yml --against v1.2.3 --exit-code
  windlass diff old/.gitlab-ci.yml new/.gitlab-ci.yml";

const IMPORT_EXAMPLES: &str = "\
The manifest holds the jobs as they are, with their comments. It is compiled, and compared with the
pipeline as `windlass diff` does: if anything would change, nothing is written.

Examples:
  windlass import
  windlass import --stdout ci/pipeline.yml
  windlass import --check        does the manifest still make the pipeline?";

const GRAPH_EXAMPLES: &str = "\
Without a ref it is the pipeline of all refs; jobs that are not on every one are dashed.

Examples:
  windlass graph --branch main
  windlass graph --format svg > pipeline.svg
  windlass graph --format html > pipeline.html     choose a ref, click a job
  windlass graph --format dot --tag v1.2.3 | dot -Tpng > pipeline.png";

/// Compiles a short manifest into a whole GitLab CI/CD pipeline.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line of the process; ends it if that is wrong.
    pub(crate) fn read() -> Self {
        let cli = Self::parse();
        // clap forgets what stands before the command if the same option stands behind it as well.
        if given(std::env::args_os().skip(1)) > cli.options.directories.len() {
            let message = "`-C` stands before and after the command: write all of them on one side";
            Self::command()
                .error(ErrorKind::ArgumentConflict, message)
                .exit()
        }
        cli
    }
}

/// How often `-C` is given, alone or behind short options without a value.
fn given(arguments: impl Iterator<Item = OsString>) -> usize {
    let arguments = arguments.take_while(|argument| argument != "--");
    let is_given = |argument: &OsString| {
        let text = argument.to_string_lossy();
        let short = text.strip_prefix('-').unwrap_or_default();
        short.trim_start_matches('q').starts_with('C')
    };
    arguments.filter(is_given).count()
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Project to work on [default: the current folder]; may be repeated.
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directories: Vec<PathBuf>,
    /// File with more projects to work on, a folder a line; `-` is standard input.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) projects: Option<PathBuf>,
    /// Manifest, relative to the project [default: windlass.yml].
    #[arg(short, long, value_name = "MANIFEST", global = true, value_parser = manifest)]
    pub(crate) manifest: Option<String>,
    /// Whether to colour the findings.
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(crate) color: Color,
    /// How to print findings on standard error.
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    pub(crate) message_format: Format,
    /// Folder with included files of other projects, templates, components and URLs.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) includes_from: Option<PathBuf>,
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// A version of GitLab.
fn target(text: &str) -> Result<Version, String> {
    text.parse().map_err(|why| format!("`{text}` {why}"))
}

impl Options {
    /// The project's folder, if one is given.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directories.first().map(PathBuf::as_path)
    }

    /// The same options for one project.
    pub(crate) fn of_project(&self, directory: &Path) -> Self {
        Self {
            directories: vec![directory.to_owned()],
            projects: None,
            ..self.clone()
        }
    }

    /// The manifest's path as given, or the default one.
    pub(crate) fn manifest(&self) -> &str {
        self.manifest.as_deref().unwrap_or(DEFAULT_MANIFEST)
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Where a terminal shows it, and NO_COLOR is not set.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile the manifest and write the files.
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(Generate),
    /// Check that the manifest is valid and the files are up to date.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Copy presets into the project, pin them in windlass.lock, and write the generated files.
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Update),
    /// Say of many projects what generated them, what is out of date, and what was found.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(Report),
    /// Find what is wrong with any `.gitlab-ci.yml`: refused, never meant, or dangerous.
    #[command(after_help = LINT_EXAMPLES)]
    Lint(Lint),
    /// Say which jobs run on a ref, and why.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Plan),
    /// Say what a change does: jobs, refs, order, images, commands.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// Draw the pipeline of a ref, or of all.
    #[command(after_help = GRAPH_EXAMPLES)]
    Graph(Graph),
    /// Write a first manifest from what the repository holds.
    #[command(after_help = "Examples:\n  windlass init\n  windlass init --stdout")]
    Init(Init),
    /// Write a manifest that is proven to make an existing pipeline.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Import),
    /// Print the JSON Schema of the manifest, for editors.
    #[command(after_help = "Example:\n  windlass schema > windlass.schema.json")]
    Schema,
    /// Explain a kind of finding, or where a key or a line of a generated pipeline comes from.
    #[command(
        after_help = "Examples:\n  windlass explain unknown-key\n  windlass explain .gitlab-ci.yml:42\n  \
                      windlass explain tests.unit.timeout"
    )]
    Explain(Explain),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  windlass completions bash > \
                            ~/.local/share/bash-completion/completions/windlass")]
    Completions(Completions),
    /// Print the manual page of windlass, or of one of its commands.
    #[command(after_help = "Example:\n  windlass man check | man -l -")]
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Print the pipeline, exactly as it would be written, and write nothing.
    #[arg(long, conflicts_with = "force")]
    pub(crate) stdout: bool,
    /// Overwrite files that windlass did not generate, or that were edited by hand.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Print the manifest, and write nothing.
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The pipeline [default: .gitlab-ci.yml].
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The GitLab that runs it, as major and minor version [default: 18.0].
    #[arg(long, value_name = "VERSION", value_parser = target)]
    pub(crate) gitlab: Option<Version>,
    /// Print the manifest, and write nothing.
    #[arg(long, conflicts_with = "force")]
    pub(crate) stdout: bool,
    /// Overwrite a manifest.
    #[arg(long)]
    pub(crate) force: bool,
    /// Compare the manifest that is there with the pipeline, and write nothing.
    #[arg(long, conflicts_with_all = ["stdout", "force", "gitlab", "raw", "improve"])]
    pub(crate) check: bool,
    /// Keep every job as it is, under `jobs`.
    #[arg(long, conflicts_with = "improve")]
    pub(crate) raw: bool,
    /// Write an entity also where it does more than the jobs did, and list what changes.
    #[arg(long)]
    pub(crate) improve: bool,
    /// The project's default branch [default: as git knows it, else each name that makes a difference].
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// How to print the findings; with another format than text, on standard output.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "message_format"
    )]
    pub(crate) format: Format,
    /// Fail also if an older windlass generated the files and this one would make them otherwise.
    #[arg(long)]
    pub(crate) fail_on_older: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Folder that the presets are copied from.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// Say what would change, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Folder with new presets: say what taking them over would change.
    #[arg(long, value_name = "DIR")]
    pub(crate) presets_from: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// How to print a report over projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a page or a comment.
    Markdown,
    /// A page for a browser.
    Html,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Lint {
    /// Pipelines to look at; `-` is standard input [default: .gitlab-ci.yml].
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Change the files where only one answer is right, and say what is left.
    #[arg(long, conflicts_with = "write_baseline")]
    pub(crate) fix: bool,
    /// Say nothing of the findings that this file knows.
    #[arg(long, value_name = "BASELINE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings into this file, as known ones, and say none.
    #[arg(long, value_name = "BASELINE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// How to print the findings.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        conflicts_with = "message_format"
    )]
    pub(crate) format: Format,
    /// The project's default branch [default: as git knows it, else each name that makes a difference].
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
}

/// Which refs are asked about.
#[derive(Debug, Args)]
pub(crate) struct Refs {
    /// A push on this branch.
    #[arg(long, value_name = "BRANCH", group = "ref")]
    pub(crate) branch: Option<String>,
    /// A new tag of this name.
    #[arg(long, value_name = "TAG", group = "ref")]
    pub(crate) tag: Option<String>,
    /// A merge request [target: the default branch].
    #[arg(long, value_name = "SOURCE[..TARGET]", group = "ref")]
    pub(crate) merge_request: Option<String>,
    /// A schedule on this branch.
    #[arg(long, value_name = "BRANCH", group = "ref")]
    pub(crate) schedule: Option<String>,
    /// Every kind of ref that the conditions tell apart.
    #[arg(long, group = "ref")]
    pub(crate) all: bool,
    /// A variable of the project or the pipeline; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variable: Vec<(String, String)>,
    /// A changed file, for `changes`; may be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) changed: Vec<String>,
    /// Variables that are not named are not set: a condition on one of them does not stay open.
    #[arg(long)]
    pub(crate) closed: bool,
    /// What starts the pipeline: web, api, trigger, ... [default: push].
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["all", "schedule", "merge_request"])]
    pub(crate) source: Option<String>,
    /// Whether the project has an active cluster, for `kubernetes: active`.
    #[arg(long, value_name = "BOOL")]
    pub(crate) kubernetes: Option<bool>,
    /// Whether the ref is protected [default: the default branch is].
    #[arg(long, value_name = "BOOL", conflicts_with = "all")]
    pub(crate) protected: Option<bool>,
    /// A merge request from the branch is open.
    #[arg(long, conflicts_with_all = ["all", "tag"])]
    pub(crate) open_merge_request: bool,
    /// The project's default branch [default: as git knows it, else main].
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Plan this `.gitlab-ci.yml` instead of the manifest.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) refs: Refs,
    /// Show each rule of this job with its value, and which one decided.
    #[arg(long, value_name = "JOB")]
    pub(crate) why: Option<String>,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Compare this `.gitlab-ci.yml` instead of the manifest.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// What to compare with: a commit, branch or tag of git.
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub(crate) against: String,
    /// Two files to compare instead, each a manifest or a `.gitlab-ci.yml`.
    #[arg(value_name = "FILE", num_args = 2, value_names = ["BEFORE", "AFTER"],
          conflicts_with_all = ["file", "against"])]
    pub(crate) files: Vec<PathBuf>,
    /// The project's default branch [default: as git knows it, else each name that makes a difference].
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
    /// Exit with 1 if anything changes in what was compared.
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// How to print it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
}

/// How to print a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For a comment on a merge request, with the pipeline's graph.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// Draw this `.gitlab-ci.yml` instead of the manifest.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) refs: Refs,
    /// How to draw it.
    #[arg(long, value_name = "FORMAT", default_value = "mermaid")]
    pub(crate) format: GraphFormat,
}

/// How to draw a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Markdown, which GitLab shows.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For a browser or a README.
    Svg,
    /// A page for a browser: each ref, each job with its rules.
    Html,
}

/// How to print a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The code, as it stands in the finding: `error[unknown-key]`; a line, `.gitlab-ci.yml:42`; or a key of the
    /// manifest, `tests.unit.timeout`.
    #[arg(value_name = "CODE|FILE:LINE|KEY")]
    pub(crate) what: String,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command, as in `check` [default: windlass itself].
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
    /// Print the names of all commands instead, one a line.
    #[arg(long, conflicts_with = "command")]
    pub(crate) list: bool,
}

/// The manifest's path goes into the header of the generated files, one line each.
fn manifest(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        Err("the path is empty")
    } else if text.chars().any(char::is_control) {
        Err("the path contains a control character")
    } else {
        Ok(text.to_owned())
    }
}

fn variable(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it like NAME=VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
