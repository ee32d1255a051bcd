"""What goes wrong: builds, tests, rollouts, credentials, the registry."""

from bench import AGENT, CI
from scenarios import equal, holds, scenario, statuses
from scenarios.again import pushed
from scenarios.branches import untouched
from scenarios.deployment import cleaned, deployed, healthy, live
from scenarios.workloads import crash_and_cancel

AFTER_DEPLOYMENT = ("running-prod", "cleanup-php")
AFTER_TESTS = ("build-php", "deploy-prod", *AFTER_DEPLOYMENT)


@scenario
def failing_test(bench):
    """A failing test: nothing is built for production, and the clean-up runs all the same."""
    project = bench.deployed()
    broken = untouched(project, lambda: project.push(**{"src__app.php": "<?php // KO\n"}))
    statuses(broken, "test-coverage", skipped=AFTER_TESTS)
    equal(broken.status, "failed", "the pipeline")
    cleaned(project, "master")


@scenario
def canceled_pipeline(bench):
    """A newer commit cancels a pipeline within its tests: its image is left, all else goes on as if it had not been.

    GitLab starts no further job of a canceled pipeline, not even with `when: always`.
    """
    project = bench.deployed()
    redundant = project.pipeline_of("master", CHANGES="redundant")
    redundant.jobs["test-coverage"].before = redundant.cancel
    untouched(project, lambda: redundant.run(hold=["phpstan"]))
    equal(redundant.status, "canceled", "the pipeline")
    later = ("phpstan", "cleanup-php-ci", *AFTER_TESTS)
    equal({name: redundant.jobs[name].status for name in later}, dict.fromkeys(later, "canceled"), "its later jobs")
    left = str(redundant.id)
    equal(project.images("php-ci").tags(), {"cache_master", left}, "tags of php-ci")
    newer = project.push(CHANGES="newer")
    statuses(newer)
    deployed(project, newer)
    equal(project.images("php-ci").tags(), {"cache_master", left}, "tags of php-ci")
    redundant.retry("cleanup-php-ci")
    cleaned(project, "master")


@scenario
def failing_build(bench):
    """A failing build, of either image: no test runs, nothing is deployed, the clean-up has nothing to do."""
    project = bench.deployed()
    file = "docker/development/php-ci/Dockerfile"
    good = (project.work / file).read_text()
    broken = untouched(project, lambda: project.push(**{file.replace("/", "__"): good + "RUN false\n"}))
    statuses(broken, "build-php-ci", skipped=("test-coverage", "phpstan", *AFTER_TESTS))
    project.put(file, good)
    file = "docker/production/php/Dockerfile"
    good = (project.work / file).read_text()
    broken = untouched(project, lambda: project.push(**{file.replace("/", "__"): good + "RUN false\n"}))
    statuses(broken, "build-php", skipped=("deploy-prod", *AFTER_DEPLOYMENT))
    cleaned(project, "master")


@scenario
def failing_rollout(bench):
    """A rollout that fails is undone: the image before serves again; the failed one goes with time."""
    project = bench.facile(tested=False)
    first = project.push()
    before = live(project)
    project.crashes = lambda image: True
    broken = project.push(CHANGES="crashes")
    project.crashes = lambda image: False
    statuses(broken, "deploy-prod", skipped=AFTER_DEPLOYMENT)
    project.settle()
    equal(live(project), before, "the digest in the Deployment")
    equal(project.drain(), [], "images that a node drain cannot pull")
    for number in range(3):
        deployed(project, project.push(CHANGES=str(number)))
    tags = project.images("php").tags()
    holds(broken.sha not in tags, f"the failed image is gone: {tags}")
    holds(first.sha not in tags, f"the first image is gone: {tags}")


@scenario
def forbidden_by_the_cluster(bench):
    """The agent may only look at the cluster: the deployment fails and says why; with its rights back it goes on."""
    project = bench.deployed()
    before = live(project)
    project.passed = CI
    project.agent(AGENT, role="view")
    pipeline = project.push(CHANGES="forbidden")
    statuses(pipeline, "deploy-prod", skipped=AFTER_DEPLOYMENT)
    holds("forbidden" in pipeline.log("deploy-prod"), f"the job says why:\n{pipeline.log('deploy-prod')[-800:]}")
    equal(live(project), before, "the digest in the Deployment")
    healthy(project)
    project.agent(AGENT)
    pipeline.retry("deploy-prod")
    statuses(pipeline)
    deployed(project, pipeline)


