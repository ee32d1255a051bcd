"""Several things at once: images, workloads, objects, targets, pipelines; some of them fail."""

import threading

from scenarios import equal, holds, scenario, statuses
from scenarios.never_lost import CONTEXT, built, cluster, live, serves
from scenarios.workloads import objects, serving, wanted


def digest_of(pipeline, job, image):
    return pipeline.jobs[job].reported[f"IMAGE_{image.upper()}_DIGEST"]


@scenario
def two_deployments_of_a_group(bench):
    """Two images of a group in two Deployments: one crashes, or is not there: both go back, and a retry is enough."""
    project = cluster(bench.project("pair"), "web", "api")

    def both(pipeline):
        return {name: digest_of(pipeline, f"shop: [{name}, {name.upper()}]", name) for name in ("web", "api")}

    def serve(digests, when, *names):
        for name in names or digests:
            serves(project, digests[name], when, name)

    first = project.push()
    statuses(first)
    before = both(first)
    serve(before, "at first")
    project.crashes = lambda image: "/api" in image and before["api"] not in image
    broken = project.push(web__x="1", api__x="1")
    equal(broken.jobs["deploy-production"].status, "failed", "the deployment of an image that crashes")
    project.crashes = lambda image: False
    serve(before, "after one of two crashed")
    project.kubectl("delete", "deployment/api")
    missing = project.push(web__x="2", api__x="2")
    equal(missing.jobs["deploy-production"].status, "failed", "the deployment where one is not there")
    holds('"api" not found' in missing.log("deploy-production"), "the job says which")
    serve(before, "where the other is not there", "web")
    project.deploy("api", "app")
    missing.retry("deploy-production")
    statuses(missing)
    project.push("feature/y", web__x="3")
    last = project.push(web__x="4", api__x="4")
    statuses(last)
    serve(both(last), "at last")


@scenario
def refused_objects(bench):
    """The cluster forbids one object, finds one invalid, and does not know a third kind: nothing stays changed."""
    project = bench.project("manifests")
    project.agent(CONTEXT)
    statuses(project.push())
    project.settle()
    before = objects(project)
    worker = (project.work / "k8s/worker.yml").read_text()
    project.put("k8s/worker.yml", worker.replace('workers: "2"', 'workers: "9"'))
    for said, text in (
        ("forbidden", "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: x}, rules: []}"),
        ("is invalid", "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{port: 0}]}}"),
        ("no matches for kind", "{apiVersion: example.com/v1, kind: Thing, metadata: {name: x}}"),
    ):
        project.put("k8s/refused.yml", text + "\n")
        refused = project.push(CHANGES=said)
        statuses(refused, "deploy-production")
        holds(said in refused.log("deploy-production"), f"the job says why: {refused.log('deploy-production')[-600:]}")
        project.settle()
        equal(objects(project), before, f"the objects after one that {said}")
    equal(project.drain(), [], "images that a node drain cannot pull")


