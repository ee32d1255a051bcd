"""What a clean-up has to know before it deletes: what runs, and how old an image is."""


from scenarios import equal, holds, scenario, statuses
from scenarios.environments import runs, staged
from scenarios.never_lost import CONTEXT, built, cluster, deploy, serves

RBAC = "rbac.authorization.k8s.io"


@scenario
def gitlab_in_another_time_zone(bench):
    """GitLab's clock shows American time: an image built 18 hours ago is not a day old yet, and stays."""
    project = cluster(bench.project("kept"), "app")
    project.zone, project.days_ago = -8, 0.75
    project.push()
    waiting = project.pipeline_of("master", CHANGES="waits").run(hold=["deploy-production"])
    project.push(CHANGES="newer")
    equal(project.images("app").digest(waiting.sha), built(waiting), "the image of the pipeline that waits")
    waiting.release()
    serves(project, built(waiting), "after the pipeline that waited")


def lags(bench, everywhere):
    """Production, which somebody deployed once, in a namespace that only the overlay names; then two commits."""
    project = bench.project("elsewhere")
    place, made = f"{project.namespace}-place", project.gitlab.cluster
    made.namespace(place)
    project.agent(CONTEXT, everywhere=("edit",) if everywhere else ())
    accounts = made.request("GET", f"/api/v1/namespaces/{project.namespace}/serviceaccounts")["items"]
    agent = next(one["metadata"]["name"] for one in accounts if one["metadata"]["name"].startswith("agent-"))
    subject = {"kind": "ServiceAccount", "name": agent, "namespace": project.namespace}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "edit"}
    binding = {"metadata": {"name": "agent"}, "subjects": [subject], "roleRef": role}
    made.request("POST", f"/apis/{RBAC}/v1/namespaces/{place}/rolebindings", binding)
    project.variables["PLACE"] = place
    deploy(project.push())
    project.settle(place)
    for number in range(2):
        newer = project.push(CHANGES=str(number))
        equal(newer.jobs["cleanup-app"].status, "success", "the clean-up")
        equal(project.drain(), [], "images that a node drain cannot pull")
    holds("Nothing is deleted" in newer.log("cleanup-app"), f"the job says why: {newer.log('cleanup-app')[-600:]}")


@scenario
def overlay_with_its_own_namespace(bench):
    """The overlay names a namespace that nobody asks what runs: nothing is deleted, and the job says so."""
    for everywhere in (True, False):
        lags(bench, everywhere)


@scenario
def scaled_to_zero(bench):
    """Somebody scales production to zero while staging goes on; scaled up again, it finds its image."""
    project = staged(bench)
    first = project.push(CHANGES="first")
    deploy(first)
    project.kubectl("scale", "deployment/production", "--replicas=0")
    for number in range(2):
        project.push(CHANGES=str(number))
    project.drain()  # what no tag names is collected
    project.kubectl("scale", "deployment/production", "--replicas=2")
    project.kubectl("rollout", "status", "deployment/production", "--timeout=10s")
    runs(project, first, "production")


@scenario
def cluster_that_does_not_answer(bench):
    """The cluster does not say what runs: nothing is deleted; asked again, the clean-up does its work."""
    project = staged(bench)
    first = project.push(CHANGES="first")
    deploy(first)
    second = project.push(CHANGES="second")
    project.push(CHANGES="third")
    asks = ("running-production", "running-staging")
    last = project.pipeline_of("master", CHANGES="fourth").run(hold=asks)
    tags = project.images("").tags()
    good = project.file_variables["KUBECONFIG"]
    project.file_variables["KUBECONFIG"] = good.replace("kubernetes.example.com", "127.0.0.1:1")
    last.release()
    equal({name: last.jobs[name].status for name in asks}, dict.fromkeys(asks, "failed"), "the questions")
    holds("refused" in last.log(asks[0]), f"the job says why: {last.log(asks[0])[-600:]}")
    equal(project.images("").tags(), tags, "tags")
    project.file_variables["KUBECONFIG"] = good
    for name in asks:
        last.retry(name)
    equal(last.jobs["cleanup-app"].status, "success", "the clean-up")
    holds(second.sha not in project.images("").tags(), "what is old and runs nowhere is gone")
    runs(project, first, "production")
    runs(project, last, "staging")


