"""The registries of the stack, and the tools for registries in the images that jobs name."""

import json
import shutil

from rig import platform, registry
from rig.world import STATE, run
from scenarios import equal, holds, scenario, statuses
from scenarios.deployment import cleaned, deployed

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


@scenario
def read_only_registry(bench):
    """The registry is read-only, as while garbage is collected: builds and clean-ups fail; a retry does all of it."""
    project = bench.facile(tested=False)
    path = project.path.lower()
    first = project.pipeline_of("master").run(hold=["cleanup-php"])
    tags = project.images("php").tags()
    project.registry.stop_writing(path)
    first.release()
    statuses(first, "cleanup-php")
    second = project.push(CHANGES="second")
    statuses(second, "build-php", skipped=("deploy-prod", "cleanup-php"))
    equal(project.images("php").tags(), tags, "tags")
    equal(project.drain(), [], "images that a node drain cannot pull")
    del project.registry.read_only[path]
    first.retry("cleanup-php")
    statuses(first)
    second.retry("build-php")
    statuses(second)
    deployed(project, second)


@scenario
def too_many_requests(bench):
    """The registry answers requests of each job with HTTP 429: the clients wait and ask again, and all goes on."""
    project = bench.facile()
    pipeline = project.pipeline_of("master", CHANGES="first")
    limited, path = project.registry.limited, project.path.lower()
    left = []

    def limit():
        left.append(limited.get(path, 0))
        limited[path] = 2

    for job in pipeline.jobs.values():
        job.before = limit
    pipeline.run()
    answered = 2 * len(pipeline.jobs) - sum(left) - limited.pop(path)
    statuses(pipeline)
    holds(answered >= 8, f"both builds and both clean-ups met the limit: {answered} times 429")
    deployed(project, pipeline)
    cleaned(project, "master")


@scenario
def protected_tag(bench):
    """A tag that a rule protects is old enough to go: the clean-up names it and fails, and deletes the others."""
    project = bench.facile(tested=False)
    images = project.images("php")
    old = [f"{day}" * 40 for day in range(1, 7)]
    for day, tag in enumerate(old, start=1):
        images.push(tag, "oci", f"2024-03-{day:02}T12:00:00Z")
    project.registry.protected[project.path.lower()] = f"^{old[0]}$"
    pipeline = project.push()
    statuses(pipeline, "cleanup-php")
    log = pipeline.log("cleanup-php")
    holds("http 403" in log and old[0] in log, f"the job says why:\n{log[-800:]}")
    left = set(old) & images.tags()
    holds(old[0] in left, "the protected tag stays")
    holds(not left & set(old[1:3]), f"the others go: {left}")
    project.settle()
    equal(project.drain(), [], "images that a node drain cannot pull")
