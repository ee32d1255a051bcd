"""Another repository, from which something else deploys: folder `gitops` of `projects`."""

from rig import gitlab
from runner import pipeline as pipelines
from scenarios import equal, holds, scenario, statuses

VALUES = "# The values of the chart.\nimage: {}\nreplicas: 2\nworker:\n  repository: {}\n  tag: {}\n"


def start(bench):
    """The project, and the repository that it pushes to."""
    project, deployments = bench.project("gitops"), bench.stack.project(None, default="main")
    bench.projects.append(deployments)
    project.agent("shop/cluster:main")
    name = f"{project.registry.host}/{project.path}/app"
    deployments.commit(
        **{"app/values.yaml": VALUES.format(name + ":none", name, "none")},
        **{"app/production/kustomization.yaml": "resources: []\n"},
    )
    token = pipelines.new_token()
    bench.stack.issuer.allow("oauth2", token, deployments.path, {gitlab.GIT_PUSH})
    project.variables |= {"DEPLOYMENTS": deployments.path, "DEPLOYMENTS_TOKEN": token}
    return project, deployments, name


def on_branch(deployments, path):
    return deployments.shell("git", "show", f"main:{path}", cwd=deployments.repository)


def commits(deployments):
    return int(deployments.shell("git", "rev-list", "--count", "main", cwd=deployments.repository))


@scenario
def gitops(bench):
    """The digests go into another repository, also where somebody else pushes meanwhile, and none twice."""
    project, deployments, name = start(bench)
    rivals = [1, 2]

    def somebody_else_pushes():
        if rivals:
            deployments.git("pull", "--quiet", str(deployments.repository), "main")
            deployments.commit(**{f"rival-{rivals.pop()}": "1\n"})

    bench.stack.issuer.before_push[deployments.path] = somebody_else_pushes
    first = project.push()
    statuses(first)
    built = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(rivals, [], "pushes of somebody else")
    equal(commits(deployments), 4, "commits of the branch")
    values = VALUES.format(f"{name}@{built}", name, f"{first.sha}@{built}")
    equal(on_branch(deployments, "app/values.yaml") + "\n", values, "the values")
    holds(f"digest: {built}" in on_branch(deployments, "app/production/kustomization.yaml"), "the overlay has the digest")
    log = deployments.shell("git", "log", "-1", "--format=%s %b", "main", cwd=deployments.repository)
    holds("to production" in log and first.sha in log, f"the commit says what it is: {log}")
    first.retry("deploy-production")
    equal(commits(deployments), 4, "commits after the same deployment again")


@scenario
def gitops_planned(bench):
    """What the repository names is not deleted, though the cluster does not run it yet, or not any more."""
    project, deployments, name = start(bench)
    project.deploy("app", "app")
    digests = []
    for change in range(5):
        pipeline = project.push(CHANGES=str(change))
        statuses(pipeline)
        digests.append(pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"])
        # What watches the repository.
        project.kubectl("set", "image", "deployment/app", f"app={name}@{digests[-1]}")
        project.settle()
        if change == 0:
            deployments.git("pull", "--quiet", str(deployments.repository), "main")
            deployments.commit(**{"app/rollback.yaml": f"image: {name}@{digests[0]}\n"})
    images = project.images("app")
    left = {images.digest(tag) for tag in images.tags() if not tag.startswith("cache")}
    equal(left, set(digests) - {digests[1]}, "the images that are left")
