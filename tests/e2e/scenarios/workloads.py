"""What other drivers and workloads than those of the examples make of the cluster: folders of `projects`."""

from rig.cluster import ready
from scenarios import equal, holds, scenario, statuses

CONTEXT = "shop/cluster:main"
LIMIT = 15  # seconds, in the manifest


def wanted(project, kind, name):
    """The digest that the workload's template names."""
    template = project.get("apps/v1", kind, name)["spec"]["template"]
    return template["spec"]["containers"][0]["image"].rpartition("@")[2]


def serving(project):
    """Pod -> the digest that it runs, of those that serve."""
    pods = [pod for pod in project.gitlab.cluster.pods(project.namespace) if ready(pod)]
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"].rpartition("@")[2] for pod in pods}


@scenario
def stateful_set(bench):
    """A StatefulSet and a DaemonSet; a rollout that reaches the job's time limit is taken back.

    Kubernetes leaves the pod that did not start (kubernetes/kubernetes#67250): somebody must delete it.
    """
    project = bench.project("workloads")
    project.agent(CONTEXT)
    first = project.push()
    statuses(first)
    before = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(serving(project), {"app-0": before, "app-1": before}, "what serves")
    equal(wanted(project, "daemonsets", "agent"), before, "the image of the DaemonSet")
    project.crashes = lambda image: before not in image
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    took = broken.jobs["deploy-production"].result.seconds
    holds(took >= LIMIT, f"the job waited for its time limit: {took} s")
    for kind, name in (("statefulsets", "app"), ("daemonsets", "agent")):
        equal(wanted(project, kind, name), before, f"the image of {name} after a failed rollout")
    equal(serving(project), {"app-0": before}, "what serves after a failed rollout")
    project.kubectl("delete", "pod", "app-1")
    project.kubectl("rollout", "status", "statefulset/app", "--timeout=20s")
    equal(serving(project), {"app-0": before, "app-1": before}, "what serves when the pod was deleted")
    project.crashes = lambda image: False
    third = project.push(CHANGES="works")
    statuses(third)
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(serving(project), {"app-0": after, "app-1": after}, "what serves after the next deployment")


@scenario
def helm_release(bench):
    """Helm installs, upgrades, and goes back when the release does not become ready in time; then it upgrades again."""
    project = bench.project("chart")
    project.agent(CONTEXT)
    first = project.push()
    statuses(first)
    before = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(set(serving(project).values()), {before}, "what serves")
    project.crashes = lambda image: before not in image
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    took = broken.jobs["deploy-production"].result.seconds
    holds(took >= LIMIT, f"the job waited for its time limit: {took} s")
    project.settle()
    equal(wanted(project, "deployments", "app"), before, "the image after a failed upgrade")
    equal(set(serving(project).values()), {before}, "what serves after a failed upgrade")
    project.crashes = lambda image: False
    third = project.push(CHANGES="works")
    statuses(third)
    project.settle()
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(set(serving(project).values()), {after}, "what serves after the next upgrade")
