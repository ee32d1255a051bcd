"""Review apps: an environment for each branch (`examples/review-apps`)."""

from scenarios import equal, holds, scenario, statuses

CONTEXTS = ["customer/infrastructure:review", "customer/infrastructure:production"]


KINDS = {
    "apps/v1": ("deployments", "statefulsets"),
    "networking.k8s.io/v1": ("ingresses",),
    "v1": ("configmaps", "secrets", "services"),
}


def objects(project, namespace):
    """Kinds and names in the namespace."""
    found = set()
    for group, kinds in KINDS.items():
        for kind in kinds:
            items = project.get(group, kind, "", namespace)["items"]
            found |= {f"{kind}/{item['metadata']['name']}" for item in items}
    return found


def gone(project, namespace):
    """Whether there is no such namespace."""
    return project.gitlab.cluster.request("GET", f"/api/v1/namespaces/{namespace}") is None


def of_branch(project, pipeline):
    """Tags of the branch's images, without its cache."""
    slug = pipeline.predefined["CI_COMMIT_REF_SLUG"]
    return {tag for tag in project.images("app").tags() if tag.startswith(slug)}


def reviewed(bench):
    project = bench.project("review-apps")
    project.agent(*CONTEXTS, role=None, everywhere=("edit", "makes-namespaces"))
    return project


def namespace_of(pipeline):
    """The namespace of a branch's environment: other projects of the cluster have branches of the same name."""
    return f"{pipeline.jobs['deploy-review'].environment()['CI_ENVIRONMENT_SLUG']}-{pipeline.predefined['CI_PROJECT_ID']}"


def running(project, namespace):
    """The digest that the environment's Deployment names."""
    return project.runs("app", "app", namespace).rpartition("@")[2]


@scenario
def review_app(bench):
    """A review app from start to stop: a namespace with its own host; the branch's images go with it."""
    project = reviewed(bench)
    project.gitlab.cluster.namespace("production")
    main = project.push()
    statuses(main)
    project.settle("production")
    everything = {"deployments/app", "services/app", "ingresses/app"}
    equal(objects(project, "production"), everything, "what is in production")
    branch = project.push("Feature/Shop#1", CHANGES="shop")
    holds(all(job.status in ("success", "manual", "skipped") for job in branch.jobs.values()), f"{branch.statuses()}")
    slug, namespace = branch.jobs["deploy-review"].environment()["CI_ENVIRONMENT_SLUG"], namespace_of(branch)
    equal(objects(project, namespace), everything, f"what is in the namespace {namespace}")
    project.settle(namespace)
    equal(project.drain(), [], "images that a node drain cannot pull")
    ingress = project.get("networking.k8s.io/v1", "ingresses", "app", namespace)
    equal(ingress["spec"]["rules"][0]["host"], f"{slug}.review.example.com", "the host of the review app")
    equal(running(project, namespace), branch.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "the image of the review app")
    holds(of_branch(project, branch), "the branch has images")
    equal(branch.jobs["untag-review"].status, "skipped", "what comes after the stop job, before it")
    branch.play("stop-review")
    for stopped in ("stop-review", "untag-review"):
        equal(branch.jobs[stopped].status, "success", f"{stopped}: {branch.log(stopped)[-600:]}")
    holds(gone(project, namespace), "the namespace is gone")
    equal(of_branch(project, branch), set(), "images of the branch")
    equal(objects(project, "production"), everything, "what is in production")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def review_app_that_fails(bench):
    """A review app whose rollout fails is again what it was before; it is stopped all the same, and once more."""
    project = reviewed(bench)
    first = project.push("feature/x", CHANGES="first")
    namespace = namespace_of(first)
    before = running(project, namespace)
    equal(before, first.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "the image of the review app")
    # Else Kubernetes gives up after 10 minutes, and the job after its own 5.
    deadline = '{"spec": {"progressDeadlineSeconds": 10}}'
    project.kubectl("patch", "deployment/app", "--namespace", namespace, "--patch", deadline)
    project.crashes = lambda image: True
    broken = project.push("feature/x", **{"public__index.html": "<h1>crashes</h1>\n"})
    project.crashes = lambda image: False
    equal(broken.jobs["deploy-review"].status, "failed", "the second deployment")
    project.settle(namespace)
    equal(running(project, namespace), before, "the image of the review app after a failed rollout")
    equal(project.drain(), [], "images that a node drain cannot pull")
    broken.play("stop-review")
    for _ in range(2):
        equal(broken.jobs["stop-review"].status, "success", f"the stop job: {broken.log('stop-review')[-600:]}")
        holds(gone(project, namespace), "the namespace is gone")
        equal(of_branch(project, broken), set(), "images of the branch")
        broken.retry("stop-review")


@scenario
def review_apps_side_by_side(bench):
    """Two branches in review; one is deleted: GitLab stops its environment, and the other's app serves on."""
    project = reviewed(bench)
    branches = {name: project.push(name, CHANGES=name) for name in ("feature/stays", "feature/goes")}
    slugs = {name: namespace_of(made) for name, made in branches.items()}
    for name, made in branches.items():
        project.settle(slugs[name])
        digest = made.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
        equal(running(project, slugs[name]), digest, f"the image of {name}")
    project.delete_branch("feature/goes")
    stop = branches["feature/goes"].jobs["stop-review"]
    equal(stop.status, "success", f"the stop job: {branches['feature/goes'].log('stop-review')[-600:]}")
    holds(gone(project, slugs["feature/goes"]), "the namespace of the deleted branch is gone")
    equal(of_branch(project, branches["feature/goes"]), set(), "images of the deleted branch")
    holds(of_branch(project, branches["feature/stays"]), "the other branch has images")
    digest = branches["feature/stays"].jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(running(project, slugs["feature/stays"]), digest, "the image of the other branch")
    equal(project.drain(), [], "images that a node drain cannot pull")
