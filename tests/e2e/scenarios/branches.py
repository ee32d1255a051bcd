"""Pipelines that must not deploy: feature branches with any name, tags."""

from scenarios import equal, scenario, statuses
from scenarios.deployment import cleaned, healthy, live

TESTED = {"build-php-ci", "test-coverage", "phpstan", "cleanup-php-ci"}
# Slashes, quotes, and 200 characters.
DIFFICULT = ('feature/it\'s-"quoted"/$(touch${IFS}pwned);`x`&/Ünïcode/' + "long-" * 29)[:199] + "x"
assert len(DIFFICULT) == 200


def untouched(project, action):
    """Production is after `action` as it was before."""
    before = live(project), project.images("php").tags()
    pipeline = action()
    after = live(project), project.images("php").tags()
    equal(after, before, "production")
    healthy(project)
    return pipeline


@scenario
def feature_branch(bench):
    """A feature branch is tested and cleaned up, and leaves production alone."""
    project = bench.deployed()
    pipeline = untouched(project, lambda: project.push("feature/x", CHANGES="x"))
    equal(set(pipeline.jobs), TESTED, "the jobs")
    statuses(pipeline)
    cleaned(project, "feature-x")


@scenario
def branch_with_a_difficult_name(bench):
    """A branch name with slashes, quotes and 200 characters."""
    project = bench.deployed()
    pipeline = untouched(project, lambda: project.push(DIFFICULT, CHANGES="x"))
    equal(set(pipeline.jobs), TESTED, "the jobs")
    statuses(pipeline)
    cleaned(project, pipeline.predefined["CI_COMMIT_REF_SLUG"])


@scenario
def branch_named_like_a_deployable_one(bench):
    """`master-2` and `feature/master` are not `master`."""
    project = bench.deployed()
    for name in ("master-2", "feature/master"):
        pipeline = untouched(project, lambda branch=name: project.push(branch, CHANGES=branch))
        equal(set(pipeline.jobs), TESTED, "the jobs")


@scenario
def tag_pipeline(bench):
    """A tag is tested; also a tag that is named as the branch that deploys."""
    project = bench.deployed()
    sha = project.pipelines[-1].sha
    for name in ("v1.0.0", "master"):
        pipeline = untouched(project, lambda tag=name: project.pipeline(tag, sha, tag=True).run())
        equal(set(pipeline.jobs), TESTED, f"the jobs of the tag {name}")
        statuses(pipeline)
    cleaned(project, "master", "v1-0-0")


@scenario
def the_other_deployable_branch(bench):
    """Each branch of the set deploys."""
    project = bench.deployed()
    pipeline = project.push("an-other-deployable-branch", CHANGES="other")
    statuses(pipeline)
    healthy(project)
    equal(live(project), pipeline.jobs["build-php"].reported["IMAGE_PHP_DIGEST"], "the digest in the Deployment")


@scenario
def project_path_with_upper_case(bench):
    """The registry knows small letters only."""
    project = bench.facile(path=f"Facile/My-Project-{id(bench)}")
    statuses(project.push())
    healthy(project)
    cleaned(project, "master")
