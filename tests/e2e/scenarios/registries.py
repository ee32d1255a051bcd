"""The registries of the stack, and the tools for registries in the images that jobs name."""

import json
import shutil

from rig import platform, registry
from rig.world import STATE, run
from scenarios import equal, holds, scenario, statuses
from scenarios.deployment import deployed

PIPELINE = """
delete:
  image: ghcr.io/regclient/regctl:v0.11.5-alpine@sha256:{digest}
  script:
    - printf '%s' "$CI_REGISTRY_PASSWORD" | regctl registry login "$CI_REGISTRY" -u "$CI_REGISTRY_USER" --pass-stdin
    - regctl tag ls "$CI_REGISTRY_IMAGE"
    - regctl tag delete "$CI_REGISTRY_IMAGE:goes"
    - id
age:
  needs: [delete]
  image: ghcr.io/regclient/regbot:v0.11.5-alpine
  script:
    - |
      cat > bot.yml <<'END'
      version: 1
      creds:
        - registry: $HOST
          user: gitlab-ci-token
          pass: '{{{{env "CI_REGISTRY_PASSWORD"}}}}'
      scripts:
        - name: list
          script: |
            for _, tag in ipairs(tag.ls(os.getenv("CI_REGISTRY_IMAGE"))) do log("found " .. tag) end
      END
      sed -i "s/\\$HOST/$CI_REGISTRY/" bot.yml
    - regbot once -c bot.yml
"""


def seen(bench, host):
    project = bench.stack.project(None, registry=host)
    bench.projects.append(project)
    images = project.images("")
    digest = images.push("goes")
    images.also_tag("goes", "stays")
    project.put(".gitlab-ci.yml", PIPELINE.format(digest="0" * 64))
    pipeline = project.push()
    statuses(pipeline)
    holds("uid=1000" in pipeline.log("delete"), "regctl's image has a user of its own")
    holds("found stays" in pipeline.log("age"), f"regbot lists tags: {pipeline.log('age')}")
    equal(images.tags(), {"stays"}, f"the tags at {host}")
    equal(images.digest("stays"), digest, f"the digest of the tag that stays at {host}")
    return images


@scenario
def registry_tools(bench):
    """regctl and regbot, in their own images: one tag of two goes, at each of the registries."""
    for host in (platform.REGISTRY, platform.OLD, platform.PLAIN):
        seen(bench, host)


@scenario
def distribution_3(bench):
    """Two deployments with distribution 3 as it comes, which deletes single tags and lists them in pages."""
    project = bench.facile(tested=False, registry=platform.PLAIN)
    for number in range(2):
        pipeline = project.push(CHANGES=str(number))
        statuses(pipeline)
        deployed(project, pipeline)


def revisions(storage):
    """(repository, digest) of all manifests in the storage of a registry."""
    root = storage / "docker/registry/v2/repositories"
    links = root.rglob("_manifests/revisions/sha256/*/link")
    return {(str(link.relative_to(root)).partition("/_manifests")[0], link.parent.name) for link in links}


@scenario
def garbage_collection(bench):
    """What the stack collects before each look at what runs is what distribution 3 collects."""
    project = bench.stack.project(None)
    kinds = ("docker", "docker-list", "oci", "oci-index")
    for name in ("", "other"):
        images = project.images(name)
        for kind in kinds:
            images.push(f"gone-{kind}", kind)
            images.also_tag(f"gone-{kind}", f"twice-{kind}")
            for tag in ("gone", "kept"):
                images.push(f"{tag}-{kind}", kind)  # the tag moves
            images.request("DELETE", f"manifests/{images.push('deleted', kind)}")
    storage = STATE / "collected"
    for part in ("repositories", "blobs"):
        path = "docker/registry/v2/" + part + (f"/{project.path}" if part == "repositories" else "")
        shutil.copytree(project.registry.root / path, storage / path, dirs_exist_ok=True)
    before = revisions(storage)
    configuration = {"version": "0.1", "storage": {"filesystem": {"rootdirectory": str(storage)}}}
    file = STATE / "collected.yml"
    file.write_text(json.dumps(configuration))
    run(registry.DISTRIBUTION, "garbage-collect", "--delete-untagged", str(file))
    project.registry.collect(project.path)
    after = {entry for entry in revisions(project.registry.root) if entry[0].startswith(project.path)}
    equal(after, revisions(storage), "the manifests that are left")
    holds(len(after) < len(before), "something was collected")
    shutil.rmtree(storage)
