"""Environments that stop, and come back: by each driver, at awkward moments."""

import time

from scenarios import equal, holds, scenario, statuses, until
from scenarios.never_lost import CONTEXT, built
from scenarios.review import CONTEXTS as REVIEW
from scenarios.review import gone, namespace_of, of_branch, reviewed, running


def slug_of(pipeline):
    return pipeline.jobs["deploy-review"].environment()["CI_ENVIRONMENT_SLUG"]


@scenario
def branch_that_comes_back(bench):
    """The tags of a deleted branch could not be deleted; the branch comes back, and then the job is started again."""
    project = reviewed(bench)
    project.days_ago = 0
    first = project.push("feature/x", CHANGES="first")
    equal(first.statuses()["deploy-review"], "success", first.log("deploy-review")[-600:])
    first.jobs["untag-review"].before = lambda: project.registry.down.add(project.path)
    project.delete_branch("feature/x")
    project.registry.down.discard(project.path)
    equal(first.jobs["stop-review"].status, "success", first.log("stop-review")[-600:])
    equal(first.jobs["untag-review"].status, "failed", "the deletion of its tags")
    first.jobs["untag-review"].before = None
    until(lambda: gone(project, namespace_of(first)), "the namespace ends")
    time.sleep(1)  # the registry's times are whole seconds
    again = project.push("feature/x", CHANGES="again")
    equal(again.jobs["deploy-review"].status, "success", again.log("deploy-review")[-600:])
    first.retry("untag-review")
    equal(first.jobs["untag-review"].status, "success", first.log("untag-review")[-600:])
    project.settle(namespace_of(again))
    equal(running(project, namespace_of(again)), built(again), "what the branch runs")
    equal(project.drain(), [], "images that a node drain cannot pull")
    left = {tag for tag in of_branch(project, again) if tag.endswith(f"-{first.jobs['build-app'].id}")}
    equal(left, set(), "tags of what was built before the stop")


@scenario
def namespace_that_ends(bench):
    """Somebody deletes the namespace of a review app; a push meets its end and fails; a retry is enough."""
    project = reviewed(bench)
    project.gitlab.cluster.namespace("production")
    first = project.push("feature/x", CHANGES="first")
    namespace = namespace_of(first)

    def hold(finalizers):
        patch = f'{{"metadata": {{"finalizers": {finalizers}}}}}'
        project.kubectl("patch", "service/app", "--namespace", namespace, "--patch", patch)

    hold('["example.com/hold"]')
    project.kubectl("delete", "namespace", namespace, "--wait=false")
    left = ("get", "deployments", "--namespace", namespace, "--output", "name")
    until(lambda: not project.kubectl(*left), "what the namespace held is deleted")
    again = project.push("feature/x", CHANGES="again")
    equal(again.jobs["deploy-review"].status, "failed", "the deployment")
    holds("it is being terminated" in again.log("deploy-review"), "the job says why")
    hold("null")
    until(lambda: gone(project, namespace), "the namespace ends")
    again.retry("deploy-review")
    equal(again.jobs["deploy-review"].status, "success", again.log("deploy-review")[-600:])
    project.settle(namespace)
    equal(running(project, namespace), built(again), "what the branch runs")
    project.kubectl("delete", "namespace", namespace)
    again.play("stop-review")
    equal(again.jobs["stop-review"].status, "success", again.log("stop-review")[-600:])
    equal(of_branch(project, again), set(), "images of the branch")


