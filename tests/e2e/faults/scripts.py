"""Faults of the scripts: 1 to 7."""

from faults import CI, TESTS, fault
from scenarios import equal, holds

SECRET_IN_URL = "manifests/eyJ"  # how a JSON Web Token begins


@fault(1, dialects=False)  # scenarios of 2018 show it
def variables_that_nobody_sets(side):
    """`$REGISTRY_TOKEN` and `$IMAGE` are used and never set: the clean-up cannot work."""
    project = side.project(1, without=TESTS)
    pipeline = project.push()
    equal(side.job(pipeline, "cleanup").status, "success", "the clean-up of the CI image")
    holds(pipeline.sha not in project.images("php-ci").tags(), "the commit's tag is gone")


@fault(2, dialects=False)  # the scripts are the same
def dummies_are_one_image(side):
    """The "random" dummy holds just a newline: deleting one takes another pipeline's tag along."""
    project = side.bare()
    images = project.images("app")
    for tag in ("one", "two"):
        images.push(tag)
    base = f"{project.registry.host}/{project.path}/app"
    if side.post:
        # Two pipelines on one daemon, whose build cache makes of two dummies one.
        side.delete_tag(project, f"{base}:one", f"bin/docker-util/dummy-tag.sh {base}:two")
        holds("two" in project.images("app").tags(), "the other pipeline's tag is still there")
    else:
        before = len(project.registry.lines)
        done = side.script(project, *(f'regctl tag delete "{base}:{tag}"' for tag in ("one", "two")))
        equal(done.status, "success", f"the deletion: {done.result.output[-500:]}")
        start = f"PUT /v2/{project.path}/app/manifests/"
        dummies = [line for line in project.registry.lines[before:] if line.startswith(start)]
        deleted = {line for line in project.registry.lines[before:] if line.startswith(start.replace("PUT", "DELETE"))}
        holds(len(deleted) >= len(set(dummies)) >= 2, f"each dummy is one of its own: {dummies} {deleted}")


@fault(3, dialects=False)  # the scripts are the same
def a_failed_dummy_deletes_the_real_image(side):
    """Without `set -e` a dummy that cannot be built is the real image, which goes with its branch tag."""
    project = side.bare()
    base = f"{project.registry.host}/{project.path}/app"
    images = project.images("app")
    digest = images.push("sha")
    images.also_tag("sha", "branch")
    if side.post:
        # A daemon that has the image, and a disk on which the dummy's folder cannot be made.
        side.delete_tag(
            project,
            f"{base}:sha",
            f"docker pull {project.registry.host}/{project.path}/php-base",
            f"docker tag {project.registry.host}/{project.path}/php-base {base}:sha",
            f"docker tag {base}:sha {base}:branch",
            f"docker push {base}:sha",
            f"docker push {base}:branch",
            "touch /tmp/docker-dummy",
        )
        holds("branch" in project.images("app").tags(), "the branch tag is still there")
    else:
        side.delete_tag(project, f"{base}:sha", "export TMPDIR=/proc/nowhere")
        equal(project.images("app").digest("branch"), digest, "the branch tag, after a job that cannot make files")


@fault(4, dialects=False)  # scenarios of 2018 show it
def expired_credentials_are_success(side):
    """With credentials that have expired the job succeeds, and nothing was promoted or deleted."""
    project = side.project(without=CI)
    project.push()
    project.commit(CHANGES="second")
    role = side.names["cleanup-prod"]
    pipeline = project.pipeline().run(hold=[role])
    if "PERSONAL_ACCESS_TOKEN" in project.variables:
        project.end_token(project.variables["PERSONAL_ACCESS_TOKEN"])
    else:
        pipeline.jobs[role].before = lambda: project.end_token(pipeline.jobs[role].token)
    pipeline.release()
    equal(pipeline.jobs[role].status, "failed", "the clean-up with expired credentials")


@fault(5, dialects=False)  # scenarios of 2018 show it
def first_deployment_fails_and_shows_the_token(side):
    """The first deployment fails, and sends the token as a part of an address, into the access log."""
    project = side.project(without=CI)
    pipeline = project.push()
    lines = [line for line in project.registry.lines if f"/{project.path}/" in line and SECRET_IN_URL in line]
    equal([line[:60] for line in lines], [], "addresses with a token")
    equal(side.job(pipeline, "cleanup-prod").status, "success", "the first clean-up")


@fault(6)
def the_token_is_stale_or_weak(side):
    """The token is old by the time of the deletion, or has fewer rights: `prod` has moved, nothing is deleted."""
    project = side.project(without=CI)
    project.push()
    project.commit(CHANGES="second")
    role = side.names["cleanup-prod"]
    pipeline = project.pipeline().run(hold=[role])
    place = f"PUT /v2/{project.path}/php/manifests/prod"
    project.registry.front.before[place] = lambda: project.registry.expire_tokens(project.path)
    pipeline.release()
    equal(
        pipeline.jobs[role].status,
        "success",
        f"the clean-up whose token expires: {pipeline.log(role)[-400:]}",
    )


@fault(7)
def json_is_read_with_sed(side):
    """One more field in the token server's answer, and the token is not a token any more."""
    project = side.project(without=TESTS)
    project.gitlab.issuer.talkative.add(project.path)
    pipeline = project.push()
    for role in ("cleanup", "cleanup-prod"):
        if not (side.post and role == "cleanup-prod"):
            equal(side.job(pipeline, role).status, "success", role)
