"""Migrations: Jobs of Kubernetes that run before a deployment (folder `migrated` of `projects`)."""

from scenarios import equal, holds, scenario, statuses, until
from scenarios.workloads import CONTEXT, serving, wanted

FILE = "k8s/migrate.yml"


@scenario
def migration(bench):
    """A migration runs before each deployment; where it fails, nothing is deployed."""
    project = bench.project("migrated")
    project.agent(CONTEXT)
    project.deploy("app", "app")
    for change in ("first", "second"):
        pipeline = project.push(CHANGES=change)
        statuses(pipeline)
        before = pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
        equal(wanted(project, "deployments", "app"), before, "what is deployed")
        job = project.get("batch/v1", "jobs", "migrate")
        image = job["spec"]["template"]["spec"]["containers"][0]["image"]
        equal(image.rpartition("@")[2], before, "the image of the migration")
        equal(job["status"].get("succeeded"), 1, "migrations that succeeded")
    generation = project.deployment("app")["metadata"]["generation"]
    project.crashes = lambda image: before not in image
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    holds("nothing is deployed" in broken.log("deploy-production"), "the log says so")
    holds(broken.jobs["deploy-production"].result.seconds < 25, "it does not wait for the timeout")
    equal(project.deployment("app")["metadata"]["generation"], generation, "changes of the Deployment")
    equal(set(serving(project).values()), {before}, "what serves after a failed migration")


def start(bench, **access):
    """The project, what its first deployment deployed, and the file of the Job."""
    project = bench.project("migrated")
    project.agent(CONTEXT, **access)
    project.deploy("app", "app")
    first = project.push()
    statuses(first)
    return project, first.jobs["build-app"].reported["IMAGE_APP_DIGEST"], (project.work / FILE).read_text()


def endless(text):
    """A Job that goes on: of what the rig's kubelet starts, only pods that never restart end."""
    return text.replace("restartPolicy: Never", "restartPolicy: OnFailure")


def pods(project, namespace):
    return project.kubectl("--namespace", namespace, "get", "pods", "--selector", "job-name=migrate", "--output", "name")


@scenario
def migration_that_takes_too_long(bench):
    """A migration in another namespace reaches its time limit: it does not go on, and its log is looked for there."""
    project, before, text = start(bench, everywhere=("edit",))
    elsewhere = f"{project.namespace}-data"
    project.gitlab.cluster.namespace(elsewhere)
    project.put(FILE, endless(text).replace("{name: migrate}", f"{{name: migrate, namespace: {elsewhere}}}"))
    late = project.push(CHANGES="takes too long")
    statuses(late, "deploy-production")
    log = late.log("deploy-production")
    holds("nothing is deployed" in log and "NotFound" not in log, f"the log is looked for where the Job is: {log[-900:]}")
    equal(project.get("batch/v1", "jobs", "migrate", elsewhere), None, "the Job that took too long")
    equal(pods(project, elsewhere), "", "its pods")
    equal(wanted(project, "deployments", "app"), before, "what is deployed after that")


@scenario
def migration_of_a_canceled_deployment(bench):
    """Somebody cancels a deployment while it migrates: the next one ends that migration before it begins its own."""
    project, before, text = start(bench)
    project.put(FILE, endless(text))
    canceled = project.pipeline_of("master", CHANGES="canceled")

    def crashes(image):
        if before not in image:
            canceled.cancel()
        return False

    project.crashes = crashes
    canceled.run()
    project.crashes = lambda image: False
    equal(canceled.jobs["deploy-production"].status, "canceled", "the deployment")
    until(lambda: pods(project, project.namespace), "the migration goes on")
    old = pods(project, project.namespace)
    project.put(FILE, text)
    last = project.push(CHANGES="works")
    statuses(last)
    now = pods(project, project.namespace)
    holds(now and old not in now, f"pods of the canceled migration, {old}, and of the last: {now}")
    equal(wanted(project, "deployments", "app"), last.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "what is deployed")


@scenario
def migration_beside_other_objects(bench):
    """The file of a migration gets another object: the job deletes nothing, and deploys nothing."""
    project, before, text = start(bench)
    project.kubectl("create", "configmap", "data", "--from-literal=kept=yes")
    ran = project.get("batch/v1", "jobs", "migrate")["metadata"]["uid"]
    for kind in ("a folder", "two objects"):
        data = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: data}\n"
        if kind == "a folder":
            (project.work / FILE).unlink()
            project.put(f"{FILE}/data.yml", data)
        else:
            (project.work / FILE / "data.yml").unlink()
            (project.work / FILE).rmdir()
            project.put(FILE, f"{text}---\n{data}")
        refused = project.push(CHANGES=kind)
        statuses(refused, "deploy-production")
        equal((project.get("v1", "configmaps", "data") or {}).get("data"), {"kept": "yes"}, f"{kind}: what stands beside it")
        equal(project.get("batch/v1", "jobs", "migrate")["metadata"]["uid"], ran, f"{kind}: the Job of the last deployment")
        equal(wanted(project, "deployments", "app"), before, f"{kind}: what is deployed")
