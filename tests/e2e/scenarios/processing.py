"""What GitLab does with a pipeline, as our runner does it: pipelines written by hand."""

from scenarios import equal, scenario

TEXT = """
build:
  image: alpine:3.22
  parallel: {matrix: [{NAME: [web, api], KIND: app}, {NAME: db}]}
  script: echo "is $NAME $KIND $CI_NODE_INDEX/$CI_NODE_TOTAL"
shard: {image: "alpine:3.22", stage: build, parallel: 2, script: 'echo "shard $CI_NODE_INDEX"'}
some:
  image: alpine:3.22
  needs: [{job: build, parallel: {matrix: [{NAME: db}]}}]
  script: "true"
by-hand: {image: "alpine:3.22", when: manual, script: "true"}
after-it: {image: "alpine:3.22", needs: [by-hand], script: "true"}
always-after-it: {image: "alpine:3.22", needs: [by-hand], when: always, script: "true"}
last: {image: "alpine:3.22", stage: deploy, script: "true"}
"""
BUILDS = ("build: [web, app]", "build: [api, app]", "build: [db]", "shard 1/2", "shard 2/2")


@scenario
def parallel_and_needs(bench):
    """`parallel` makes jobs of one; a manual job that nobody played skips those that need it."""
    project = bench.stack.project(None)
    bench.projects.append(project)
    project.put(".gitlab-ci.yml", TEXT)
    pipeline = project.push()
    ran = dict.fromkeys((*BUILDS, "some", "always-after-it", "last"), "success")
    equal(pipeline.statuses(), ran | {"by-hand": "manual", "after-it": "skipped"}, "the jobs")
    lines = [pipeline.log(name).splitlines()[-1] for name in BUILDS]
    equal(lines, ["is web app 1/3", "is api app 2/3", "is db  3/3", "shard 1", "shard 2"], "what the rows print")
    equal([need["job"] for need in pipeline.jobs["some"].needs], ["build: [db]"], "the row that is needed")
    pipeline.play("by-hand")
    equal(pipeline.statuses(), ran | {"by-hand": "success", "after-it": "success"}, "the jobs after somebody played it")
