"""Pipelines of the branch that deploys, as they should go."""

from scenarios import equal, holds, scenario, statuses

DEPLOYMENT, CONTAINER = "my-project", "php-container"


def live(project):
    """The digest that production's pods run."""
    return project.runs(DEPLOYMENT, CONTAINER).rpartition("@")[2]


def healthy(project):
    """Whatever happened, production serves an image that can be pulled again."""
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull")


def deployed(project, pipeline):
    """The pipeline's own image serves, in full."""
    rollout = project.rollout(DEPLOYMENT)
    built = pipeline.jobs["build-php"].reported["IMAGE_PHP_DIGEST"]
    equal(live(project), built, "the digest in the Deployment")
    equal(rollout, "complete", "the rollout")
    equal(project.images("php").digest(pipeline.sha), built, "the digest of php:<commit>")
    healthy(project)


def builds(*pipelines, job="build-php", prefix=""):
    """The tags of the pipelines' builds: that of the commit, and that of this build alone."""
    made = [(prefix + pipeline.sha, pipeline.jobs[job].id) for pipeline in pipelines]
    return {tag for commit, number in made for tag in (commit, f"{commit}-{number}")}


def cleaned(project, *branches):
    """No image of a pipeline is left; the cache of each branch is."""
    equal(project.images("php-ci").tags(), {f"cache_{branch}" for branch in branches}, "tags of php-ci")


@scenario
def first_deployment(bench):
    """The first deployment ever: there is no earlier image, cache or tag."""
    project = bench.facile()
    pipeline = project.push()
    statuses(pipeline)
    deployed(project, pipeline)
    cleaned(project, "master")
    equal(project.images("php").tags(), {*builds(pipeline), "cache_production"}, "tags of php")
    holds("87.50%" in pipeline.log("test-coverage"), "the tests ran with their database")


@scenario
def second_deployment(bench):
    """The second deployment: the new image serves, the one before stays for a rollback."""
    project = bench.deployed()
    first = project.pipelines[-1]
    before = live(project)
    second = project.push(CHANGES="second")
    statuses(second)
    deployed(project, second)
    holds(live(project) != before, "another image than before")
    equal(project.images("php").digest(first.sha), before, "the image before")
    cleaned(project, "master")


@scenario
def many_deployments(bench):
    """Five deployments: three images are kept; a node drain after each; a rollback by hand to each."""
    project = bench.facile(tested=False)
    pipelines = []
    for number in range(5):
        pipelines.append(project.push(CHANGES=str(number)))
        deployed(project, pipelines[-1])
    kept = builds(*pipelines[-3:])
    equal(project.images("php").tags(), {"cache_production", *kept}, "tags of php")
    for pipeline in pipelines[-3:]:
        image = f"{project.registry.host}/{project.path}/php:{pipeline.sha}"
        project.kubectl("set", "image", f"deployment/{DEPLOYMENT}", f"{CONTAINER}={image}")
        project.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "--timeout=20s")
        equal(project.drain(), [], f"images that cannot be pulled after a rollback to {image}")


@scenario
def same_commit_twice(bench):
    """The same commit run twice: both times its own image, which goes on being there."""
    project = bench.facile(tested=False)
    first = project.push()
    before = live(project)
    second = project.pipeline().run()
    statuses(second)
    deployed(project, second)
    equal(first.sha, second.sha, "the commit")
    first.retry("build-php")
    equal(project.drain(), [], "images that a node drain cannot pull, after a build was retried")
    status, _, _ = project.images("php").get(before)
    equal(status, 200, "the image of the first run, by its digest")
