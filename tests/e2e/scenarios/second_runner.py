"""gitlab-ci-local beside our own runner: two that were written apart run the same commits."""

from gitlab_ci_local.runner import Runner
from scenarios import equal, scenario, statuses
from scenarios.deployment import CONTAINER, DEPLOYMENT, cleaned, deployed, healthy

STEPS = (("master", "first"), ("master", "second"), ("feature/x", "third"))


def take(project, other, branch):
    """The other project's branch, commit by commit: both have the same."""
    project.git("fetch", "--quiet", "--force", "--update-head-ok", str(other.repository), f"{branch}:{branch}")
    project.git("push", "--quiet", str(project.repository), f"{branch}:{branch}")


def outcome(project):
    """Registry and cluster, without digests, which are other ones in each build: which tags share an image."""
    project.settle()
    tags = {}
    for name in ("php", "php-ci"):
        images = project.images(name)
        for tag in images.tags():
            tags.setdefault(images.digest(tag), set()).add(f"{name}:{tag}")
    running = project.runs(DEPLOYMENT, CONTAINER)
    image, _, digest = running.partition("@")
    return {
        "tags": sorted(sorted(group) for group in tags.values()),
        "image": image.replace(f"/{project.path}/", "/"),
        "its tags": sorted(tags[digest]),
        "generation": project.deployment(DEPLOYMENT)["metadata"]["generation"],
    }


@scenario
def gitlab_ci_local(bench):
    """gitlab-ci-local deploys twice and tests a branch: the same jobs, tags, images and Deployment as with ours."""
    ours = bench.facile()
    bench.leaks = True  # gitlab-ci-local writes CI variables on command lines of docker
    theirs = bench.facile()
    with Runner(bench.stack) as runner:
        for branch, text in STEPS:
            one = ours.push(branch, CHANGES=text)
            statuses(one)
            take(theirs, ours, branch)
            two = runner.run(theirs, branch)
            equal(two.status, 0, f"gitlab-ci-local's exit status:\n{two.output[-3000:]}")
            equal(two.sha, one.sha, "the commit")
            equal(two.statuses(), one.statuses(), f"the jobs that ran and how they ended:\n{two.output[-3000:]}")
            equal(outcome(theirs), outcome(ours), "what came of it")
            if branch == "master":
                deployed(theirs, two)
                cleaned(theirs, "master")
            else:
                healthy(theirs)
                cleaned(theirs, "master", "feature-x")
