"""Built on branches, promoted by git tags (`examples/build-and-tag`)."""

from scenarios import equal, holds, scenario, statuses
from scenarios.deployment import builds


@scenario
def release(bench):
    """A protected git tag names the image that the commit's branch has built: the same digest, no build."""
    project = bench.project("build-and-tag")
    branch = project.push("feature/x", CHANGES="x")
    statuses(branch)
    main = project.push(CHANGES="main")
    statuses(main)
    images = project.images("")
    digest = main.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    equal({images.digest(tag) for tag in (main.sha, "master")}, {digest}, "what the branch's tags name")
    project.protected.add("v1.0.0")
    tagged = project.pipeline("v1.0.0", main.sha, tag=True).run()
    equal(set(tagged.jobs), {"promote-release"}, "the jobs of a release")
    statuses(tagged)
    equal(project.images("").digest("v1.0.0"), digest, "the digest of the release")
    tagged.retry("promote-release")
    statuses(tagged)
    statuses(project.pipeline("v1.0.0", main.sha, tag=True).run())
    equal(project.images("").digest("v1.0.0"), digest, "the digest of the release, promoted three times")
    never = project.commit(CHANGES="never built")
    project.protected.add("v2.0.0")
    unbuilt = project.pipeline("v2.0.0", never, tag=True).run()
    statuses(unbuilt, "promote-release")
    holds("v2.0.0" not in project.images("").tags(), "no release of what was never built")
    tags = {"v1.0.0", "master", "feature-x", "cache_master", "cache_feature-x", *builds(main, branch, job="build-app")}
    equal(project.images("").tags(), tags, "all tags")


@scenario
def release_in_trouble(bench):
    """A promotion without the right to push, or to a registry that is down: no release; a retry makes it."""
    project = bench.project("build-and-tag")
    main = project.push()
    digest = main.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    rights = project.rights
    for trouble in ("v1-rights", "v1-down"):
        project.protected.add(trouble)
        if trouble == "v1-rights":
            project.rights = {"pull"}
        else:
            project.registry.down.add(project.path)
        tagged = project.pipeline(trouble, main.sha, tag=True).run()
        project.rights = rights
        project.registry.down.discard(project.path)
        statuses(tagged, "promote-release")
        holds(trouble not in project.images("").tags(), f"{trouble}: no release")
        tagged.retry("promote-release")
        statuses(tagged)
        equal(project.images("").digest(trouble), digest, "the digest of the release")


@scenario
def untested_images_are_not_promoted(bench):
    """A git tag on a commit whose test failed, or has not run yet: no release and no deployment, until it has passed."""
    project = bench.project("tested")
    project.agent("shop/cluster:main")
    project.deploy("app", "app")
    before = project.runs("app", "app")
    broken = project.push(broken="x")
    equal(broken.jobs["unit"].status, "failed", "the test")

    def release(name, sha):
        project.protected.add(name)
        project.drain()
        return project.pipeline(name, sha, tag=True).run()

    refused = release("v1.0.0", broken.sha)
    statuses(refused, "promote-release", skipped=("deploy-production",))
    said = f"No image app of {broken.sha} is known to have passed its tests."
    holds(said in refused.jobs["promote-release"].result.output, "the job says why")
    project.git("rm", "--quiet", "broken")
    waiting = project.pipeline_of("master", ugly="x")
    early = release("v2.0.0", waiting.sha)
    statuses(early, "promote-release", skipped=("deploy-production",))
    equal(project.runs("app", "app"), before, "what production runs")
    equal({tag for tag in project.images("").tags() if tag.startswith("v")}, set(), "releases of untested images")
    waiting.run()
    statuses(waiting, "style")
    digest = waiting.jobs["build-app"].reported["IMAGE_APP_DIGEST"]
    early.retry("promote-release")
    early.run()
    statuses(early)
    project.settle()
    equal(project.images("").digest("v2.0.0"), digest, "the digest of the release")
    equal(project.runs("app", "app").rpartition("@")[2], digest, "what production runs after the release")
    equal(project.drain(), [], "images that a node drain cannot pull")
