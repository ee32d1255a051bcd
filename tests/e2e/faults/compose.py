"""Faults of how compose is used: 8 to 13."""

from faults import CI, TESTS, fault, layers
from scenarios import equal
from scenarios.again import autoloader


def dependencies(project, image, pipeline_or_tag):
    """The layers but the last two (the code, and what is made from it)."""
    return layers(project, image, pipeline_or_tag)[:-2]


@fault(8)
def there_is_never_a_cache(side):
    """`push php php-cache` skips a service without `build`: the branch's tag never reaches the registry."""
    project = side.project(without=TESTS)
    cached(side, project)


@fault(9)
def tests_run_on_another_build(side):
    """A test job that does not pull makes compose build: another image is tested than was built."""
    project = side.project()
    pipeline = project.pipeline_of("tested").run()
    built = autoloader(pipeline, side.names["coverage"])
    equal(autoloader(pipeline, side.names["phpstan"]), built, "the build that phpstan looks at")


@fault(10, dialects=False)  # scenarios of 2018 show it
def the_first_pipeline_of_a_branch_fails(side):
    """`pull --ignore-pull-failures` of an image that is not there yet fails in newer versions of compose."""
    project = side.project(10, without=TESTS)
    pipeline = project.pipeline_of("fresh").run()
    equal(side.job(pipeline, "build").status, "success", "the first build of a branch")


@fault(11)
def production_builds_have_no_cache(side):
    """What is pulled as a cache is this commit's own image, which cannot be there yet."""
    project = side.project(without=CI)
    first = project.push(CHANGES="one")
    before = dependencies(project, "php", side.production(first))
    project.commit(CHANGES="two")
    second = project.pipeline().run(hold=[side.names["cleanup-prod"]])
    equal(
        dependencies(project, "php", side.production(second)),
        before,
        "layers of the dependencies, of two commits",
    )


@fault(12)
def a_retried_test_tests_something_else(side):
    """A test job that is retried after the clean-up silently builds anew."""
    project = side.project()
    pipeline = project.pipeline_of("retried").run()
    tested = autoloader(pipeline, side.names["coverage"])
    pipeline.retry(side.names["coverage"])
    if side.job(pipeline, "coverage").status == "success":
        equal(autoloader(pipeline, side.names["coverage"]), tested, "the build that is tested")


@fault(13)
def buildkit_finds_no_cache(side):
    """With BuildKit `cache_from` finds nothing in an image that was built without its inline cache."""
    project = side.project(without=TESTS)
    if side.post:  # with the branch's tag pushed (fault 8), and BuildKit
        file = project.work / ".gitlab-ci.yml"
        push = "docker-compose push php php-cache"
        project.put(
            ".gitlab-ci.yml",
            file.read_text().replace(push, f"{push}\n    - docker push $CI_IMAGE_BRANCH_TAG"),
        )
        project.variables |= {"DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
    cached(side, project)


def cached(side, project):
    """Two commits of a branch, which differ in the code alone."""
    tags = []
    for text in ("one", "two"):
        pipeline = project.pipeline_of("cache", CHANGES=text).run(
            hold=[side.names["cleanup"], side.names["coverage"], side.names["phpstan"]]
        )
        equal(side.job(pipeline, "build").status, "success", f"the build: {side.log(pipeline, 'build')[-500:]}")
        tags.append(side.ci_tag(pipeline))
    first, second = (dependencies(project, "php-ci", tag) for tag in tags)
    equal(second, first, "layers of the dependencies, of two commits")
