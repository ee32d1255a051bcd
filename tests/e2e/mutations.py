"""Breaking the compiler on purpose: what the broken compiler writes must make a scenario fail.

`MUTATIONS` is the list. Each is a switch in the compiler's source (`src/mutant.rs`), which only the build of
`mutants` has; the scenario named runs what that compiler makes of the examples. A scenario that still passes
then is worth nothing. What the compiler's own proof says of its broken pipeline is asked first; then it is
overruled.
"""

import dataclasses

import mutants
import scenarios


@dataclasses.dataclass(frozen=True)
class Mutation:
    """`name`: the switch, `NoLogin` as `no-login`. `refused`: what the proof says of `project`.

    `shows`: how the assertion begins that must fail; another one that fails shows something else.
    """

    name: str
    what: str
    scenario: str
    shows: str
    refused: tuple = ()
    project: str = "facile"
    leaks: bool = False

    @property
    def switch(self):
        return "".join(word.capitalize() for word in self.name.split("-"))


INTERNAL = ("internal error",)

MUTATIONS = (
    Mutation(
        "objects-stay-applied",
        "what a failed apply changed stays",
        "apply-goes-back-as-a-whole",
        "what stays of a first deployment that fails",
        project="manifests",
    ),
    Mutation(
        "promotes-untested",
        "a promotion takes the image by the commit's tag",
        "untested-images-are-not-promoted",
        "jobs: promote-release is success",
        project="tested",
    ),
    Mutation(
        "toolchain-tag-of-all-branches",
        "every branch moves the tag `latest`",
        "toolchains-of-two-branches",
        "what other pipelines find after the feature's",
        project="distributions",
    ),
    Mutation(
        "one-tag-for-all-builds",
        "a build has no tag of its own",
        "the-same-commit-on-a-changed-base",
        "the rollout of app after `kubectl rollout undo`",
        INTERNAL,
        project="ordinary",
    ),
    Mutation(
        "counts-all-branches-together",
        "the newest images of all branches are counted",
        "each-branch-keeps-its-newest",
        "tags of feature/a",
        project="kept",
    ),
    Mutation(
        "spares-nothing-under-way",
        "a clean-up deletes what was built a moment ago",
        "a-pipeline-that-waits",
        "after the pipeline that waited",
        project="kept",
    ),
    Mutation(
        "stops-all-branches-of-a-slug",
        "a stop deletes by the slug alone",
        "two-branches-with-one-slug",
        "images that a node drain cannot pull",
        project="review-apps",
    ),
    Mutation(
        "cleanup-not-always",
        "`when: always` is forgotten",
        "failing-test",
        "jobs: cleanup-php-ci is skipped",
        refused=("not-cleaned-up",),
    ),
    Mutation(
        "deploys-on-any-branch",
        "the rules of ref sets are forgotten",
        "feature-branch",
        "production",
        refused=INTERNAL,
    ),
    Mutation("no-login", "the login is dropped", "first-deployment", "jobs: build-php-ci is failed", refused=INTERNAL),
    Mutation(
        "deploys-a-tag-that-moves",
        "the Deployment names the commit's tag, not the digest",
        "second-deployment",
        "the digest in the Deployment",
        refused=INTERNAL,
    ),
    Mutation("no-undo", "a failed rollout stays as it is", "failing-rollout", "the digest in the Deployment"),
    Mutation(
        "failed-rollout-succeeds",
        "the job ends with success after a failed rollout",
        "failing-rollout",
        "jobs: deploy-prod is success",
    ),
    Mutation(
        "keeps-no-older-image",
        "nothing is kept but what runs",
        "each-branch-keeps-its-newest",
        "tags of feature/a",
        project="kept",
    ),
    Mutation(
        "leaves-untagged",
        "what runs without a tag stays without one",
        "image-whose-tags-are-gone",
        "images that a node drain cannot pull",
        project="kept",
    ),
    Mutation(
        "deletes-what-others-tagged",
        "the pattern of tags takes all",
        "another-tag-on-the-running-image",
        "the digest of php:release-1",
    ),
    Mutation(
        "cleanup-does-not-wait",
        "the question what runs needs the build, and not the deployment",
        "failing-rollout",
        "jobs: running-prod is",
        refused=INTERNAL,
    ),
    Mutation(
        "tests-take-what-the-tag-names",
        "tests do not pull the image by its digest",
        "retry-of-each-job",
        "phpstan ran in the image",
    ),
    Mutation(
        "password-as-an-argument",
        "the login has the password on its command line",
        "no-secret-is-shown",
        "tokens in arguments",
        leaks=True,
    ),
    Mutation(
        "deletes-by-digest",
        "the script deletes the manifest, and with it all of its tags",
        "another-tag-on-the-running-image",
        "the digest of php:release-1",
    ),
    Mutation(
        "nothing-that-runs-is-kept",
        "the answers of the clusters are not read",
        "two-environments-on-one-image",
        "images that a node drain cannot pull",
        refused=INTERNAL,
        project="staged",
    ),
    Mutation(
        "stop-deletes-all-branches",
        "the stop job deletes the tags of all branches",
        "review-apps-side-by-side",
        "the other branch has images",
        project="review-apps",
    ),
    Mutation(
        "merge-requests-run-twice",
        "a branch with a merge request has pipelines of its own, too",
        "merge-request-pipelines",
        "no pipeline of a branch with a merge request",
        refused=("duplicate-pipeline",),
        project="services",
    ),
    Mutation(
        "changes-forgotten",
        "jobs run whatever changed",
        "merge-request-pipelines",
        "the jobs of a branch without merge request",
        project="services",
    ),
    Mutation(
        "schedules-deploy",
        "what a ref set leaves out is forgotten",
        "scheduled-pipeline",
        "the jobs of the schedule",
        refused=INTERNAL,
        project="staged",
    ),
    Mutation(
        "manual-runs-by-itself",
        "`when: manual` is forgotten",
        "two-environments-on-one-image",
        "production waits for somebody",
        refused=INTERNAL,
        project="staged",
    ),
    Mutation(
        "helm-does-not-wait",
        "Helm does not wait for the release, and does not take it back",
        "helm-3-release",
        "jobs: deploy-production is success",
        project="chart-3",
    ),
    Mutation(
        "helm-stays-pending",
        "nothing ends what a canceled job of Helm left behind",
        "helm-4-release-that-is-stuck",
        "jobs: deploy-production is failed",
        project="chart-4",
    ),
    Mutation(
        "times-of-gitlab",
        "a build is labelled with the time that GitLab writes, in its time zone",
        "gitlab-in-another-time-zone",
        "the image of the pipeline that waits",
        project="kept",
    ),
    Mutation(
        "stop-deletes-what-came-later",
        "a stop that is run again deletes what the branch has built since",
        "branch-that-comes-back",
        "images that a node drain cannot pull",
        project="review-apps",
    ),
    Mutation(
        "helm-goes-back-by-one",
        "a release that is pending goes back to the revision before, which had failed",
        "helm-upgrades-by-hand",
        "what a failed upgrade goes back to",
        project="chart-3",
    ),
    Mutation(
        "believes-the-namespace",
        "what runs in a namespace that nobody asked about counts as nothing",
        "overlay-with-its-own-namespace",
        "images that a node drain cannot pull",
        project="elsewhere",
    ),
    Mutation(
        "only-what-is-watched-goes-back",
        "of two Deployments that a job changes only the one goes back that it watches",
        "only-one-is-watched",
        "what api names after the other crashed",
        project="watched",
    ),
    Mutation(
        "stop-checks-out",
        "the stop job fetches the branch, which is gone",
        "review-apps-side-by-side",
        "the stop job",
        project="review-apps",
    ),
    Mutation(
        "platforms-forgotten",
        "images are built for one platform",
        "several-platforms",
        "the platforms of app",
        project="platforms",
    ),
    Mutation("no-cache", "no build writes its cache", "several-stages", "the second build takes", project="build-and-tag"),
    Mutation("also-tags-forgotten", "`also_tag` is forgotten", "release", "what the branch's tags name", project="build-and-tag"),
    Mutation(
        "unverified-stays",
        "what a smoke test refuses stays deployed",
        "not-verified",
        "what is deployed after a failed smoke test",
        project="verified",
    ),
    Mutation(
        "deploys-unmigrated",
        "a migration that fails is no reason to deploy nothing",
        "migration",
        "changes of the Deployment",
        project="migrated",
    ),
    Mutation(
        "forgets-what-is-planned",
        "the retention does not ask what the repository names",
        "gitops-planned",
        "the images that are left",
        project="gitops",
    ),
    Mutation(
        "applies-a-tag",
        "manifests are applied with the image by its tag",
        "stateful-set",
        "what serves",
        project="workloads",
    ),
)


def caught(mutation):
    """As a scenario: the scenario named must fail on what the broken compiler writes."""

    def run(bench):
        refused, bench.examples = mutants.compiled(bench, mutation)
        scenarios.equal(refused, mutation.refused, "what the proof refuses")
        bench.leaks = mutation.leaks
        shown = scenarios.failure(scenarios.load()[mutation.scenario].run, bench)
        scenarios.holds(shown is not None, f"{mutation.scenario} passes all the same")
        bench.note = f"{mutation.scenario}: {shown.splitlines()[0][:150]}"
        scenarios.holds(shown.startswith(mutation.shows), f"not shown by {mutation.shows!r}, but by: {shown}")

    return run


@scenarios.scenario
def every_switch_is_a_mutation(_):
    """Each switch in the compiler's source has a mutation, and each mutation a switch and a scenario."""
    scenarios.equal({one.switch for one in MUTATIONS}, mutants.switches(), "the mutations")
    scenarios.equal({one.scenario for one in MUTATIONS} - set(scenarios.load()), set(), "scenarios that there are not")
