"""Images that jobs run in, built when they are too old or their recipe has changed (`examples/distributions`)."""

import secrets

from scenarios import equal, holds, scenario, tail

ROWS = {("fedora", "27"), ("fedora", "28"), ("ubuntu", "17.10"), ("ubuntu", "18.04")}


def latest(project):
    return {row: project.images("/".join(row)).digest("latest") for row in ROWS}


def images_of_tests(project, pipeline):
    """Row -> the digest of the image that its test runs in, if it is retried now."""
    project.drain()
    found = {}
    for distribution, version in ROWS:
        variable = f"IMAGE_DISTRO_{distribution}_{version}".upper().replace(".", "_")
        image = pipeline.jobs[f"{distribution}:{version}@default-build"].environment()[variable]
        found[distribution, version] = project.images(f"{distribution}/{version}").digest(image.rpartition(":")[2])
    return found


def passed(pipeline):
    wrong = [name for name, job in pipeline.jobs.items() if job.status not in ("success", "manual")]
    equal(wrong, [], "jobs without success" + "".join(f"\n--- {name}\n{tail(pipeline.jobs[name])}" for name in wrong))


@scenario
def distributions(bench):
    """Four distributions: built once, taken as they are, built again where the recipe changes, or by hand."""
    project = bench.project("distributions", path="libinput/libinput")
    pipeline = project.push()
    passed(pipeline)
    first = latest(project)
    holds(all(first.values()), f"every distribution has an image: {first}")
    again = project.push(CHANGES="something else")
    passed(again)
    equal(latest(project), first, "images after a commit that changes no recipe")
    project.put("ci/fedora/packages", (project.work / "ci/fedora/packages").read_text() + "vim\n")
    changed = project.push()
    passed(changed)
    now = latest(project)
    for row in ROWS:
        equal(now[row] == first[row], row[0] == "ubuntu", f"the image of {row} is the one before")
        images = project.images("/".join(row))
        numbered = {tag for tag in images.tags() if tag.isdigit()}
        equal({images.digest(tag) for tag in numbered} - {now[row]}, set(), f"older images of {row}")
    forced = "ubuntu:18.04@force-prep"
    changed.play(forced)
    equal(changed.jobs[forced].status, "success", f"{forced}: {tail(changed.jobs[forced])}")
    holds(latest(project)[("ubuntu", "18.04")] != now[("ubuntu", "18.04")], "the forced build is another image")
    forced = latest(project)
    file = project.work / "ci/fedora/Dockerfile"
    file.write_text(file.read_text() + "RUN false\n")
    broken = project.push()
    failed = {name for name, job in broken.jobs.items() if job.status == "failed"}
    equal(failed, {"fedora:27@prep", "fedora:28@prep"}, "the jobs that fail where a recipe is broken")
    equal(latest(project), forced, "images after a build that failed")


@scenario
def toolchains_of_two_branches(bench):
    """A feature branch has another recipe: neither branch builds again for the other, and no retried job sees it."""
    project = bench.project("distributions", path=f"libinput/branches-{secrets.token_hex(3)}")
    project.put(".gitlab-ci.yml", (project.work / ".gitlab-ci.yml").read_text().replace("libinput/libinput", project.path))
    master = project.push()
    passed(master)
    first = images_of_tests(project, master)
    packages = (project.work / "ci/fedora/packages").read_text()
    feature = project.push("feature", ci__fedora__packages=packages + "vim\n")
    passed(feature)
    other = images_of_tests(project, feature)
    for row in ROWS:
        equal(other[row] == first[row], row[0] == "ubuntu", f"the feature's image of {row} is that of master")
    equal(latest(project), first, "what other pipelines find after the feature's")
    again = project.push(CHANGES="on master")
    passed(again)
    equal(images_of_tests(project, again), first, "master's images after the feature's pipeline")
    master.retry("fedora:28@default-build")
    passed(master)
    equal(images_of_tests(project, master), first, "the images of master's jobs, retried")
    equal(images_of_tests(project, feature), other, "the images of the feature's jobs, retried")
    daemons = [name for name, job in again.jobs.items() if job.body.get("services")]
    equal(daemons, [], "jobs with a daemon where nothing is built")
    project.git("checkout", "--quiet", "master")
    project.git("merge", "--quiet", "feature")
    merged = project.push()
    passed(merged)
    equal(images_of_tests(project, merged), other, "master's images after the merge")
    equal(latest(project), other, "what other pipelines find after the merge")
