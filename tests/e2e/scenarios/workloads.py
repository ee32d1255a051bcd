"""What other drivers and workloads than those of the examples make of the cluster: folders of `projects`."""

import json

from rig.cluster import ready
from scenarios import equal, holds, scenario, statuses

CONTEXT = "shop/cluster:main"
OF_THE_CLUSTER = {"ConfigMap/kube-root-ca.crt"}
LIMIT = 15  # seconds, in the manifest
LONG = 150  # seconds; the default is 300


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

    Kubernetes keeps the pod that did not start (kubernetes/kubernetes#67250): the job deletes it.
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
    holds(LIMIT <= took < LONG, f"the job waited for its time limit: {took} s")
    for kind, name in (("statefulsets", "app"), ("daemonsets", "agent")):
        equal(wanted(project, kind, name), before, f"the image of {name} after a failed rollout")
    project.kubectl("rollout", "status", "statefulset/app", "--timeout=20s")
    equal(serving(project), {"app-0": before, "app-1": before}, "what serves after a failed rollout")
    project.crashes = lambda image: False
    third = project.push(CHANGES="works")
    statuses(third)
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(serving(project), {"app-0": after, "app-1": after}, "what serves after the next deployment")


@scenario
def not_verified(bench):
    """A smoke test that fails: what was deployed goes back, though its workload was ready."""
    project = bench.project("verified")
    project.agent(CONTEXT)
    project.deploy("app", "app")
    first = project.push(CHANGES="works")
    statuses(first)
    before = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(wanted(project, "deployments", "app"), before, "what is deployed")
    broken = project.push(CHANGES="broken")
    statuses(broken, "deploy-production")
    project.settle()
    equal(wanted(project, "deployments", "app"), before, "what is deployed after a failed smoke test")
    equal(set(serving(project).values()), {before}, "what serves after a failed smoke test")
    third = project.push(CHANGES="works again")
    statuses(third)
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(wanted(project, "deployments", "app"), after, "what is deployed at last")


def objects(project):
    """What the namespace has of the kinds that the project applies, as the job of a deployment sees it."""
    kinds = "deployments,configmaps,services,persistentvolumeclaims"
    listed = json.loads(project.kubectl("get", kinds, "--output", "json"))["items"]
    found = {f"{item['kind']}/{item['metadata']['name']}": item for item in listed}
    return {name: item.get("data") or item["spec"] for name, item in found.items() if name not in OF_THE_CLUSTER}


@scenario
def apply_goes_back_as_a_whole(bench):
    """One workload of several fails: everything that the job applied goes back, and what is new goes."""
    project = bench.project("manifests")
    project.agent(CONTEXT)
    project.crashes = lambda image: True
    first = project.push()
    statuses(first, "deploy-production")
    equal(set(objects(project)), {"PersistentVolumeClaim/data"}, "what stays of a first deployment that fails")
    project.crashes = lambda image: False
    statuses(project.push(CHANGES="works"))
    project.kubectl("set", "image", "deployment/worker", "worker=example/worker:by-hand")
    project.settle()
    before = objects(project)
    good = wanted(project, "deployments", "app")
    project.crashes = lambda image: good not in image
    worker = (project.work / "k8s/worker.yml").read_text().replace("worker:1", "worker:2")
    project.put("k8s/worker.yml", worker.replace("replicas: 2", "replicas: 5").replace('workers: "2"', 'sum: "5"'))
    service = "{apiVersion: v1, kind: Service, metadata: {name: new}, spec: {ports: [{port: 80}]}}\n"
    project.put("k8s/new.yml", service)
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    project.settle()
    equal(objects(project), before, "the objects after a failed rollout")
    project.crashes = lambda image: False
    statuses(project.push(CHANGES="works again"))
    project.settle()
    now = objects(project)
    equal(now["ConfigMap/settings"], {"sum": "5"}, "the settings after the next deployment")
    equal(now["Deployment/worker"]["replicas"], 5, "the replicas after the next deployment")
    holds("Service/new" in now, "the new object is there after the next deployment")


def charted(bench, version):
    project = bench.project(f"chart-{version}", files="chart")
    project.agent(CONTEXT)
    return project


@scenario
def helm_3_release(bench):
    """Helm 3 installs, upgrades, and goes back when the release is not ready in time; then it upgrades again."""
    released(bench, 3)


@scenario
def helm_4_release(bench):
    """The same with Helm 4."""
    released(bench, 4)


@scenario
def helm_3_release_that_is_stuck(bench):
    """Somebody cancels the first installation by Helm 3, and later an upgrade; the next pipeline deploys each time."""
    stuck(bench, 3)


@scenario
def helm_4_release_that_is_stuck(bench):
    """The same with Helm 4."""
    stuck(bench, 4)


def stuck(bench, version):
    project = charted(bench, version)
    never = project.pipeline_of("master", CHANGES="never serves")
    project.crashes = crash_and_cancel(never)
    never.run()
    project.crashes = lambda image: False
    equal(never.jobs["deploy-production"].status, "canceled", "the first deployment")
    first = project.push(CHANGES="serves")
    statuses(first)
    before = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    canceled = project.pipeline_of("master", CHANGES="canceled")
    project.crashes = crash_and_cancel(canceled, before)
    canceled.run()
    project.crashes = lambda image: False
    equal(canceled.jobs["deploy-production"].status, "canceled", "the deployment")
    equal(set(serving(project).values()), {before}, "what serves after somebody canceled the upgrade")
    third = project.push(CHANGES="works")
    statuses(third)
    project.settle()
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(set(serving(project).values()), {after}, "what serves after the next upgrade")


def crash_and_cancel(pipeline, before=None):
    """For `crashes`: pods of other images than `before` crash, and then somebody cancels the pipeline."""

    def crashes(image):
        if before and before in image:
            return False
        pipeline.cancel()
        return True

    return crashes


def released(bench, version):
    project = charted(bench, version)
    project.crashes = lambda image: True
    statuses(project.push(), "deploy-production")
    equal(objects(project), {}, "what stays of a first release that fails")
    project.crashes = lambda image: False
    first = project.push(CHANGES="works at first")
    statuses(first)
    before = first.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(set(serving(project).values()), {before}, "what serves")
    project.crashes = lambda image: before not in image
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    took = broken.jobs["deploy-production"].result.seconds
    holds(LIMIT <= took < LONG, f"the job waited for its time limit: {took} s")
    project.settle()
    equal(wanted(project, "deployments", "app"), before, "the image after a failed upgrade")
    equal(set(serving(project).values()), {before}, "what serves after a failed upgrade")
    project.crashes = lambda image: False
    third = project.push(CHANGES="works")
    statuses(third)
    project.settle()
    after = third.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal(set(serving(project).values()), {after}, "what serves after the next upgrade")


@scenario
def cron_job(bench):
    """A CronJob, which no rollout watches: it is changed with the rest, and its next run takes the new image."""
    project = bench.project("workloads")
    project.agent(CONTEXT)
    for text in ("first", "second"):
        pipeline = project.push(CHANGES=text)
        statuses(pipeline)
        digest = pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
        project.kubectl("create", "job", f"by-hand-{text}", "--from=cronjob/report")
        project.kubectl("wait", f"job/by-hand-{text}", "--for=condition=complete", "--timeout=20s")
        template = project.get("batch/v1", "jobs", f"by-hand-{text}")["spec"]["template"]
        equal(template["spec"]["containers"][0]["image"].rpartition("@")[2], digest, "the image of the CronJob")