@scenario
def review_by_kustomize(bench):
    """Two branches by kustomize in one namespace: one stops, twice; then production fails, and goes back as a whole."""
    project = bench.project("overlay")
    project.agent(CONTEXT)
    statuses(project.push())
    one, two = (project.push(name, CHANGES=name) for name in ("feature/one", "feature/two"))
    for made in (one, two):
        equal(made.jobs["deploy-review"].status, "success", made.log("deploy-review")[-600:])

    def named():
        listed = project.kubectl("get", "deployments,configmaps", "--output", "name").split()
        return {name for name in listed if not name.endswith("kube-root-ca.crt")}

    before = named()
    one.play("stop-review")
    for _ in range(2):
        equal(one.jobs["stop-review"].status, "success", one.log("stop-review")[-600:])
        equal(named(), {name for name in before if slug_of(one) not in name}, "what is left after the stop")
        equal(of_branch(project, one), set(), "images of the branch that is stopped")
        equal(project.drain(), [], "images that a node drain cannot pull")
        one.retry("stop-review")
    last = project.push(CHANGES="last")
    statuses(last)
    project.settle()
    before = named()
    project.crashes = lambda image: built(last) not in image
    file = "k8s/kustomization.yaml"
    project.put(file, (project.work / file).read_text().replace("workers=2", "workers=3"))
    broken = project.push(CHANGES="crashes")
    equal(broken.jobs["deploy-production"].status, "failed", "the deployment of an image that crashes")
    project.settle()
    equal(named(), before, "what is there after a failed rollout")
    equal(project.runs("production-app", "app").rpartition("@")[2], built(last), "what production runs after a failed rollout")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def review_by_helm(bench):
    """A release for a branch: it stops, twice, comes back, and production's release stays as it is."""
    project = bench.project("releases", files="chart")
    project.agent(CONTEXT)
    main = project.push()
    statuses(main)
    branch = project.push("feature/x", CHANGES="x")
    equal(branch.jobs["deploy-review"].status, "success", branch.log("deploy-review")[-600:])
    for _ in range(2):
        branch.stop("stop-review")
        equal(branch.jobs["stop-review"].status, "success", f"the stop job: {branch.log('stop-review')[-600:]}")
        equal(project.deployment(slug_of(branch)), None, "the Deployment of the branch")
        equal(of_branch(project, branch), set(), "images of the branch")
    again = project.push("feature/x", CHANGES="again")
    equal(again.jobs["deploy-review"].status, "success", again.log("deploy-review")[-600:])
    project.settle()
    equal(project.runs(slug_of(again), "app").rpartition("@")[2], built(again), "what the branch runs")
    equal(project.runs("production", "app").rpartition("@")[2], built(main), "what production runs")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def review_of_merge_requests(bench):
    """A review app of a merge request: deployed twice, kept by production's clean-up, gone with the branch."""
    project = bench.project("review-mr")
    project.agent(*REVIEW, role=None, everywhere=("edit", "makes-namespaces"))
    project.push()
    for number in range(2):
        project.commit("feature/x", CHANGES=str(number))
        request = project.merge_request("feature/x").run()
        equal(request.jobs["deploy-review"].status, "success", request.log("deploy-review")[-600:])
        project.settle(namespace_of(request))
        equal(running(project, namespace_of(request)), built(request), "what the merge request runs")
    statuses(project.push(CHANGES="main"))
    equal(project.drain(), [], "images that a node drain cannot pull")
    project.delete_branch("feature/x")
    holds(gone(project, namespace_of(request)), "the namespace is gone")
    equal(of_branch(project, request), set(), "images of the branch")


BRANCHES = ("1234567", "0-", "x" * 62 + "-yyy", "feature/ünïcode", "a" * 70, "cache_x", "12345678-12345678")


@scenario
def branches_with_odd_names(bench):
    """Branches that begin with digits, end in a dash, or look like a tag: images go with the branch, and no earlier."""
    project = reviewed(bench)
    project.gitlab.cluster.namespace("production")
    made = {name: project.pipeline_of(name, CHANGES=name).run(hold=["qa", "deploy-review"]) for name in BRANCHES}
    for name, pipeline in made.items():
        equal(pipeline.jobs["build-app"].status, "success", f"{name}: {pipeline.log('build-app')[-600:]}")
    before = project.images("app").tags()
    project.push(CHANGES="master")
    equal(before - project.images("app").tags(), set(), "tags that are gone though their branches live")
    for name in BRANCHES[::2]:
        project.git("push", "--quiet", str(project.repository), f":refs/heads/{name}")
    project.push(CHANGES="master again")
    left = project.images("app").tags()
    for name, pipeline in made.items():
        cache = f"cache_{pipeline.predefined['CI_COMMIT_REF_SLUG']}"
        own = {tag for tag in left if tag == cache or tag.endswith(f"-{pipeline.jobs['build-app'].id}")}
        equal(len(own), 0 if name in BRANCHES[::2] else 2, f"how many tags {name} has: {own}")
