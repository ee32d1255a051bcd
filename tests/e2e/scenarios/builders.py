"""Builders: what of a Dockerfile with several stages the next build takes from the registry."""

import json

from scenarios import equal, holds, scenario, statuses

DOCKERFILE = """\
FROM alpine:3.22 AS build
RUN cat /proc/sys/kernel/random/uuid > /built
FROM alpine:3.22
COPY --from=build /built /srv/built
COPY . /srv/app
"""


def first_stage(project, sha):
    """The digest of the layer that comes from the first stage, in the image of a commit."""
    images = project.images("")
    manifest = json.loads(images.get(sha)[2])
    if "manifests" in manifest:  # an index, with an attestation beside the image
        images = [child for child in manifest["manifests"] if child["platform"]["architecture"] != "unknown"]
        manifest = json.loads(project.images("").get(images[0]["digest"])[2])
    return manifest["layers"][1]["digest"]


def cached(project):
    """Two commits whose first stage is the same: the second build takes it from the registry."""
    pipelines = [project.push(CHANGES=text) for text in ("one", "two")]
    for pipeline in pipelines:
        statuses(pipeline)
    log = pipelines[1].log("build-app")
    holds("CACHED" in log, f"the second build takes the first stage from the registry:\n{log[-3000:]}")
    layers = [first_stage(project, pipeline.sha) for pipeline in pipelines]
    equal(layers[1], layers[0], "the layer of the first stage")
    equal(project.drain(), [], "images that a node drain cannot pull")


@scenario
def several_stages(bench):
    """A Dockerfile with two stages, built by the engine itself: the first stage is cached in the registry."""
    project = bench.project("build-and-tag")
    project.put("Dockerfile", DOCKERFILE)
    cached(project)


@scenario
def several_stages_in_a_builder(bench):
    """The same with Docker 28, built by buildx in a builder container."""
    project = bench.project("docker-28")
    project.put("Dockerfile", DOCKERFILE)
    cached(project)


@scenario
def group(bench):
    """Two services by one job with a row for each: an image of each, and one of them changed alone."""
    project = bench.project("shop")
    first = project.push()
    statuses(first)
    equal(set(project.images("web").tags()) & {first.sha}, {first.sha}, "the tag of the commit, of web")
    equal(set(project.images("api").tags()) & {first.sha}, {first.sha}, "the tag of the commit, of api")
    second = project.push(**{"web__page.html": "changed"})
    statuses(second)
    digests = {name: [project.images(name).digest(made.sha) for made in (first, second)] for name in ("web", "api")}
    holds(digests["web"][0] != digests["web"][1], "web is another image")
    holds(digests["web"][1] != digests["api"][1], "the services are two images")


@scenario
def buildkit(bench):
    """The same Dockerfile with two stages, built by BuildKit in the job, without a daemon."""
    cached(bench.project("daemonless"))


@scenario
def several_platforms(bench):
    """Images for two platforms, by buildx and by BuildKit alone: what runs stays whole, on each platform."""
    project = bench.project("platforms")
    project.agent("shop/cluster:main")
    project.deploy("app", "app")
    pods = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "example/initial:1"}]}}}}
    project.kubectl("patch", "deployment/app", "--patch", json.dumps(pods))
    for text in ("first", "second", "third"):
        pipeline = project.push(CHANGES=text)
        statuses(pipeline)
        project.settle()
        equal(project.drain(), [], "images that a node drain cannot pull")
        for name in ("app", "side"):
            digest = pipeline.jobs[f"build-{name}"].reported[f"IMAGE_{name.upper()}_DIGEST"]
            equal(project.runs("app", name).rpartition("@")[2], digest, f"what runs of {name}")
            images = project.images(name)
            listed = json.loads(images.get(digest)[2]).get("manifests", [])
            of = {child["platform"]["architecture"]: child for child in listed}
            equal(set(of), {"amd64", "arm64"}, f"the platforms of {name}")
            for architecture, child in of.items():
                equal(images.get(child["digest"])[0], 200, f"the image of {name} for {architecture}")
    holds(pipeline.sha in project.images("app").tags(), "the tag of the last commit")
    equal(len([tag for tag in project.images("app").tags() if len(tag) == 40]), 1, "how many builds are kept")
