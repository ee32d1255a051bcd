"""Things that happen again, late, or at the same time."""

from scenarios import equal, holds, scenario, statuses
from scenarios.deployment import builds, cleaned, deployed, healthy, live


def autoloader(pipeline, job):
    """What tells one build from another: written in the build, printed by the tests."""
    found = [line for line in pipeline.log(job).splitlines() if line.startswith("autoload: ")]
    holds(found, f"{job} ran in the image: {pipeline.log(job)[-500:]}")
    return found[0]


@scenario
def retry_of_each_job(bench):
    """Each single job again, after the pipeline has ended: nothing breaks, nothing else is tested."""
    project = bench.facile()
    pipeline = project.push()
    tested = autoloader(pipeline, "phpstan")
    for name in ("phpstan", "test-coverage"):
        pipeline.retry(name)
        equal(autoloader(pipeline, name), tested, f"the build that {name} tests when it is retried")
    for name in list(pipeline.jobs):
        pipeline.retry(name)
        equal(pipeline.jobs[name].status, "success", f"{name}, retried: {pipeline.log(name)[-800:]}")
        project.settle()
        equal(project.drain(), [], f"after {name}: images that a node drain cannot pull")
    statuses(pipeline)
    deployed(project, pipeline)
    cleaned(project, "master")


@scenario
def retry_of_an_older_deployment(bench):
    """A rollback by the button: the older pipeline's deploy job again, and its clean-up."""
    project = bench.facile(tested=False)
    older = project.push()
    project.push(CHANGES="newer")
    older.retry("deploy-prod")
    project.settle()
    equal(live(project), older.jobs["build-php"].reported["IMAGE_PHP_DIGEST"], "the digest in the Deployment")
    older.retry("cleanup-php")
    equal(project.drain(), [], "images that a node drain cannot pull")


def interleaved_pipelines(project, last):
    """Two pipelines, built and tested both, whose jobs in `last` wait to be released."""
    return [project.pipeline_of("master", CHANGES=text).run(hold=last) for text in ("one", "two")]


def interleaved(bench, order):
    """Two pipelines, built both; then deployments and clean-ups in the order given."""
    project = bench.facile(tested=False)
    project.push(CHANGES="zero")
    last = ["deploy-prod", "cleanup-php"]
    older, newer = interleaved_pipelines(project, last)
    pipelines = {"older": older, "newer": newer}
    for step in order:
        which, _, job = step.partition(" ")
        pipelines[which].release(job)
        equal(pipelines[which].jobs[job].status, "success", f"{step}: {pipelines[which].log(job)[-800:]}")
        project.settle()
        equal(project.drain(), [], f"after {step}: images that a node drain cannot pull")
    statuses(older)
    statuses(newer)
    return project, older, newer


@scenario
def interleaved_older_cleans_up_last(bench):
    """Two pipelines at once; the older deploys first and cleans up last."""
    order = ["older deploy-prod", "newer deploy-prod", "newer cleanup-php", "older cleanup-php"]
    project, _, newer = interleaved(bench, order)
    deployed(project, newer)


@scenario
def interleaved_in_order(bench):
    """Two pipelines at once, one after the other in all."""
    order = ["older deploy-prod", "older cleanup-php", "newer deploy-prod", "newer cleanup-php"]
    project, _, newer = interleaved(bench, order)
    deployed(project, newer)


@scenario
def interleaved_older_deploys_last(bench):
    """Two pipelines at once; the older overtakes nobody but deploys and cleans up last."""
    order = ["newer deploy-prod", "newer cleanup-php", "older deploy-prod", "older cleanup-php"]
    project, older, newer = interleaved(bench, order)
    equal(live(project), older.jobs["build-php"].reported["IMAGE_PHP_DIGEST"], "the digest in the Deployment")
    for number in range(3):
        deployed(project, project.push(CHANGES=str(number)))


@scenario
def another_tag_on_the_running_image(bench):
    """A tag that somebody gave by hand stays, and so does its image."""
    project = bench.facile(tested=False)
    first = project.push()
    digest = live(project)
    project.images("php").also_tag(first.sha, "release-1")
    for number in range(4):
        deployed(project, project.push(CHANGES=str(number)))
    equal(project.images("php").digest("release-1"), digest, "the digest of php:release-1")
    holds(first.sha not in project.images("php").tags(), "the tag of the commit is gone")


def pushed(images, tag, kind, day):
    """An image as a build of master pushed it on this day of a month that is long over."""
    time = f"2024-03-{day:02}T12:00:00Z"
    return images.push(tag, kind, time, {"windlass.build": f"{time} master"})


@scenario
def indexes_and_lists(bench):
    """Older images that other builders made: OCI images and indexes, manifest lists. Only what is old goes."""
    project = bench.facile(tested=False)
    images = project.images("php")
    old = {}
    for day, kind in enumerate(("docker", "docker-list", "oci", "oci-index"), start=1):
        tag = f"{day:x}" * 40
        old[tag] = pushed(images, tag, kind, day)
    pipeline = project.push()
    statuses(pipeline)
    deployed(project, pipeline)
    kept = {tag: digest for tag, digest in old.items() if tag[0] in "34"}
    images = project.images("php")
    equal(images.tags(), {"cache_production", *builds(pipeline), *kept}, "tags of php")
    equal({tag: images.digest(tag) for tag in kept}, kept, "what is kept is whole")
    project.push(CHANGES="second")
    healthy(project)
