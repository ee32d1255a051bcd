"""A repository of three services (`examples/monorepo`): a push builds, tests and deploys what it touched."""

from scenarios import equal, holds, scenario, statuses

CONTEXT = "shop/clusters:main"
SERVICES = ("api", "mail", "web")


def jobs(*services):
    """The jobs of a push to the default branch that touches these services."""
    kinds = ("build-service:{}", "unit:{}", "deploy-{}", "running-{}", "cleanup-service:{}")
    return {kind.format(service) for service in services for kind in kinds}


def repository(bench):
    project = bench.project("monorepo")
    project.agent(CONTEXT)
    for name in SERVICES:
        project.deploy(name, "app")
    return project


def touch(project, text, *paths, branch=None):
    for path in paths:
        project.put(path, text)
    return project.push(branch)


def built(pipeline, *services):
    return {name: pipeline.jobs[f"build-service:{name}"].reported[f"IMAGE_SERVICE_{name.upper()}_DIGEST"] for name in services}


def run(project, wanted, when):
    """Each service runs what it was given last, and all of it can be pulled again."""
    project.settle()
    equal({name: project.runs(name, "app").rpartition("@")[2] for name in wanted}, wanted, f"what runs {when}")
    equal(project.drain(), [], f"images that a node drain cannot pull {when}")


@scenario
def one_service_of_three(bench):
    """The first push builds all; the next ones what they touch: one service, two, and those that share a file."""
    project = repository(bench)
    first = project.push()
    statuses(first)
    equal(set(first.jobs), jobs(*SERVICES), "the jobs of the first push")
    wanted = built(first, *SERVICES)
    run(project, wanted, "at first")
    for text, paths, touched in (
        ("one", ["services/api/x"], ["api"]),
        ("two", ["services/mail/x", "services/web/deep/x"], ["mail", "web"]),
        ("all", ["lib/x"], SERVICES),
        ("again", ["services/web/x"], ["web"]),
    ):
        pipeline = touch(project, text, *paths)
        statuses(pipeline)
        equal(set(pipeline.jobs), jobs(*touched), f"the jobs of the push {text}")
        wanted |= built(pipeline, *touched)
        run(project, wanted, f"after {text}")


@scenario
def branch_builds_what_differs(bench):
    """A second push to a branch builds again what the first one changed, as that may have failed; nothing is deployed."""
    project = repository(bench)
    first = project.push()
    statuses(first)
    wanted = built(first, *SERVICES)
    once = touch(project, "1", "services/api/x", branch="feature/x")
    statuses(once)
    equal(set(once.jobs), {"build-service:api", "unit:api"}, "the jobs of a new branch")
    twice = touch(project, "2", "services/web/x", branch="feature/x")
    statuses(twice)
    holds({"build-service:api", "unit:api", "build-service:web", "unit:web"} == set(twice.jobs), f"the jobs of its second push: {sorted(twice.jobs)}")
    run(project, wanted, "while the branch goes on")


@scenario
def failed_service_is_built_by_hand(bench):
    """A service whose rollout fails goes back; the next push leaves it alone, and a pipeline by hand deploys it."""
    project = repository(bench)
    first = project.push()
    statuses(first)
    wanted = built(first, *SERVICES)
    project.crashes = lambda image: "/service-api@" in image and wanted["api"] not in image
    broken = touch(project, "broken", "services/api/x")
    equal(broken.jobs["deploy-api"].status, "failed", "the deployment of an image that crashes")
    run(project, wanted, "after the failure")
    project.crashes = lambda image: False
    other = touch(project, "other", "services/web/x")
    statuses(other)
    equal(set(other.jobs), jobs("web"), "the jobs of the next push")
    wanted |= built(other, "web")
    run(project, wanted, "after the next push")
    by_hand = project.pipeline(source="web").run()
    statuses(by_hand)
    equal(set(by_hand.jobs), jobs(*SERVICES), "the jobs of a pipeline by hand")
    run(project, built(by_hand, *SERVICES), "after a pipeline by hand")
