//! The kinds of findings: one line here, one page in `docs/findings/`, two fixtures in
//! `tests/findings/` (one manifest that raises it and a near miss that does not).

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is written while there is one.
    Error,
    /// Said, and no obstacle.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $text:literal $severity:ident;)+) => {
        /// The kind of a finding, by the name that messages and `windlass explain` use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The code as written: `unknown-key`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }

            /// Error or warning.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// One line: what it means.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The whole page that `windlass explain` prints, Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$variant => include_str!(concat!("../../docs/findings/", $text, ".md")),)+
                }
            }
        }
    };
}

codes! {
    // Reading the file.
    /// The file cannot be read.
    Unreadable "unreadable" Error;
    /// The file is not UTF-8.
    NotUtf8 "not-utf8" Error;
    /// The file, or what its aliases expand to, is larger than any manifest.
    TooLarge "too-large" Error;
    /// The text is not YAML.
    YamlSyntax "yaml-syntax" Error;
    /// A key stands twice in one mapping.
    DuplicateKey "duplicate-key" Error;
    /// A YAML tag stands where none is allowed.
    YamlTag "yaml-tag" Error;

    // The shape of the manifest.
    /// A key that the language does not have.
    UnknownKey "unknown-key" Error;
    /// A keyword in a pipeline that windlass does not know.
    UnknownKeyword "unknown-keyword" Error;
    /// An include that GitLab cannot follow, as of a file that does not exist.
    BadInclude "bad-include" Error;
    /// An input of a file, in `spec:inputs`, that has no value or a wrong one.
    BadInput "bad-input" Error;
    /// A `!reference` that leads to nothing or to itself.
    BadReference "bad-reference" Error;
    /// A job that extends itself, or extends through too many levels.
    CircularExtends "circular-extends" Error;
    /// An include that windlass does not read.
    UnreadInclude "unread-include" Warning;
    /// An included file sets keys of a job that the manifest makes.
    ChangedByInclude "changed-by-include" Warning;
    /// A key that is reserved for a later version of the language.
    ReservedKey "reserved-key" Error;
    /// A required key is missing.
    MissingKey "missing-key" Error;
    /// A value of the wrong type.
    WrongType "wrong-type" Error;
    /// A number, boolean or date where a string is wanted.
    NotQuoted "not-quoted" Error;
    /// A word that is none of the possible ones.
    UnknownWord "unknown-word" Error;
    /// A number outside its range.
    OutOfRange "out-of-range" Error;
    /// A list or mapping that must not be empty.
    Empty "empty" Error;
    /// A variable that GitLab itself sets, and that would be overwritten.
    PredefinedVariable "predefined-variable" Error;
    /// Keys that exclude each other.
    Exclusive "exclusive" Error;
    /// A name that GitLab, Kubernetes or windlass does not take.
    BadName "bad-name" Error;
    /// A regular expression that does not compile, or a glob instead of one.
    BadRegex "bad-regex" Error;
    /// A text that is not a duration.
    BadDuration "bad-duration" Error;
    /// An option or variable of Helm that another key of the manifest decides.
    HelmOption "helm-option" Error;
    /// A text that is not an expression of GitLab's `if`.
    BadExpression "bad-expression" Error;
    /// A literal where the name of a CI/CD variable is wanted.
    LiteralSecret "literal-secret" Error;
    /// One build secret of compose has two variables.
    SecretConflict "secret-conflict" Error;
    /// A shell or a program would read this text differently.
    ShellWord "shell-word" Error;
    /// A variable that looks secret is on a command line.
    SecretArgument "secret-argument" Warning;
    /// A path that is absolute or leaves the project.
    BadPath "bad-path" Error;

    // Names that refer to something.
    /// An image that the manifest does not define.
    UnknownImage "unknown-image" Error;
    /// A ref set that the manifest does not define.
    UnknownRefs "unknown-refs" Error;
    /// A branch name where the name of a ref set is wanted.
    BranchNotRefs "branch-not-refs" Error;
    /// A ref set that contains itself.
    CyclicRefs "cyclic-refs" Error;
    /// A registry that the manifest does not define.
    UnknownRegistry "unknown-registry" Error;
    /// A stage that `stages` does not list.
    UnknownStage "unknown-stage" Error;
    /// A job, in `needs` or `extends`, that does not exist.
    UnknownJob "unknown-job" Error;
    /// Jobs that wait for each other, or for a later stage.
    NeedsOrder "needs-order" Error;
    /// An image is promoted before its tests have passed.
    UntestedPromotion "untested-promotion" Error;
    /// A job, in `needs`, that may be missing from a pipeline in which this one runs.
    NeedMissing "need-missing" Error;
    /// Variables that refer to each other in a ring.
    CircularVariables "circular-variables" Error;
    /// Several things that must be told apart have one name.
    DuplicateName "duplicate-name" Error;
    /// Two tags of one repository that can be equal in some pipelines.
    OverlappingTags "overlapping-tags" Warning;
    /// A job name that GitLab reserves.
    ReservedJobName "reserved-job-name" Error;
    /// A key in `job` that the entity has itself.
    KeyBesideJob "key-beside-job" Error;
    /// An image used by a test or deployment on a ref where no job builds it.
    ImageNotBuilt "image-not-built" Error;
    /// An image whose role does not fit its use.
    ImageRole "image-role" Error;
    /// An image with a matrix where one image is wanted, or a row that it does not have.
    MatrixRow "matrix-row" Error;
    /// An image that runs in a compose service which `compose.services` does not map to it.
    NoComposeService "no-compose-service" Error;
    /// What builds an image cannot do what the image wants.
    BuilderCannot "builder-cannot" Error;
    /// An image whose build differs from those of its group in more than words.
    GroupUnlike "group-unlike" Error;
    /// A builder that its authors archived.
    ArchivedBuilder "archived-builder" Error;

    // Tools, access and target.
    /// A retention that cannot tell which tags it is about.
    RetentionTags "retention-tags" Error;
    /// No access to a cluster, or several, where something deploys.
    ClusterAccess "cluster-access" Error;
    /// A job that GitLab may end before its deployment is ready, or undone.
    ShortTimeout "short-timeout" Warning;
    /// A stop job that would delete what not only its environment uses.
    SharedDeletion "shared-deletion" Error;
    /// A namespace that a stop job deletes and that another project may use as well.
    SharedNamespace "shared-namespace" Warning;
    /// A name that the name of a branch can make longer than is allowed.
    LongName "long-name" Warning;
    /// A row of a matrix that makes a longer name of a job than GitLab takes.
    LongMatrixName "long-matrix-name" Error;
    /// A version that is not a GitLab version.
    BadVersion "bad-version" Error;
    /// A feature that the target GitLab does not have.
    NeedsVersion "needs-version" Error;

    /// A pipeline that takes more memory than GitLab gives to a parsed file.
    PipelineTooLarge "pipeline-too-large" Error;

    // What the pipeline would do.
    /// A pipeline that GitLab refuses to create.
    Refused "refused" Error;
    /// A ref on which GitLab refuses the pipeline: an included file is missing there, or a condition fails.
    RefusedOnRef "refused-on-ref" Error;
    /// A push that makes a branch pipeline and a merge request pipeline with the same jobs.
    DuplicatePipeline "duplicate-pipeline" Error;
    /// A glob of `changes` or `exists` that matches no file of any project.
    UnmatchableGlob "unmatchable-glob" Warning;
    /// A glob of `changes` that matches no file of this project.
    UnmatchedGlob "unmatched-glob" Warning;
    /// The workflow wants a pipeline on a ref where no job runs.
    EmptyPipeline "empty-pipeline" Warning;
    /// A ref on which only `.pre` and `.post` have jobs, so that none of them starts.
    OnlyPrePost "only-pre-post" Error;
    /// A job that deploys an environment on a ref where the manifest does not.
    DeployElsewhere "deploy-elsewhere" Error;
    /// A job that deploys on unprotected refs what is for protected ones.
    DeployUnprotected "deploy-unprotected" Error;
    /// A deployment that a newer pipeline may cancel.
    InterruptibleDeploy "interruptible-deploy" Error;
    /// An image that may be deleted before a job of the same pipeline uses it.
    DeletedBeforeUse "deleted-before-use" Error;
    /// An image of one pipeline that is not deleted after each.
    NotCleanedUp "not-cleaned-up" Error;
    /// A job that holds up the pipeline until somebody starts it, without a word about that.
    ManualBlocks "manual-blocks" Warning;
    /// A job for merge requests that is missing in those from some branches.
    MergeRequestMissing "merge-request-missing" Warning;
    /// A job of a branch that is lost while a merge request from the branch is open.
    BranchJobMissing "branch-job-missing" Warning;
    /// A deployment that every schedule of its branch repeats.
    ScheduledDeploy "scheduled-deploy" Warning;
    /// A job that runs in no pipeline, whatever the ref.
    NeverRuns "never-runs" Warning;
    /// A variable of GitLab's is compared with a value that it never has.
    ImpossibleComparison "impossible-comparison" Warning;
    /// A name in `only` or `except` that is almost a keyword.
    MisspelledKeyword "misspelled-keyword" Warning;
    /// More kinds of pipelines than the proof looks at.
    PartlyProven "partly-proven" Warning;
    /// An environment that is started where the job that stops it is missing.
    StopMissing "stop-missing" Error;
    /// A stop job that is offered where nothing starts its environment.
    StopElsewhere "stop-elsewhere" Warning;
    /// A job that holds a resource group which the pipeline that it waits for needs.
    ResourceGroupDeadlock "resource-group-deadlock" Error;
    /// A rule that never decides, as one before it always matches.
    UnreachableRule "unreachable-rule" Warning;
    /// A rule that asks for a variable which a job of the same pipeline makes.
    DotenvInRules "dotenv-in-rules" Warning;
    /// A job that deploys production in the pipeline of a merge request.
    DeployFromMergeRequest "deploy-from-merge-request" Warning;
    /// A deployment without `resource_group`, which another pipeline may do at the same time.
    MissingResourceGroup "missing-resource-group" Warning;

    // What is dangerous.
    /// A secret that everybody who reads the file knows.
    SecretInFile "secret-in-file" Error;
    /// A secret that becomes a variable of another project's pipeline.
    SecretHandedOn "secret-handed-on" Warning;
    /// A debug trace, which prints secrets into the log.
    DebugTrace "debug-trace" Warning;
    /// Text that outsiders choose is run as code.
    ScriptInjection "script-injection" Error;
    /// A program that is downloaded and run unseen.
    PipedDownload "piped-download" Warning;
    /// A connection whose other side is not checked.
    UnverifiedConnection "unverified-connection" Warning;
    /// An image whose tag moves to each new version.
    UnpinnedImage "unpinned-image" Warning;
    /// An include whose content moves with a branch, or that anybody on the way can change.
    UnpinnedInclude "unpinned-include" Warning;
    /// A cache that merge requests share with protected branches.
    UnprotectedCache "unprotected-cache" Warning;
    /// A privileged Docker daemon beside a job that does not use it.
    NeedlessDaemon "needless-daemon" Warning;
    /// A mistake in a script, as ShellCheck says.
    ShellCheck "shellcheck" Warning;

    // Versions of windlass.
    /// A key that an earlier windlass read and that has no effect any more.
    RemovedKey "removed-key" Warning;
    /// The manifest was made for a newer windlass.
    MadeForNewer "made-for-newer" Error;

    // Presets.
    /// A preset that cannot be read.
    MissingPreset "missing-preset" Error;
    /// A preset that differs from the one that the lock pins, or is not pinned.
    ChangedPreset "changed-preset" Error;
    /// A preset that names itself, directly or through others.
    CyclicPresets "cyclic-presets" Error;
    /// A lock of presets that cannot be read.
    BadLock "bad-lock" Error;
    /// The lock pins a preset that the manifest does not name.
    StaleLock "stale-lock" Warning;

    // Choices about findings.
    /// An allowance that no finding needs.
    UnusedAllow "unused-allow" Warning;
    /// An allowance of a finding that does not exist, or without a reason.
    BadAllow "bad-allow" Warning;
    /// A setting in `.windlass.toml` that windlass does not know.
    BadSetting "bad-setting" Error;

    // Files of the project.
    /// A Dockerfile, compose file or context that does not exist.
    MissingFile "missing-file" Warning;
    /// What `migrate` names is not exactly one Job of Kubernetes.
    NotOneJob "not-one-job" Error;
    /// A variable in a file that is applied, which nothing substitutes.
    Unsubstituted "unsubstituted" Warning;
    /// Something is defined and never used.
    Unused "unused" Warning;
    /// A generated file is missing or differs from what the manifest compiles to.
    Drift "drift" Error;
    /// A generated file was edited by hand.
    EditedFile "edited-file" Error;
    /// The files were generated by an older windlass, which made them otherwise.
    OlderWindlass "older-windlass" Warning;
    /// The files were generated by a newer windlass, which made them otherwise.
    NewerWindlass "newer-windlass" Error;
    /// A file that windlass did not generate stands where one should be written.
    ForeignFile "foreign-file" Error;
}

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
