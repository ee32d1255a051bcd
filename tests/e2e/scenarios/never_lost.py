"""What runs keeps its image, whatever builds, deploys or cleans up; the registry collects before each look."""

from scenarios import equal, holds, scenario
from scenarios.deployment import builds
from scenarios.review import gone, namespace_of, reviewed, running

CONTEXT = "shop/cluster:main"


def cluster(project, *deployments):
    """A project whose cluster has these Deployments already, each with a container `app`."""
    project.agent(CONTEXT)
    for name in deployments:
        project.deploy(name, "app")
    return project


def live(project, deployment="app"):
    """The digest that a Deployment names."""
    return project.runs(deployment, "app").rpartition("@")[2]


def built(pipeline):
    return pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"]


def serves(project, digest, when, deployment="app"):
    """The Deployment runs this digest, and a node that has never seen it can pull it."""
    rollout = project.rollout(deployment)
    equal(live(project, deployment), digest, f"what {deployment} runs {when}")
    equal(rollout, "complete", f"the rollout of {deployment} {when}")
    equal(project.drain(), [], f"images that a node drain cannot pull {when}")


def deploy(pipeline, environment="production"):
    """A person starts the deployment, or starts it again: GitLab's button to roll back."""
    job = pipeline.jobs[f"deploy-{environment}"]
    (pipeline.play if job.status == "manual" else pipeline.retry)(job.name)
    equal(pipeline.jobs[f"deploy-{environment}"].status, "success", pipeline.log(f"deploy-{environment}")[-800:])
    return built(pipeline)


@scenario
def the_same_commit_on_a_changed_base(bench):
    """The same commit built twice: what ran before can still be gone back to, by hand and by a failed rollout."""
    project = cluster(bench.project("ordinary"), "app")
    first = deploy(project.push())
    again = project.pipeline().run()
    second = deploy(again)
    holds(first != second, "the second build is another image")
    serves(project, second, "after the second deployment")
    project.kubectl("rollout", "undo", "deployment/app")
    serves(project, first, "after `kubectl rollout undo`")
    deploy(again)
    third = project.pipeline().run()
    project.crashes = lambda image: image.endswith(built(third))
    third.play("deploy-production")
    equal(third.jobs["deploy-production"].status, "failed", "the deployment of an image that crashes")
    serves(project, second, "after a rollout that failed")


@scenario
def a_git_tag_on_the_commit_that_runs(bench):
    """A git tag on an older commit, whose pipeline builds it again: production runs the first build, and keeps it."""
    project = cluster(bench.project("ordinary"), "app")
    first = project.push()
    digest = deploy(first)
    for number in (2, 3):
        project.push(CHANGES=str(number))
    tagged = project.pipeline("v1.0.0", first.sha, tag=True).run()
    equal(tagged.jobs["build-app"].status, "success", "the build of the tag")
    serves(project, digest, "after a pipeline of a git tag on its commit")


@scenario
def retry_of_a_build_that_is_deployed(bench):
    """The build is retried after its image was deployed: the commit's tag moves, and what runs keeps a tag."""
    project = cluster(bench.project("ordinary"), "app")
    first = project.push()
    digest = deploy(first)
    first.retry("build-app")
    holds(built(first) != digest, "the retry makes another image")
    serves(project, digest, "after a retry of its build")


@scenario
def a_pipeline_that_waits(bench):
    """A pipeline waits while others of its branch and of other branches build, deploy and clean up; then it deploys."""
    project = cluster(bench.project("kept"), "app")
    project.days_ago = 0
    project.push()
    waiting = project.pipeline_of("master", CHANGES="waits").run(hold=["deploy-production"])
    for number in range(2):
        project.push(f"feature/{number}", CHANGES=str(number))
    for number in range(2):
        newer = project.push(CHANGES=f"newer {number}")
        serves(project, built(newer), "while another pipeline waits")
    waiting.release()
    said = waiting.log("deploy-production")[-800:]
    equal(waiting.jobs["deploy-production"].status, "success", f"after the pipeline that waited: {said}")
    serves(project, built(waiting), "after the pipeline that waited")


