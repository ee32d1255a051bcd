"""Faults of the deployment, 18 to 20, and what reading shows, 21 and 22."""

from faults import CI, fault
from rig.world import STATE
from scenarios import equal, holds
from scenarios.again import interleaved_pipelines
from scenarios.secrecy import tokens_of


def deployed_once(side):
    """A project that has deployed, its `prod` in order."""
    project = side.project(without=CI)
    first = project.push(CHANGES="zero")
    if side.post:  # the first clean-up fails (fault 5)
        project.images("php").also_tag(side.production(first), "prod")
    return project, first


@fault(18, dialects=False)  # scenarios of 2018 show it
def the_older_pipeline_deletes_what_runs(side):
    """Two pipelines at once: the older's clean-up comes last, and deletes the image that production runs."""
    project, _ = deployed_once(side)
    deploy, cleanup = side.names["deploy"], side.names["cleanup-prod"]
    older, newer = interleaved_pipelines(project, [deploy, cleanup])
    for pipeline, job in ((older, deploy), (newer, deploy), (newer, cleanup), (older, cleanup)):
        pipeline.release(job)
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull")


@fault(19)
def there_is_no_way_back(side):
    """The image before is deleted with the deployment: a rollback finds nothing."""
    project, first = deployed_once(side)
    before = project.images("php").digest(side.production(first))
    project.push(CHANGES="second")
    project.settle()
    project.kubectl("rollout", "undo", "deployment/my-project")
    equal(project.rollout("my-project"), "complete", "the rollback")
    equal(side.live(project), before, "the digest after the rollback")


@fault(20, dialects=False)  # scenarios of 2018 show it
def the_same_commit_again(side):
    """The same commit run again: the same tag, another image; no rollout happens, what runs is deleted."""
    project, _ = deployed_once(side)
    project.push(CHANGES="second")
    project.settle()
    running = side.live(project)
    again = project.pipeline().run()
    project.settle()
    built = project.images("php").digest(side.production(again))
    serving = project.serving()
    generation = project.deployment("my-project")["metadata"]["generation"]
    # Either the pods were replaced by the new image, or the image they run is still the tag's.
    if generation == 3:
        equal(built, running, f"no rollout, so the running image {serving} is what the tag names")
    status, _, _ = project.images("php").get(running)
    equal(status, 200, "the image that the pods were started with")


@fault(21)
def daemons_for_nothing(side):
    """Jobs that only talk to the cluster or to the registry have a Docker daemon and a login."""
    project, _ = deployed_once(side)
    pipeline = project.push(CHANGES="second")
    equal(side.job(pipeline, "deploy").result.daemons, 0, "daemons of the job that deploys")
    holds("Login Succeeded" not in side.log(pipeline, "deploy"), "no login in the job that deploys")


@fault(22)
def the_password_is_an_argument(side):
    """`docker login -p` shows the job's token to whoever lists processes."""
    project = side.project()
    pipeline = project.pipeline_of("argument")
    tokens = tokens_of(project)
    pipeline.run()
    arguments = (STATE / "arguments").read_text(errors="replace")
    holds(len(tokens) >= 4, "the jobs had tokens")
    equal(sum(token in arguments for token in tokens), 0, "tokens in the arguments of processes")
