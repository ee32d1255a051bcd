"""`examples/facile-2018`: the same project for GitLab 10.4, on a registry of that time.

Jobs there may not delete (before 12.3), so a personal token does, through a dummy image; there is no
dotenv report, no `rules`, no `needs`, no TLS between Docker and its daemon.
"""

from bench import CI_2018
from scenarios import equal, holds, scenario, statuses
from scenarios.again import autoloader, pushed
from scenarios.branches import DIFFICULT
from scenarios.deployment import builds

DEPLOYING = {"build-prod-images", "deploy", "running-prod", "delete-old-prod-image"}
ALWAYS = {"build-image", "test-coverage", "phpstan", "delete-ci-image"}
FAILED_DEPLOYMENT = "delete-failed-prod-image"


def live(project):
    """The digest of what the Deployment names; it can be pulled."""
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull")
    return project.pull(project.runs("my-project", "php-container"))


def deployed(project, pipeline):
    statuses(pipeline, skipped=(FAILED_DEPLOYMENT,))
    images = project.images("php")
    equal(images.digest(f"prod-{pipeline.sha}"), live(project), "the digest of php:prod-<commit>")
    equal(ci_tags(project, pipeline), set(), "tags of the commit's CI image")


def of_builds(*pipelines):
    return builds(*pipelines, job="build-prod-images", prefix="prod-")


def ci_tags(project, pipeline):
    return {tag for tag in project.images("php-ci").tags() if pipeline.sha in tag}


@scenario
def deployments_in_2018(bench):
    """GitLab 10.4: first and second deployment, a feature branch, a tag."""
    project = bench.facile_2018()
    first = project.push()
    deployed(project, first)
    before = live(project)
    project.passed = CI_2018
    second = project.push(CHANGES="second")
    deployed(project, second)
    project.passed = set()
    holds(live(project) != before, "another image than before")
    equal(project.images("php").digest(f"prod-{first.sha}"), before, "the image before, kept for a rollback")
    now = live(project)
    feature = project.push("feature/x", CHANGES="x")
    equal(set(feature.jobs), ALWAYS, "the jobs of a feature branch")
    statuses(feature)
    tag = project.pipeline("v1", second.sha, tag=True).run()
    equal(set(tag.jobs), ALWAYS, "the jobs of a tag")
    statuses(tag)
    equal(live(project), now, "the digest in the Deployment")
    holds("cache_feature-x" in project.images("php-ci").tags(), "the branch has a cache")


@scenario
def branches_in_2018(bench):
    """GitLab 10.4: a branch with a difficult name, in a project whose path has capitals."""
    project = bench.facile_2018(tested=False, path=f"Facile/Old-Project-{id(bench)}")
    deployed(project, project.push())
    now = live(project)
    project.passed = set()
    feature = project.push(DIFFICULT, CHANGES="x")
    equal(set(feature.jobs), ALWAYS, "the jobs")
    statuses(feature)
    equal(live(project), now, "the digest in the Deployment")
    slug = feature.predefined["CI_COMMIT_REF_SLUG"]
    equal(project.images("php-ci").tags(), {f"cache_{slug}"}, "tags of php-ci")


@scenario
def failures_in_2018(bench):
    """GitLab 10.4: a failing test, failing builds, a failing rollout whose image goes at once."""
    project = bench.facile_2018()
    project.push()
    before = live(project)
    broken = project.push(**{"src__app.php": "<?php // KO\n"})
    statuses(broken, "test-coverage", skipped=DEPLOYING)
    equal(ci_tags(project, broken), set(), "tags of the commit's CI image")
    project.put("src/app.php", "<?php // OK\n")
    file = "docker/development/php-ci/Dockerfile"
    unbuilt = broken_build(project, file)
    statuses(unbuilt, "build-image", skipped={"test-coverage", "phpstan", *DEPLOYING})
    project.passed = CI_2018
    unbuilt = broken_build(project, "docker/production/php/Dockerfile")
    statuses(unbuilt, "build-prod-images", skipped=DEPLOYING - {"build-prod-images"})
    project.crashes = lambda image: True
    failed = project.push(CHANGES="crashes")
    project.crashes = lambda image: False
    statuses(failed, "deploy", skipped=("delete-old-prod-image",))
    equal(live(project), before, "the digest in the Deployment")
    equal(project.images("php").tags() & {f"prod-{failed.sha}"}, set(), "the tag of what failed")


