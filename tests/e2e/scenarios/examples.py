"""Examples that no other theme is about: `minimal`, `services` and `retention`."""

import base64
import concurrent.futures
import http.server
import threading

from rig import gitlab, name_server
from rig.world import ADDRESS
from runner import pipeline as pipelines
from runner import services as runner_services
from scenarios import equal, holds, scenario, statuses

TESTED = {"build-api", "build-load", "unit", "lint", "load"}
RELEASED = TESTED | {"migrate-staging", "deploy-staging", "deploy-production", "announce"}


def put_programs(project, *paths):
    """Programs that say what they are asked for."""
    for path in paths:
        project.put(path, '#!/bin/sh\necho "${0##*/} $*"\n')
        (project.work / path).chmod(0o755)


def runs(project, name, container):
    """The digest that a Deployment names."""
    return project.runs(name, container).rpartition("@")[2]


def refused(action):
    """Why GitLab makes no pipeline, or None if it makes one."""
    try:
        action()
    except pipelines.Refused as reason:
        return str(reason)
    return None


@scenario
def minimal(bench):
    """`examples/minimal`: tests in the image that was built, and a deployment of it, twice; a branch is tested only."""
    project = bench.project("minimal")
    project.agent("group/clusters:main")
    project.deploy("app", "app")
    for text in ("first", "second"):
        pipeline = project.push(CHANGES=text)
        statuses(pipeline)
        holds("make test" in pipeline.log("unit"), "the tests ran in the image")
        project.settle()
        equal(runs(project, "app", "app"), pipeline.jobs["build-app"].reported["IMAGE_APP_DIGEST"], "what runs")
        equal(project.drain(), [], "images that a node drain cannot pull")
    branch = project.push("feature/x", CHANGES="branch")
    statuses(branch)
    equal(set(branch.jobs), {"build-app", "unit"}, "the jobs of a branch")


def shop(bench):
    """examples/services, with what its jobs run."""
    project = bench.project("services", default="main")
    project.put("requirements.txt", "")
    put_programs(project, "bin/migrate", "tools/load/load")
    project.put("docs/index.md", "one")
    project.commit()
    return project


@scenario
def merge_request_pipelines(bench):
    """`examples/services`: a branch and its merge request are tested once; `changes` are those of the merge request."""
    project = shop(bench)
    branch = project.push("feature/x", CHANGES="x")
    equal(set(branch.jobs), TESTED, "the jobs of a branch without merge request")
    statuses(branch)
    holds("postgres 18" in branch.log("unit"), f"the tests asked their database: {branch.log('unit')}")
    merge = project.merge_request("feature/x").run()
    equal(set(merge.jobs), TESTED, "the jobs of a merge request")
    statuses(merge)
    holds(branch.sha in project.images("api").tags(), "the image of the commit")
    why = refused(lambda: project.push("feature/x", **{"docs/index.md": "two"}))
    equal(why, "workflow", "no pipeline of a branch with a merge request")
    documented = project.merge_request("feature/x")
    equal(set(documented.jobs), TESTED | {"docs"}, "the jobs of a merge request that changes the documentation")


@scenario
def manual_production(bench):
    """`examples/services`: staging by itself, production by hand, and what follows it; no pipeline on a schedule."""
    project = shop(bench)
    project.namespace = "shop"  # the manifest names it, so there is one such project
    configuration = project.access(["cluster"], "edit", (), current=True)
    project.variables["KUBECONFIG_BASE64"] = base64.b64encode(configuration.encode()).decode()
    for name in ("api", "worker"):
        project.deploy(name, name)
    messages = []

    class Chat(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            messages.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    chat = http.server.ThreadingHTTPServer((ADDRESS, 0), Chat)
    threading.Thread(target=chat.serve_forever, daemon=True).start()
    project.variables["CHAT_URL"] = f"http://{ADDRESS}:{chat.server_port}"
    pipeline = project.push(CHANGES="first")
    equal(set(pipeline.jobs), RELEASED, "the jobs of the branch that deploys")
    equal(pipeline.statuses()["deploy-production"], "manual", "production waits for somebody")
    equal(pipeline.statuses()["announce"], "skipped", "what needs the deployment")
    equal(messages, [], "what is announced before")
    pipeline.play("deploy-production")
    statuses(pipeline)
    project.settle()
    digest = pipeline.jobs["build-api"].reported["IMAGE_API_DIGEST"]
    equal({runs(project, name, name) for name in ("api", "worker")}, {digest}, "what production runs")
    equal(messages, ["text=change is live"], "what is announced")
    equal(refused(lambda: project.pipeline(source="schedule")), "workflow", "a pipeline on a schedule")
    chat.shutdown()


@scenario
def retention_on_a_shared_daemon(bench):
    """`examples/retention`: two pipelines at once on one daemon on another host, with a token that may delete."""
    project = bench.project("retention", rights=gitlab.JOB - {"delete"})
    project.agent("production")
    project.deploy("web", "web")
    token = pipelines.new_token()
    project.variables |= {"REGISTRY_DELETE_USER": "cleaner", "REGISTRY_DELETE_PASSWORD": token}
    bench.stack.issuer.allow("cleaner", token, project.path, gitlab.ALL)
    put_programs(project, "checks/run")
    project.put("site/index.html", "<h1>one</h1>")
    daemon = bench.stack.world.pod()
    bench.stack.world.hosts["builder.example.com"] = daemon.address
    (daemon.directory / "hosts").touch()
    bench.stack.world.write_hosts(daemon.directory / "hosts", {})
    dns = ["--dns", name_server.start(bench.stack.world)]
    engine = runner_services.engine("docker:29-dind")
    runner_services.docker(daemon, dns, {}, bench.stack.bundle, bench.stack.certificates, *engine)
    made = [project.pipeline_of(branch, CHANGES=branch) for branch in ("master", "feature/x")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pipeline: pipeline.run(), made))
    for pipeline in made:
        statuses(pipeline)
        holds("run --all" in pipeline.log("checks"), f"the checks ran: {pipeline.log('checks')}")
    project.settle()
    equal(runs(project, "web", "web"), made[0].jobs["build-web"].reported["IMAGE_WEB_DIGEST"], "what runs")
    equal(project.drain(), [], "images that a node drain cannot pull")
    equal({tag for tag in project.images("checks").tags() if tag.isdigit()}, set(), "images of pipelines")
    daemon.close()