@scenario
def other_branches_clean_up(bench):
    """A pipeline of master waits before its deployment; two feature branches build and clean up; then it deploys."""
    project = cluster(bench.project("kept"), "app")
    project.push()
    waiting = project.pipeline_of("master", CHANGES="waits").run(hold=["deploy-production"])
    for number in range(2):
        project.push(f"feature/{number}", CHANGES=str(number))
    equal(project.drain(), [], "images that a node drain cannot pull")
    waiting.release()
    equal(waiting.jobs["deploy-production"].status, "success", waiting.log("deploy-production")[-800:])
    serves(project, built(waiting), "after the pipeline that waited")


@scenario
def each_branch_keeps_its_newest(bench):
    """Master cleans up for all branches: of each the newest image stays, however many master builds."""
    project = cluster(bench.project("kept"), "app")
    first = {name: project.push(name, CHANGES=name) for name in ("feature/a", "feature/b")}
    second = project.push("feature/b", CHANGES="again")
    for number in range(3):
        newest = project.push(CHANGES=str(number))
    tags = project.images("app").tags()
    of = {name: builds(pipeline, job="build-app") for name, pipeline in first.items()}
    equal(tags & of["feature/a"], of["feature/a"], "tags of feature/a")
    equal(tags & of["feature/b"], set(), "tags of feature/b that are older than its newest")
    again = builds(second, job="build-app")
    equal(tags & again, again, "tags of feature/b, its newest")
    serves(project, built(newest), "after all of that")


@scenario
def the_registry_is_down_after_the_deployment(bench):
    """The registry is down once the deployment is done; other pipelines build, deploy nothing and clean up."""
    project = cluster(bench.project("kept"), "app")
    project.push()
    last = project.pipeline_of("master", CHANGES="last").run(hold=["mark-production", "running-production", "cleanup-app"])
    project.registry.down.add(project.path)
    last.release()
    project.registry.down.discard(project.path)
    equal(last.jobs["cleanup-app"].status, "skipped" if "mark-production" in last.jobs else "failed", "the clean-up")
    for number in range(2):
        project.push("feature/x", CHANGES=str(number))
    project.crashes = lambda image: image.split("@")[-1] not in (built(last),)
    for number in range(2):
        failed = project.push(CHANGES=f"crashes {number}")
        equal(failed.jobs["deploy-production"].status, "failed", "the deployment of an image that crashes")
    serves(project, built(last), "after later pipelines")


@scenario
def a_deployment_is_canceled(bench):
    """Somebody cancels the pipeline right after its deployment; pipelines of the same commit and newer ones clean up."""
    project = cluster(bench.project("staged"), "staging", "production")
    after = ["mark-production", "mark-staging", "running-production", "running-staging", "cleanup-app"]
    first = project.pipeline_of("master", CHANGES="first").run(hold=after)
    deploy(first)
    first.cancel()
    for number in range(3):
        project.push(CHANGES=str(number))
        serves(project, built(first), "while staging goes on", "production")


@scenario
def two_branches_with_one_slug(bench):
    """Two living branches whose names differ by capitals alone: one is stopped, the other's app serves on."""
    project = reviewed(bench)
    project.gitlab.cluster.namespace("production")
    made = {name: project.push(name, CHANGES=name) for name in ("Fix/Login", "fix/login")}
    slug = {name: namespace_of(pipeline) for name, pipeline in made.items()}
    equal({pipeline.predefined["CI_COMMIT_REF_SLUG"] for pipeline in made.values()}, {"fix-login"}, "the slugs")
    holds(slug["Fix/Login"] != slug["fix/login"], "their environments differ")
    made["Fix/Login"].play("stop-review")
    equal(made["Fix/Login"].jobs["untag-review"].status, "success", made["Fix/Login"].log("untag-review")[-800:])
    holds(gone(project, slug["Fix/Login"]), "the namespace of the stopped branch is gone")
    project.settle(slug["fix/login"])
    equal(running(project, slug["fix/login"]), built(made["fix/login"]), "what the other branch runs")
    equal(project.drain(), [], "images that a node drain cannot pull")
    holds("cache_fix-login" in project.images("app").tags(), "the other branch has its cache")
    project.push(CHANGES="master")
    equal(project.drain(), [], "images that a node drain cannot pull after master has cleaned up")
    stopped = {tag for tag in project.images("app").tags() if tag.endswith(f"-{made['Fix/Login'].jobs['build-app'].id}")}
    equal(stopped, set(), "tags of the stopped branch")
    made["fix/login"].play("stop-review")
    equal({tag for tag in project.images("app").tags() if "fix-login" in tag}, set(), "tags of both branches")
