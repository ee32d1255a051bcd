"""`examples/facile-2018`: the same project for GitLab 10.4, on a registry of that time.

Jobs there may not delete (before 12.3), so a personal token does, through a dummy image; there is no
dotenv report, no `rules`, no `needs`, no TLS between Docker and its daemon.
"""

from scenarios import equal, holds, scenario, statuses

DEPLOYING = {"build-prod-images", "deploy", "delete-old-prod-image"}
ALWAYS = {"build-image", "test-coverage", "phpstan", "delete-ci-image"}
FAILED_DEPLOYMENT = "delete-failed-prod-image"


def live(project):
    """The digest of what the Deployment names; it can be pulled."""
    project.settle()
    equal(project.cluster.drain(), [], "images that a node drain cannot pull")
    return project.pull(project.runs("my-project", "php-container"))


def deployed(project, pipeline):
    statuses(pipeline, skipped=(FAILED_DEPLOYMENT,))
    images = project.images("php")
    equal(images.digest("prod"), live(project), "the digest of php:prod")
    equal(images.digest(f"prod-{pipeline.sha}"), live(project), "the digest of php:prod-<commit>")
    equal(ci_tags(project, pipeline), set(), "tags of the commit's CI image")


def ci_tags(project, pipeline):
    return {tag for tag in project.images("php-ci").tags() if pipeline.sha in tag}


@scenario
def deployments_in_2018(bench):
    """GitLab 10.4: first and second deployment, a feature branch, a tag."""
    project = bench.facile_2018()
    first = project.push()
    deployed(project, first)
    before = live(project)
    second = project.push(CHANGES="second")
    deployed(project, second)
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
    equal(project.images("php").digest("prod"), now, "the digest of php:prod")
    holds("cache-feature-x" in project.images("php-ci").tags(), "the branch has a cache")


@scenario
def failures_in_2018(bench):
    """GitLab 10.4: a failing test, a failing rollout whose image goes at once, credentials that expired."""
    project = bench.facile_2018()
    project.push()
    before = live(project)
    broken = project.push(**{"src__app.php": "<?php // KO\n"})
    statuses(broken, "test-coverage", skipped=DEPLOYING)
    equal(ci_tags(project, broken), set(), "tags of the commit's CI image")
    project.cluster.crashes = lambda image: True
    failed = project.push(**{"src__app.php": "<?php // OK\n"})
    project.cluster.crashes = lambda image: False
    statuses(failed, "deploy", skipped=("delete-old-prod-image",))
    equal(live(project), before, "the digest in the Deployment")
    equal(project.images("php").digest("prod"), before, "the digest of php:prod")
    holds(f"prod-{failed.sha}" not in project.images("php").tags(), "the image that failed is gone")
    project.end_token(project.variables["PERSONAL_ACCESS_TOKEN"])
    expired = project.push(CHANGES="expired")
    statuses(expired, "delete-ci-image", "delete-old-prod-image", skipped=(FAILED_DEPLOYMENT,))
    live(project)


@scenario
def again_in_2018(bench):
    """GitLab 10.4: two pipelines at once, the older cleans up last; then the same commit again."""
    project = bench.facile_2018()
    project.push(CHANGES="zero")
    last = ["deploy", "delete-old-prod-image"]
    older, newer = [project.pipeline_of("master", CHANGES=text).run(hold=last) for text in ("one", "two")]
    for pipeline, job in ((older, last[0]), (newer, last[0]), (newer, last[1]), (older, last[1])):
        pipeline.release(job)
        live(project)
    equal(project.images("php").digest("prod"), live(project), "the digest of php:prod")
    equal(project.images("php").digest(f"prod-{newer.sha}"), live(project), "the digest in the Deployment")
    again = project.pipeline().run()
    deployed(project, again)
