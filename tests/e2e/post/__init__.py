"""The pipeline of 2018: as the post has it, and repaired as little as lets it run to its end.

`files` is the post's project: its pipeline, compose files, Dockerfiles and scripts as written, and what
it leaves out (composer's files, the function `splitImageName`). `REPAIRS` is each change with its
reason; without them nothing behind the first job would ever run.
"""

import pathlib

FILES = pathlib.Path(__file__).resolve().parent / "files"
SCRIPTS = ("get-registry-token.sh", "get-manifest.sh", "delete-image.sh")
SOURCE = ("splitImageName $1\n", ". bin/docker-util/common.sh\n\nsplitImageName $1\n")

# (fault, file, before, after): fault numbers are those of tests/e2e/faults.
REPAIRS = (
    # docker-compose 1.18 took it; from 1.25 on the flag is only heeded with --no-parallel (fault 10).
    (10, ".gitlab-ci.yml", "pull --ignore-pull-failures", "pull --no-parallel --ignore-pull-failures"),
    # Defined nowhere (fault 1).
    (
        1,
        ".gitlab-ci.yml",
        "    - bin/docker-util/dummy-tag.sh $IMAGE",
        "    - IMAGE=$CI_IMAGE_COMMIT_TAG\n    - bin/docker-util/dummy-tag.sh $IMAGE",
    ),
    # The post does not show where the function comes from.
    *((1, f"bin/docker-util/{name}", *SOURCE) for name in SCRIPTS),
    # Assigned nowhere (fault 1).
    (1, "bin/docker-util/get-manifest.sh", "splitImageName $1\n", "splitImageName $1\nREGISTRY_TOKEN=$2\n"),
    (1, "bin/docker-util/delete-image.sh", "splitImageName $1\n", "splitImageName $1\nREGISTRY_TOKEN=$3\n"),
)


def repaired(project, *faults_left):
    """Applies the repairs in the project's files, but those of the faults named."""
    for fault, name, before, after in REPAIRS:
        if fault not in faults_left:
            file = project.work / name
            text = file.read_text()
            assert before in text, f"{name}: {before!r}"
            project.put(name, text.replace(before, after))
