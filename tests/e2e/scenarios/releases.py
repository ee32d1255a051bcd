"""Releases of Helm that somebody else left in a bad state."""

import subprocess

from images import catalog
from scenarios import equal, holds, scenario, statuses, until
from scenarios.never_lost import CONTEXT, built
from scenarios.workloads import charted, crash_and_cancel


def helm(project, *arguments):
    """The command that an administrator types, of Helm 3."""
    project.kubectl("get", "pods")  # writes the kubeconfig
    return [catalog.find("helm-3"), "--kubeconfig", str(project.folder / "kubeconfig"), *arguments]


@scenario
def helm_upgrades_by_hand(bench):
    """By hand one upgrade fails, and another one is killed; the pipeline fails too: it goes back to what ran at first."""
    project = charted(bench, 3)
    first = project.push()
    statuses(first)
    project.crashes = lambda image: built(first) not in image
    where = {"cwd": project.work, "env": {"HOME": str(project.folder), "PATH": "/usr/bin:/bin"}}
    repository = f"image.repository={project.registry.host}/{project.path}"
    for digit, limit in (("1", "3s"), ("2", "5m")):
        digest = f"image.digest=sha256:{digit * 64}"
        command = helm(project, "upgrade", "shop", "chart/", "--set", f"{repository},{digest}", "--wait", "--timeout", limit)
        upgrade = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **where)
        if digit == "2":
            pending = ("get", "secret", "--selector", "owner=helm,status=pending-upgrade", "--output", "name")
            until(lambda: project.kubectl(*pending), "the upgrade is under way")
            upgrade.kill()
        holds(upgrade.wait() != 0, "an upgrade by hand fails")
    broken = project.push(CHANGES="crashes")
    statuses(broken, "deploy-production")
    equal(project.runs("app", "app").rpartition("@")[2], built(first), "what a failed upgrade goes back to")
    equal(project.drain(), [], "images that a node drain cannot pull")
    project.crashes = lambda image: False
    last = project.push(CHANGES="works")
    statuses(last)
    project.settle()
    equal(project.runs("app", "app").rpartition("@")[2], built(last), "what runs at last")


@scenario
def helm_release_that_stays_failed(bench):
    """With `undo: false`: the first install fails, an upgrade fails, one is canceled; what serves goes on serving."""
    project = bench.project("releases", files="chart")
    project.agent(CONTEXT)
    after = ("running-production", "cleanup-app", "running-review")

    def production(pipeline, status):
        equal(pipeline.jobs["deploy-production"].status, status, f"the deployment: {pipeline.log('deploy-production')[-600:]}")

    project.crashes = lambda image: True
    production(project.push(), "failed")
    project.crashes = lambda image: False
    first = project.push(CHANGES="first")
    statuses(first)
    project.crashes = lambda image: built(first) not in image
    production(project.push(CHANGES="fails"), "failed")
    canceled = project.pipeline_of("master", CHANGES="canceled").run(hold=["deploy-production", *after])
    project.crashes = crash_and_cancel(canceled, built(first))
    canceled.release()
    production(canceled, "canceled")
    project.crashes = lambda image: built(first) not in image
    last = project.push(CHANGES="fails again")
    production(last, "failed")
    equal(project.drain(), [], "images that a node drain cannot pull")
    holds(any(built(first) in image for image in project.serving()), "the first image serves")
    project.crashes = lambda image: False
    last.retry("deploy-production")
    statuses(last)
    project.settle()
    equal(project.runs("production", "app").rpartition("@")[2], built(last), "what runs at last")


@scenario
def helm_release_of_the_same_name(bench):
    """Two namespaces have a release of one name: a smoke test that fails takes back that of the environment alone."""
    project = bench.project("namespaced", files="chart")
    project.agent(CONTEXT, everywhere=("edit",))
    elsewhere = f"{project.namespace}-shop"
    project.gitlab.cluster.namespace(elsewhere)
    project.variables["SHOP_NAMESPACE"] = elsewhere
    where = {"cwd": project.work, "env": {"HOME": str(project.folder), "PATH": "/usr/bin:/bin"}}
    for digit in "12":
        image = f"image.repository=example/other,image.digest=sha256:{digit * 64}"
        command = helm(project, "upgrade", "--install", "shop", "chart/", "--set", image)
        subprocess.run(command, check=True, capture_output=True, **where)
    first = project.push(CHANGES="works")
    statuses(first)
    broken = project.push(broken="x")
    statuses(broken, "deploy-production")
    project.settle(elsewhere)
    equal(project.runs("app", "app", elsewhere).rpartition("@")[2], built(first), "what the environment goes back to")
    equal(project.runs("app", "app"), f"example/other@sha256:{'2' * 64}", "what the other release runs")
