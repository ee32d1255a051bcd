"""The container image of windlass itself."""

import shutil

from scenarios import holds, scenario, statuses


@scenario
def own_image(bench):
    """`packaging/Containerfile`: jobs in the image that it makes check and lint their own project, and have git."""
    project = bench.project("own-image")
    shutil.copy(bench.stack.windlass, project.work / "windlass")
    project.commit()
    pipeline = project.push(README="one")
    statuses(pipeline)
    holds("git version" in pipeline.log("check"), f"there is git: {pipeline.log('check')}")
    holds("up to date" in pipeline.log("check"), f"the files are checked: {pipeline.log('check')}")
    holds("nothing found" in pipeline.log("lint"), f"the pipeline is linted: {pipeline.log('lint')}")
