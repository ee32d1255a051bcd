"""gitlab-ci-local beside our own runner: two that were written apart run the same commits."""

import concurrent.futures
import re

from bench import CI
from gitlab_ci_local.runner import Runner
from scenarios import equal, scenario, statuses
from scenarios.deployment import CONTAINER, DEPLOYMENT, cleaned, deployed, healthy


def take(project, other, branch):
    """The other project's branch: both have the same commits."""
    project.git("fetch", "--quiet", "--force", "--update-head-ok", str(other.repository), f"{branch}:{branch}")
    project.git("push", "--quiet", str(project.repository), f"{branch}:{branch}")


def ran(pipeline):
    """How each job ended that really ran."""
    return {name: job.status for name, job in pipeline.jobs.items() if job.runs}


def outcome(project):
    """Registry and cluster, without digests, which are other ones in each build: which tags share an image."""
    project.settle()
    tags = {}
    for name in ("php", "php-ci"):
        images = project.images(name)
        for tag in images.tags():
            tags.setdefault(images.digest(tag), set()).add(re.sub(r"-[0-9]+$", "-JOB", f"{name}:{tag}"))
    image, _, digest = project.runs(DEPLOYMENT, CONTAINER).partition("@")
    return {
        "tags": sorted(sorted(group) for group in tags.values()),
        "image": image.replace(f"/{project.path}/", "/"),
        "its tags": sorted(tags[digest]),
        "generation": project.deployment(DEPLOYMENT)["metadata"]["generation"],
    }


def both(runner, ours, theirs, branch, text, jobs=()):
    """A new commit, by both runners at once; what came of it must be equal. Without `jobs` all that the rules let."""
    ours.commit(branch, CHANGES=text)
    take(theirs, ours, branch)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        one = pool.submit(ours.pipeline(branch).run)
        two = runner.run(theirs, branch, jobs)
        one = one.result()
    statuses(one)
    equal(two.exit_status, 0, f"gitlab-ci-local's exit status:\n{two.output[-3000:]}")
    equal(two.sha, one.sha, "the commit")
    equal(two.statuses(), ran(one), f"the jobs that ran, and how they ended:\n{two.output[-3000:]}")
    equal(outcome(theirs), outcome(ours), "what came of it")
    return two


@scenario
def gitlab_ci_local(bench):
    """gitlab-ci-local deploys twice and tests a branch: the same jobs, tags, images and Deployment as with ours."""
    ours = bench.facile()
    ours.days_ago = 0  # as the other runner's
    bench.leaks = True  # it writes CI variables on the command lines of docker
    theirs = bench.facile()
    with Runner(bench.stack) as runner:
        first = both(runner, ours, theirs, "master", "first")
        deployed(theirs, first)
        cleaned(theirs, "master")
        ours.passed = CI  # they are nothing but time here
        second = both(runner, ours, theirs, "master", "second", ("build-php", "deploy-prod", "running-prod", "cleanup-php"))
        ours.passed = set()
        deployed(theirs, second)
        before = first.jobs["build-php"].reported["IMAGE_PHP_DIGEST"]
        equal(theirs.images("php").digest(first.sha), before, "the image before")
        both(runner, ours, theirs, "feature/x", "third")
        deployed(theirs, second)
        healthy(theirs)
        cleaned(theirs, "master", "feature-x")