def broken_build(project, file):
    """A pipeline of a commit whose build fails; the next commit's does not."""
    good = (project.work / file).read_text()
    pipeline = project.push(**{file.replace("/", "__"): good + "RUN false\n"})
    project.put(file, good)
    return pipeline


@scenario
def credentials_in_2018(bench):
    """GitLab 10.4: a personal token that may not delete, one that has expired, a registry that is down."""
    project = bench.facile_2018(tested=False)
    deployed(project, project.push())
    for trouble in ("rights", "expired", "down"):
        pipeline = project.pipeline_of("master", CHANGES=trouble).run(hold=["delete-old-prod-image"])
        tags = project.images("php").tags()
        if trouble == "rights":
            bench.cleaner(project, rights={"pull", "push"})
        elif trouble == "expired":
            project.end_token(project.variables["PERSONAL_ACCESS_TOKEN"])
        else:
            project.registry.down.add(project.path)
        pipeline.release()
        project.registry.down.discard(project.path)
        statuses(pipeline, "delete-old-prod-image", skipped=(FAILED_DEPLOYMENT,))
        equal(project.images("php").tags(), tags, f"tags, {trouble}")
        live(project)
        bench.cleaner(project)
        pipeline.retry("delete-old-prod-image")
        deployed(project, pipeline)
    kept = of_builds(*project.pipelines)  # none of them is a day old
    equal(project.images("php").tags(), {"cache_production", *kept}, "tags of php")


@scenario
def retries_in_2018(bench):
    """GitLab 10.4: each single job again, after the pipeline has ended."""
    project = bench.facile_2018()
    pipeline = project.push()
    tested = autoloader(pipeline, "phpstan")
    for name in ("phpstan", "test-coverage"):
        pipeline.retry(name)
        equal(autoloader(pipeline, name), tested, f"the build that {name} tests when it is retried")
    for name in [name for name in pipeline.jobs if name != FAILED_DEPLOYMENT]:
        pipeline.retry(name)
        equal(pipeline.jobs[name].status, "success", f"{name}, retried: {pipeline.log(name)[-800:]}")
        live(project)
    deployed(project, pipeline)


@scenario
def rollbacks_in_2018(bench):
    """GitLab 10.4: four deployments over old images of all kinds, which go; the new ones can be rolled back to."""
    project = bench.facile_2018(tested=False)
    images = project.images("php")
    for day, kind in enumerate(("docker", "docker-list", "oci", "oci-index"), start=1):
        pushed(images, "prod-" + f"{day:x}" * 40, kind, day)
    for number in range(4):
        deployed(project, project.push(CHANGES=str(number)))
    kept = of_builds(*project.pipelines)  # none of them is a day old
    equal(project.images("php").tags(), {"cache_production", *kept}, "tags of php")
    for tag in sorted(kept):
        image = f"{project.registry.host}/{project.path}/php:{tag}"
        project.kubectl("set", "image", "deployment/my-project", f"php-container={image}")
        equal(live(project), project.images("php").digest(tag), f"what serves after a rollback to {tag}")


@scenario
def again_in_2018(bench):
    """GitLab 10.4: two pipelines at once, in both orders, the older cleans up last; then the same commit again."""
    project = bench.facile_2018(tested=False)
    project.push(CHANGES="zero")
    last = ["deploy", "delete-old-prod-image"]
    for first in ("older", "newer"):
        texts = (f"older, {first} first", f"newer, {first} first")
        older, newer = [project.pipeline_of("master", CHANGES=text).run(hold=last) for text in texts]
        deployments = (older, newer) if first == "older" else (newer, older)
        for pipeline, job in [(one, last[0]) for one in deployments] + [(newer, last[1]), (older, last[1])]:
            pipeline.release(job)
            equal(pipeline.jobs[job].status, "success", f"{job}: {pipeline.log(job)[-800:]}")
            live(project)
        equal(project.images("php").digest(f"prod-{deployments[1].sha}"), live(project), "the digest in the Deployment")
    again = project.pipeline().run()
    deployed(project, again)
