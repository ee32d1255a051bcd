"""What runs keeps its image, whatever builds, deploys or cleans up; the registry collects before each look."""

from rig.cluster import progress
from scenarios import equal, holds, scenario, statuses

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
    project.settle()
    equal(live(project, deployment), digest, f"what {deployment} runs {when}")
    equal(progress(project.deployment(deployment)), "NewReplicaSetAvailable", f"the rollout of {deployment} {when}")
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