@scenario
def interrupted_cleanup(bench):
    """Tokens expire when a clean-up begins to list images; another one is canceled while it deletes, and run again."""
    project = cluster(bench.project("kept"), "app")
    path, before = project.path, ("running-production", "cleanup-app")
    for what in ("expires", "canceled"):
        made = [project.pipeline_of("master", CHANGES=f"{what} {number}").run(hold=before) for number in range(3)]
        last = made[-1]
        last.release("running-production")
        if what == "expires":
            project.registry.on[path] = ("^GET .*/tags/list", lambda: project.registry.expire_tokens(path))
            last.release()
        else:
            project.registry.on[path] = ("^DELETE ", last.cancel)
            last.release()
            equal(last.jobs["cleanup-app"].status, "canceled", "the clean-up")
            serves(project, built(last), "after a clean-up that was canceled")
            last.retry("cleanup-app")
        equal(project.registry.on, {}, "what happened to the clean-up")
        statuses(last)
        serves(project, built(last), f"after a clean-up that was interrupted: {what}")
        holds(made[0].sha not in project.images("app").tags(), "what is old and runs nowhere is gone")


@scenario
def single_requests_fail(bench):
    """One request of each job is answered by HTTP 500, and then each answer takes a second: all goes on."""
    project = cluster(bench.project("kept"), "app")
    project.push()
    pipeline, path = project.pipeline_of("master", CHANGES="broken"), project.path
    for job in pipeline.jobs.values():
        job.before = lambda: project.registry.broken.__setitem__(path, 1)
    pipeline.run()
    del project.registry.broken[path]
    statuses(pipeline)
    serves(project, built(pipeline), "after a registry that failed")
    project.registry.slow[path] = 1
    pipeline = project.push(CHANGES="slow")
    del project.registry.slow[path]
    statuses(pipeline)
    serves(project, built(pipeline), "after a registry that was slow")


@scenario
def gitlab_16_0(bench):
    """GitLab 16.0, whose registry deletes no single tags: two branches, of each the newest stays, and what runs."""
    project = cluster(bench.project("kept-16", registry="gitlab.facile.it"), "app")
    for number in range(2):
        last, feature = (project.push(branch, CHANGES=f"{branch} {number}") for branch in ("master", "feature/a"))
        statuses(last)
    last = project.push(CHANGES="last")
    serves(project, built(last), "at last")
    equal(project.images("app").digest(feature.sha), built(feature), "the newest of the other branch")
    project.kubectl("rollout", "undo", "deployment/app")
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull after `kubectl rollout undo`")


@scenario
def git_tags_count_together(bench):
    """Git tags on the branch that deploys build as well: of all git tags one build stays, of the branch another."""
    project = cluster(bench.project("kept-tags"), "app")
    first = project.push()
    tagged = [project.pipeline(f"v{number}", first.sha, tag=True).run() for number in range(3)]
    last = project.push(CHANGES="last")
    statuses(last)
    serves(project, built(last), "after three git tags")
    numbers = {tag.partition("-")[2] for tag in project.images("app").tags() if "-" in tag}
    kept = {pipeline.jobs["build-app"].id for pipeline in (first, tagged[-1], last)}
    equal(numbers, {str(number) for number in kept}, "builds that are kept: what ran before, the newest git tag, what runs")


@scenario
def image_whose_tags_are_gone(bench):
    """A pipeline deploys an image whose tags a clean-up has deleted, before the registry collects it: it gets a tag."""
    project = cluster(bench.project("kept"), "app")
    project.push()
    late = project.pipeline_of("master", CHANGES="late").run(hold=["deploy-production"])
    for number in range(2):
        project.push(CHANGES=str(number))
    late.release()
    statuses(late)
    image = built(late)
    own = image.partition(":")[2]
    serves(project, image, "a pipeline whose tags were gone")
    holds(own in project.images("app").tags(), "what runs has its digest as a tag")
    for number in range(2, 5):
        last = project.push(CHANGES=str(number))
        serves(project, built(last), "after the pipeline whose tags were gone")
    holds(own not in project.images("app").tags(), "what runs no longer loses that tag as well")