SETS = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: app}
spec:
  replicas: 2
  serviceName: app
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: app, image: "example/app:1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "example/agent:1"}]}
"""


@scenario
def images_of_sets(bench):
    """`set_image` of a StatefulSet and a DaemonSet: what crashes goes back, with the pod that Kubernetes would keep."""
    project = bench.project("sets")
    project.agent(CONTEXT)
    file = project.folder / "sets.yml"
    file.write_text(SETS)
    project.kubectl("apply", "--filename", str(file))
    first = project.push()
    statuses(first)
    before = built(first)
    project.crashes = lambda image: before not in image
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    project.kubectl("rollout", "status", "statefulset/app", "--timeout=20s")
    equal(serving(project), {"app-0": before, "app-1": before}, "what serves after a failed rollout")
    equal(wanted(project, "daemonsets", "agent"), before, "the image of the DaemonSet after a failed rollout")
    project.crashes = lambda image: False
    third = project.push(CHANGES="works")
    statuses(third)
    equal(set(serving(project).values()), {built(third)}, "what serves after the next deployment")


@scenario
def job_before_the_deployment(bench):
    """A Job migrates: Kubernetes changes none, so the deployment goes back until somebody deletes it; then it fails once."""
    project = bench.project("jobs")
    project.agent(CONTEXT)
    first = project.push()
    statuses(first)
    second = project.push(CHANGES="second")
    statuses(second, "deploy-production")
    holds("field is immutable" in second.log("deploy-production"), "the job says why")
    project.kubectl("delete", "job/migrate")
    project.crashes = lambda image: True
    second.retry("deploy-production")
    project.crashes = lambda image: False
    statuses(second, "deploy-production")
    project.settle()
    equal(live(project), built(first), "what runs after a migration that failed")
    equal(project.get("batch/v1", "jobs", "migrate"), None, "the Job of the deployment that failed")
    second.retry("deploy-production")
    statuses(second)
    serves(project, built(second), "after the migration")


@scenario
def two_pipelines_of_one_commit(bench):
    """Two pipelines of one commit run at once, and both builds are retried at once: what runs keeps its image."""
    project = cluster(bench.project("kept"), "app")
    project.days_ago = 0  # two pipelines under way: what each built is young
    project.commit(CHANGES="1")
    both = [project.pipeline(), project.pipeline()]

    def at_once(actions):
        threads = [threading.Thread(target=action) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    at_once([pipeline.run for pipeline in both])
    for pipeline in both:
        statuses(pipeline)
    project.settle()
    ran = live(project)
    holds(ran in {built(pipeline) for pipeline in both}, "one of both runs")
    serves(project, ran, "after both")
    at_once([lambda one=pipeline: one.retry("build-app") for pipeline in both])
    serves(project, ran, "after both were built again")


@scenario
def promotion_to_several_targets(bench):
    """Three targets, of which a rule protects the first: the job fails and says so; a retry makes all three."""
    project = bench.project("targets")
    main = project.push()
    project.protected.add("v1.0")
    project.registry.protected[project.path] = "v1.0"
    tagged = project.pipeline("v1.0", main.sha, tag=True).run()
    statuses(tagged, "promote-release")
    holds("403" in tagged.log("promote-release"), "the job says why")
    del project.registry.protected[project.path]
    tagged.retry("promote-release")
    statuses(tagged)
    for name in ("app", "stable", "public"):
        equal(project.images(name).digest("v1.0"), built(main), f"the release in {name}")


@scenario
def image_set_by_hand(bench):
    """`Recreate` and no history: a failed rollout goes back; then to an image that somebody set by hand, by its tag."""
    project = cluster(bench.project("kept"), "app")
    first = project.push()
    statuses(first)
    strategy = '{"spec": {"revisionHistoryLimit": 0, "strategy": {"type": "Recreate", "rollingUpdate": null}}}'
    project.kubectl("patch", "deployment/app", "--patch", strategy)
    project.settle()
    project.crashes = lambda image: built(first) not in image
    broken = project.push(CHANGES="broken")
    equal(broken.jobs["deploy-production"].status, "failed", "the deployment of an image that crashes")
    serves(project, built(first), "after a rollout that failed")
    project.crashes = lambda image: False
    by_hand = f"{project.registry.host}/{project.path}/app:{broken.sha}"
    project.kubectl("set", "image", "deployment/app", f"app={by_hand}")
    project.settle()
    newer = [project.pipeline_of("master", CHANGES=str(number)).run(hold=["deploy-production"]) for number in range(2)]
    project.crashes = lambda image: any(built(pipeline) in image for pipeline in newer)
    for pipeline in newer:
        pipeline.release()
        equal(pipeline.jobs["deploy-production"].status, "failed", "a deployment after one by hand")
    project.settle()
    equal(project.runs("app", "app"), by_hand, "what runs")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def only_one_is_watched(bench):
    """Two Deployments are changed and one is watched: it crashes, and both go back."""
    project = cluster(bench.project("watched"), "web", "api")
    first = project.push()
    statuses(first)
    before = {name: digest_of(first, f"build-{name}", name) for name in ("web", "api")}
    project.crashes = lambda image: "/web" in image and before["web"] not in image
    broken = project.push(web__x="1", api__x="1")
    statuses(broken, "deploy-production")
    for name, digest in before.items():
        equal(live(project, name), digest, f"what {name} names after the other crashed")
    project.crashes = lambda image: False
    for name, digest in before.items():
        serves(project, digest, "after a rollout that failed", name)
