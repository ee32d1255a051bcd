"""What goes into an image, and where it goes: a build secret, a tag for people, another registry."""

import gzip
import json

from rig import gitlab, platform
from runner import pipeline as pipelines
from scenarios import equal, holds, scenario, statuses
from scenarios.never_lost import built, cluster, serves


def handed(bench):
    project = cluster(bench.project("handed"), "app")
    project.variables["NPM_TOKEN"] = pipelines.new_token()
    project.gitlab.issuer.secrets.add(project.variables["NPM_TOKEN"])
    token = pipelines.new_token()
    project.variables |= {"HUB_USER": "hub", "HUB_PASSWORD": token}
    project.gitlab.issuer.allow("hub", token, project.path, gitlab.ALL)
    return project


@scenario
def build_secret(bench):
    """A build reads a secret, which is in no layer of the image and in none of its build cache."""
    project = handed(bench)
    statuses(project.push())
    images, secret = project.images("app"), project.variables["NPM_TOKEN"].encode()
    read = 0
    for tag in images.tags():
        manifest = json.loads(images.get(tag)[2])
        for blob in [manifest.get("config"), *manifest.get("layers", ()), *manifest.get("manifests", ())]:
            data = images.request("GET", f"blobs/{blob['digest']}")[2] if blob else b""
            data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
            holds(secret not in data, f"the secret is in a blob of {tag}")
            read += len(data)
    holds(read > 10000, f"blobs were read: {read} bytes")


@scenario
def deployed_tag(bench):
    """A tag for people says what was deployed; a failed deployment leaves it, and no clean-up depends on it."""
    project = handed(bench)
    first = project.push()
    statuses(first)
    equal(project.images("app").digest("production"), built(first), "what the tag says")
    project.crashes = lambda image: built(first) not in image
    project.push(CHANGES="crashes")
    equal(project.images("app").digest("production"), built(first), "what the tag says after a failed deployment")
    project.crashes = lambda image: False
    last = project.push(CHANGES="works")
    statuses(last)
    equal(project.images("app").digest("production"), built(last), "what the tag says after the next deployment")
    serves(project, built(last), "at last")


@scenario
def copy_in_another_registry(bench):
    """A git tag copies the image to another registry, whose login fails at first: a retry is enough."""
    project = handed(bench)
    main = project.push()
    project.protected.add("v1.0")
    good = project.variables["HUB_PASSWORD"]
    project.variables["HUB_PASSWORD"] = "wrong"
    tagged = project.pipeline("v1.0", main.sha, tag=True).run()
    statuses(tagged, "promote-publish")
    holds("401" in tagged.log("promote-publish") or "unauthorized" in tagged.log("promote-publish"), "the job says why")
    project.variables["HUB_PASSWORD"] = good
    tagged.retry("promote-publish")
    statuses(tagged)
    copy = platform.Repository(project.gitlab.registries[platform.PLAIN], f"{project.path}/public")
    equal(copy.digest("v1.0"), built(main), "the digest of the copy")
