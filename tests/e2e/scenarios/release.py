"""Built on branches, promoted by git tags (`examples/build-and-tag`)."""

from scenarios import equal, holds, scenario, statuses


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
    tags = {"v1.0.0", "master", "feature-x", "cache_master", "cache_feature-x", main.sha, branch.sha}
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
