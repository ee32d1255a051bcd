"""Faults around what the registry keeps: 14 to 17."""

from faults import CI, fault
from scenarios import equal, holds


@fault(14, dialects=False)  # the scripts are the same
def untagging_frees_nothing(side):
    """The image loses its tag, but its manifest stays, and the registry keeps it.

    A registry of 2018 collects it with `--delete-untagged` alone, also after our clean-up; GitLab's of today does so by
    itself.
    """
    project = side.bare() if side.post else side.bench.stack.project(None)
    images = project.images("app")
    digest = images.push("sha")
    done = side.delete_tag(project, f"{project.registry.host}/{project.path}/app:sha")
    equal(done.status, "success", f"the deletion: {done.result.output[-500:]}")
    equal(project.images("app").tags(), set(), "tags")
    if side.post:
        marked = project.registry.garbage_collect("--dry-run")
        holds(digest not in marked.split("blobs marked")[0], "garbage collection frees the manifest")
    else:
        project.registry.collect(project.path)
        equal(project.images("app").get(digest)[0], 404, "the manifest after garbage collection")


@fault(15, dialects=False)  # the scripts are the same
def other_kinds_of_manifest(side):
    """An OCI image is not found and never deleted; of a manifest list a child is deleted, and the tag broken."""
    for kind in ("docker-list", "oci", "oci-index"):
        project = side.bare()
        project.images("app").push("new", kind)
        project.images("app").push("old", kind, "2020-01-01T00:00:00Z")
        image = f"{project.registry.host}/{project.path}/app"
        if side.post:  # the promotion: its first step is the digest of the old one
            done = side.script(project, f"bin/docker-util/delete-old-prod-image.sh {image}:old {image}:new")
        else:
            done = side.script(project, f'regctl image copy "{image}:new" "{image}:old"')
        equal(done.status, "success", f"the promotion of the kind {kind}: {done.result.output[-300:]}")
        images = project.images("app")
        equal(images.digest("old"), images.digest("new"), f"the digest after the promotion of the kind {kind}")


@fault(16)
def deletion_takes_other_tags_along(side):
    """A manifest is deleted, not a tag: whatever else named it is gone too."""
    project = side.project(without=CI)
    first = project.push()
    if side.post:  # the first clean-up fails (fault 5); prod as it should be then
        project.images("php").also_tag(side.production(first), "prod")
    project.images("php").also_tag(side.production(first), "release-1")
    project.push(CHANGES="second")
    holds("release-1" in project.images("php").tags(), "a tag that somebody gave the image is still there")


@fault(17, dialects=False)  # the scripts are the same
def promotion_makes_another_image(side):
    """docker pull, tag, push writes a manifest anew that docker has not made: another digest than was deployed."""
    project = side.bare()
    images = project.images("app")
    digest = images.push("new", "oci")
    images.push("prod", "docker", "2020-01-01T00:00:00Z")
    image = f"{project.registry.host}/{project.path}/app"
    if side.post:
        side.script(
            project,
            f"docker pull {image}:new",
            f"docker tag {image}:new {image}:prod",
            f"docker push {image}:prod",
        )
    else:
        side.script(project, f'regctl image copy "{image}:new" "{image}:prod"')
    equal(project.images("app").digest("prod"), digest, "the digest of app:prod")