@scenario
def first_rollout_fails(bench):
    """The first deployment ever fails: what somebody once made by hand serves again."""
    project = bench.facile()
    project.crashes = lambda image: "example/" not in image
    broken = project.push()
    statuses(broken, "deploy-prod", skipped=AFTER_DEPLOYMENT)
    project.settle()
    equal(project.runs("my-project", "php-container"), "example/initial:1", "the image in the Deployment")
    cleaned(project, "master")


@scenario
def expired_credentials(bench):
    """A job token that no longer works: each job that needs it fails, and changes nothing."""
    project = bench.deployed()
    project.commit(CHANGES="second")
    pipeline = project.pipeline().run(hold=["cleanup-php", "cleanup-php-ci"])
    deployed_now = live(project)
    tags = project.images("php").tags(), project.images("php-ci").tags()
    for name in ("cleanup-php", "cleanup-php-ci"):
        pipeline.jobs[name].before = lambda job=pipeline.jobs[name]: project.end_token(job.token)
    pipeline.release()
    statuses(pipeline, "cleanup-php", "cleanup-php-ci")
    now = project.images("php").tags(), project.images("php-ci").tags()
    equal(now, tags, "tags")
    for name in ("cleanup-php", "cleanup-php-ci"):
        pipeline.jobs[name].before = None
        pipeline.retry(name)
    statuses(pipeline)
    equal(live(project), deployed_now, "the digest in the Deployment")
    healthy(project)
    cleaned(project, "master")


@scenario
def expired_credentials_in_a_build(bench):
    """The login of a build fails: the job does, and all that follow from it."""
    project = bench.deployed()
    project.commit(CHANGES="second")

    def run():
        pipeline = project.pipeline()
        job = pipeline.jobs["build-php-ci"]
        job.before = lambda: project.end_token(job.token)
        return pipeline.run()

    pipeline = untouched(project, run)
    statuses(pipeline, "build-php-ci", skipped=("test-coverage", "phpstan", *AFTER_TESTS))


@scenario
def insufficient_credentials(bench):
    """A token with fewer rights than were asked for, which is HTTP 200 too: told before anything changes."""
    project = bench.deployed()
    for day in range(1, 4):
        pushed(project.images("php"), f"{day}" * 40, "oci", day)  # there is something to delete
    project.commit(CHANGES="second")
    pipeline = project.pipeline().run(hold=["cleanup-php", "cleanup-php-ci"])
    before = (
        project.images("php").tags(),
        project.images("php-ci").tags(),
    )
    project.rights = {"pull"}
    pipeline.release()
    statuses(pipeline, "cleanup-php", "cleanup-php-ci")
    now = project.images("php").tags(), project.images("php-ci").tags()
    equal(now, before, "tags")
    for name in ("cleanup-php", "cleanup-php-ci"):
        holds(
            "unauthorized" in pipeline.log(name),
            f"{name} says what is missing:\n{pipeline.log(name)[-500:]}",
        )
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def registry_down_in_the_cleanup(bench):
    """The registry answers nobody while the clean-up runs: it fails, and a retry does all of it."""
    project = bench.deployed()
    project.commit(CHANGES="second")
    pipeline = project.pipeline().run(hold=["cleanup-php", "cleanup-php-ci"])
    before = project.images("php").tags(), project.images("php-ci").tags()
    project.registry.down.add(project.path.lower())
    pipeline.release()
    project.registry.down.discard(project.path.lower())
    statuses(pipeline, "cleanup-php", "cleanup-php-ci")
    equal((project.images("php").tags(), project.images("php-ci").tags()), before, "tags")
    for name in ("cleanup-php", "cleanup-php-ci"):
        pipeline.retry(name)
    statuses(pipeline)
    deployed(project, pipeline)
    cleaned(project, "master")


@scenario
def canceled_deployment(bench):
    """Somebody cancels a deployment while its pods do not start: what ran before serves on; the next one deploys."""
    project = bench.deployed()
    project.passed = CI
    before = live(project)
    canceled = project.pipeline_of("master", CHANGES="canceled")
    project.crashes = crash_and_cancel(canceled, before)
    canceled.run()
    project.crashes = lambda image: False
    equal(canceled.jobs["deploy-prod"].status, "canceled", "the deployment")
    equal(canceled.jobs["cleanup-php"].status, "canceled", "what comes after it")
    equal(project.drain(), [], "images that a node drain cannot pull")
    holds(any(before in image for image in project.serving()), "the image before serves")
    newer = project.push(CHANGES="newer")
    statuses(newer)
    deployed(project, newer)
