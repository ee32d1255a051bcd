//! Ways to break the compiler on purpose, for the tests of tests (`tests/e2e/mutations.py`).
//!
//! In: the environment variable `WINDLASS_MUTANT`, names with commas between them. Out: whether the
//! compiler is to be broken at a place. Always holds: without the feature `mutants` nothing is ever
//! broken, and the environment is not read; no release build has the feature. No user ever has it: it
//! exists so that one build serves all mutations, and so that a mutation moves with the line it breaks.

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!(
    "the feature `mutants` breaks the compiler on purpose: no release build may have it"
);

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The tags of `also_tag` are forgotten.
    AlsoTagsForgotten,
    /// Applies manifests with the image by its tag.
    AppliesATag,
    /// A list without the image means that nothing runs it.
    BelievesTheNamespace,
    /// Jobs run whatever paths changed.
    ChangesForgotten,
    /// The question what runs does not wait for the deployment.
    CleanupDoesNotWait,
    /// A clean-up at the end of a pipeline runs only if all went well.
    CleanupNotAlways,
    /// The newest images of all branches are counted together.
    CountsAllBranchesTogether,
    /// Deletes manifests, and with them all of their tags.
    DeletesByDigest,
    /// Deletes also what the tags of others name.
    DeletesWhatOthersTagged,
    /// A migration that fails is not a reason to deploy nothing.
    DeploysUnmigrated,
    /// Deploys what a tag names instead of a digest.
    DeploysATagThatMoves,
    /// Ref sets are forgotten.
    DeploysOnAnyBranch,
    /// A failed rollout does not fail its job.
    FailedRolloutSucceeds,
    /// A pending release goes back to the revision before, whatever came of that.
    HelmGoesBackByOne,
    /// A retention does not ask what a repository names.
    ForgetsWhatIsPlanned,
    /// Helm does not wait for the release.
    HelmDoesNotWait,
    /// A release of Helm that a canceled job left pending stays so.
    HelmStaysPending,
    /// No image is kept besides the one that runs.
    KeepsNoOlderImage,
    /// What runs without a tag stays without one.
    LeavesUntagged,
    /// What `when` says is forgotten.
    ManualRunsByItself,
    /// A branch with a merge request has pipelines, too.
    MergeRequestsRunTwice,
    /// Builds write no cache.
    NoCache,
    /// Jobs do not log in.
    NoLogin,
    /// A failed rollout stays as it is.
    NoUndo,
    /// What a failed `kubectl apply` changed stays as it is.
    ObjectsStayApplied,
    /// What runs is not kept.
    NothingThatRunsIsKept,
    /// Of what a job changed only that goes back which it watches.
    OnlyWhatIsWatchedGoesBack,
    /// A build has no tag of its own.
    OneTagForAllBuilds,
    /// The login has its password on the command line.
    PasswordAsAnArgument,
    /// Images are built for one platform.
    PlatformsForgotten,
    /// A promotion takes an image of another pipeline without its tests.
    PromotesUntested,
    /// What a ref set leaves out is forgotten.
    SchedulesDeploy,
    /// What was built a moment ago may go.
    SparesNothingUnderWay,
    /// A stop job fetches the branch, which is gone.
    StopChecksOut,
    /// A stop job that is run again deletes what the branch has built since.
    StopDeletesWhatCameLater,
    /// A stop job deletes the tags of all branches.
    StopDeletesAllBranches,
    /// A stop job deletes the tags of all branches with its slug.
    StopsAllBranchesOfASlug,
    /// Tests run in what the tag names, not in what was built.
    TestsTakeWhatTheTagNames,
    /// A build is labelled with GitLab's time, which has GitLab's time zone.
    TimesOfGitlab,
    /// Every branch moves the tag of a toolchain.
    ToolchainTagOfAllBranches,
    /// What the project's own commands refuse stays deployed.
    UnverifiedStays,
    /// The proof refuses nothing. Not a mutation: it lets the others be run.
    Unproven,
}

/// Whether the compiler is to be broken in this way.
#[cfg(feature = "mutants")]
pub(crate) fn on(mutant: Mutant) -> bool {
    let wanted = std::env::var("WINDLASS_MUTANT").unwrap_or_default();
    wanted.split(',').any(|name| name == format!("{mutant:?}"))
}

/// Never: this build has no switches.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn on(_: Mutant) -> bool {
    false
}

/// What stands in place of a shell function of the jobs that work on tags.
pub(crate) fn shell_function(name: &str) -> Option<&'static str> {
    let (mutant, text) = match name {
        "delete" => (
            Mutant::DeletesByDigest,
            "delete() {\n  cut -d ' ' -f 2 | sort -u | \
             xargs -r -t -n 1 regctl manifest delete --force-tag-dereference\n}\n",
        ),
        "all_but_newest" => (
            Mutant::CountsAllBranchesTogether,
            "all_but_newest() { sort -k 3,3r | awk -v number=\"$1\" 'NF > 3 && ++images > number'; }\n",
        ),
        "older_than" => (
            Mutant::SparesNothingUnderWay,
            "older_than() { awk 'NF > 3'; }\n",
        ),
        "tag_running" => (Mutant::LeavesUntagged, "tag_running() { :; }\n"),
        "of_branch" if on(Mutant::StopDeletesWhatCameLater) => (
            Mutant::StopDeletesWhatCameLater,
            "of_branch() { awk -v branch=\"$CI_COMMIT_REF_NAME\" 'NF > 3 && $4 \"\" == branch \"\"'; }\n",
        ),
        "of_branch" => (
            Mutant::StopsAllBranchesOfASlug,
            "of_branch() { awk 'NF > 3'; }\n",
        ),
        _ => return None,
    };
    on(mutant).then_some(text)
}
