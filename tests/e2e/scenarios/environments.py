"""Several environments on one image (`projects/staged`): what each runs stays, whatever the others do."""

from scenarios import equal, holds, known_to_fail, scenario, statuses

CONTEXT = "shop/cluster:main"


def staged(bench):
    project = bench.project("staged")
    project.agent(CONTEXT)
    for name in ("staging", "production"):
        project.deploy(name, "app")
    return project


def runs(project, pipeline, *environments):
    """The environments run the image of the pipeline; all that runs can be pulled again."""
    project.settle()
    built = pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    for name in environments:
        equal(project.runs(name, "app").rpartition("@")[2], built, f"the digest in {name}")
        equal(project.images("").digest(pipeline.sha), built, f"the commit's tag of what runs in {name}")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def two_environments_on_one_image(bench):
    """Staging deploys twice while production stays, then production follows: at each step both can be pulled."""
    project = staged(bench)
    first = project.push(CHANGES="first")
    equal(first.jobs["deploy-production"].status, "manual", "production waits for somebody")
    runs(project, first, "staging")
    first.play("deploy-production")
    statuses(first)
    for number in range(2):
        last = project.push(CHANGES=str(number))
        runs(project, last, "staging")
        runs(project, first, "production")
    last.play("deploy-production")
    statuses(last)
    runs(project, last, "staging", "production")


@scenario
@known_to_fail(
    "the tag of what production runs moves forward only: after the rollback it names the newer image",
    shows="the commit's tag of what runs in production",
)
def rollback_by_the_button(bench):
    """GitLab's button for a rollback retries the older pipeline's deployment; further pipelines keep what it went to."""
    project = staged(bench)
    older, newer = (project.push(CHANGES=text) for text in ("older", "newer"))
    for pipeline in (older, newer):
        pipeline.play("deploy-production")
        statuses(pipeline)
    older.retry("deploy-production")
    statuses(older)
    runs(project, older, "production")
    for number in range(2):
        runs(project, project.push(CHANGES=str(number)), "staging")
        runs(project, older, "production")


@scenario
def scheduled_pipeline(bench):
    """A schedule on the branch that deploys runs its own jobs, and deploys nothing."""
    project = staged(bench)
    first = project.push(CHANGES="first")
    project.commit(CHANGES="not deployed yet")
    nightly = project.pipeline(source="schedule").run()
    equal(nightly.statuses(), {"nightly": "success"}, "the jobs of the schedule")
    holds("nightly" not in first.jobs, "no nightly job in a push")
    runs(project, first, "staging")
