"""Review apps: an environment for each branch (`examples/review-apps`)."""

from scenarios import equal, holds, scenario, statuses

CONTEXT = "customer/infrastructure:main"


def objects(project, namespace):
    """kinds and names in the namespace, without what a Deployment makes."""
    keys = [key for key in project.cluster.objects if key[2] == namespace and key[1] != "replicasets"]
    return {f"{kind}/{name}" for _, kind, _, name in keys}


def of_branch(project, pipeline):
    """Tags of the branch's images, without its cache."""
    slug = pipeline.predefined["CI_COMMIT_REF_SLUG"]
    return {tag for tag in project.images("app").tags() if tag.startswith(slug)}


def reviewed(bench):
    project = bench.project("review-apps")
    project.agent(CONTEXT)
    return project


def running(project, namespace):
    """The digest that the environment's Deployment names."""
    return project.runs("app", "app", namespace).rpartition("@")[2]


@scenario
def review_app(bench):
    """A review app from start to stop: a namespace with its own host; the branch's images go with it."""
    project = reviewed(bench)
    namespace = {"kind": "Namespace", "metadata": {"name": "production"}}
    project.cluster.create("v1", "namespaces", "", namespace)
    main = project.push()
    statuses(main)
    project.settle()
    everything = {"deployments/app", "services/app", "ingresses/app"}
    equal(objects(project, "production"), everything, "what is in production")
    branch = project.push("Feature/Shop#1", CHANGES="shop")
    holds(all(job.status == "success" for job in branch.jobs.values() if job.when != "manual"), f"{branch.statuses()}")
    slug = branch.jobs["deploy-review"].environment()["CI_ENVIRONMENT_SLUG"]
    equal(objects(project, slug), everything, f"what is in the namespace {slug}")
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull")
    ingress = project.cluster.objects[("networking.k8s.io/v1", "ingresses", slug, "app")]
    equal(ingress["spec"]["rules"][0]["host"], f"{slug}.review.example.com", "the host of the review app")
    equal(running(project, slug), branch.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "the image of the review app")
    holds(of_branch(project, branch), "the branch has images")
    branch.play("stop-review")
    equal(branch.jobs["stop-review"].status, "success", f"the stop job: {branch.log('stop-review')[-600:]}")
    holds(("v1", "namespaces", "", slug) not in project.cluster.objects, "the namespace is gone")
    equal(of_branch(project, branch), set(), "images of the branch")
    equal(objects(project, "production"), everything, "what is in production")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def review_app_that_fails(bench):
    """A review app whose rollout fails is again what it was before; it is stopped all the same, and once more."""
    project = reviewed(bench)
    first = project.push("feature/x", CHANGES="first")
    slug = first.jobs["deploy-review"].environment()["CI_ENVIRONMENT_SLUG"]
    before = running(project, slug)
    equal(before, first.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "the image of the review app")
    project.cluster.crashes = lambda image: True
    broken = project.push("feature/x", **{"public__index.html": "<h1>crashes</h1>\n"})
    project.cluster.crashes = lambda image: False
    equal(broken.jobs["deploy-review"].status, "failed", "the second deployment")
    project.settle()
    equal(running(project, slug), before, "the image of the review app after a failed rollout")
    equal(project.drain(), [], "images that a node drain cannot pull")
    broken.play("stop-review")
    for _ in range(2):
        equal(broken.jobs["stop-review"].status, "success", f"the stop job: {broken.log('stop-review')[-600:]}")
        holds(("v1", "namespaces", "", slug) not in project.cluster.objects, "the namespace is gone")
        equal(of_branch(project, broken), set(), "images of the branch")
        broken.retry("stop-review")
