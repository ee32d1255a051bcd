#!/usr/bin/env python3
"""Small inputs that stand for much: processor time and memory of every command.

    cargo build --release
    benches/process/bounds.py target/release/windlass [--other BINARY] [NAME...]

Each input is written to a folder of its own. Every command that reads it runs once; a run that takes more than
ten seconds of processor time or four gigabytes is ended. Two seconds and 300 MB are wanted, whatever the answer
is; what takes more is marked.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator

SECONDS, MEGABYTES = 2, 300
LIMIT_SECONDS, LIMIT_BYTES = 10, 4 << 30

Files = dict[str, str]


def each(count: int, line: Callable[[int], str]) -> str:
    return "".join(line(number) for number in range(count))


def jobs(count: int, keys: str) -> str:
    return each(count, lambda n: f"job-{n}: {{{keys}}}\n")


def ruled(count: int, rules: Callable[[int], list[str]]) -> str:
    return each(count, lambda n: f"job-{n}: {{script: x, rules: [{', '.join(rules(n))}]}}\n")


def foreign(text: str, **others: str) -> Files:
    return {".gitlab-ci.yml": text, **{f"{name}.yml": other for name, other in others.items()}}


def manifest(text: str) -> Files:
    return {"windlass.yml": "windlass: 1\n" + text, "Dockerfile": "FROM alpine:3.22\n"}


def matrix(tests: int, rows: int) -> str:
    own = each(rows, lambda n: f"      - {{V: v{n}}}\n")
    keys = "    image: alpine:3.22\n    script: x\n"
    return "tests:\n" + each(tests, lambda n: f"  t{n}:\n{keys}    matrix:\n{own}")


def inputs() -> Iterator[tuple[str, Files]]:
    yield "200 rows x 200 tests", manifest(matrix(200, 200))
    yield "200 rows x 45 tests", manifest(matrix(45, 200))
    sets = each(500, lambda n: f"  r{n}: {{branches: ['/^p{n}-/']}}\n")
    users = each(500, lambda n: f"  j{n}: {{refs: r{n}, stage: test, image: 'a:1', script: x}}\n")
    yield "500 patterns of refs", manifest(f"refs:\n{sets}jobs:\n{users}")
    yield "1,000 images", manifest("images:\n" + each(1000, lambda n: f"  app-{n}: {{}}\n"))
    images = each(2000, lambda n: f"  app-{n}: {{}}\n")
    tests = each(2000, lambda n: f"  t-{n}: {{image: apq-{n}, script: x}}\n")
    yield "2,000 misspelt images", manifest(f"images:\n{images}tests:\n{tests}")
    raw = each(20_000, lambda n: f"  j{n}: {{stage: test, image: 'a:1', script: x}}\n")
    yield "20,000 raw jobs", manifest("jobs:\n" + raw)
    yield "10,000 branches", foreign(ruled(10_000, lambda n: [f"{{if: '$CI_COMMIT_BRANCH == \"b{n}\"'}}"]))
    yield "10,000 branches (only)", foreign(each(10_000, lambda n: f"job-{n}: {{script: x, only: [b{n}]}}\n"))
    rule = lambda job, at: f"{{if: '$CI_COMMIT_BRANCH == \"b{job}\" && $V{at % 7} == \"v{at}\"'}}"
    yield "500 branches x 7 variables", foreign(ruled(500, lambda n: [rule(n, at) for at in range(7)]))
    yield "20 branches x 500 rules", foreign(ruled(20, lambda n: [rule(n, at) for at in range(500)]))
    yield "1,000 variables with names", foreign(ruled(1000, lambda n: [f"{{if: '$CI_COMMIT_BRANCH == $V{n}'}}"]))
    yield "500 patterns", foreign(ruled(500, lambda n: [f"{{if: '$CI_COMMIT_BRANCH =~ /^p{n}-/'}}"]))
    yield "5,000 patterns", foreign(ruled(5000, lambda n: [f"{{if: '$CI_COMMIT_BRANCH =~ /^p{n}-/'}}"]))
    yield "500 large patterns", foreign(ruled(500, lambda n: [f"{{if: '$CI_COMMIT_BRANCH =~ /^p{n}\\pL{{400}}/'}}"]))
    yield "2,000 globs", foreign(ruled(2000, lambda n: [f"{{changes: ['dir{n}/**/*']}}"]))
    braces = "{a,b}" * 9
    yield "1,000 globs of 512", foreign(ruled(1000, lambda n: [f"{{changes: ['{braces}x{n}?']}}"]))
    needs = lambda n: ", ".join(f"job-{other}" for other in range(max(0, n - 50), n))
    waiting = lambda n: f"job-{n}: {{script: x, needs: [{needs(n)}], rules: [{{if: '$V{n} == \"v\"'}}]}}\n"
    yield "500 jobs x 50 needs", foreign(each(500, waiting))
    stages = ", ".join(f"s{n}" for n in range(10_000))
    yield "10,000 stages", foreign(f"stages: [{stages}]\n" + each(10_000, lambda n: f"j{n}: {{stage: s{n}, script: x}}\n"))
    yield "10,000 impossible sources", foreign(ruled(10_000, lambda n: [f"{{if: '$CI_PIPELINE_SOURCE == \"x{n}\"'}}"]))
    yield "200,000 jobs", foreign(jobs(200_000, "script: x"))
    yield "150 includes x 40,000 jobs", foreign("include: [" + "many.yml, " * 150 + "]\n", many=jobs(40_000, "script: x"))
    files = {f"f{at}": each(1000, lambda n: f"job-{at}-{n}: {{script: x}}\n") for at in range(150)}
    yield "150 files x 1,000 jobs", foreign("include: [" + ", ".join(f"{name}.yml" for name in files) + "]\n", **files)
    base = ".base:\n  variables:\n" + each(4000, lambda n: f"    V{n}: x\n")
    yield "4,000 variables x 2,000 jobs", foreign(base + jobs(2000, "extends: .base, script: x"))
    before = "default:\n  before_script:\n" + "    - x\n" * 10_000
    yield "10,000 commands x 4,000 jobs", foreign(before + jobs(4000, "script: x"))
    array = "spec: {inputs: {a: {type: array, default: [" + "x, " * 10_000 + "]}}}\n---\n"
    yield "10,000 inputs x 5,000 jobs", foreign(array + jobs(5000, "script: '$[[ inputs.a ]]'"))


MANIFEST = ["check", "generate --stdout", "plan", "plan --all", "graph", "graph --branch main"]
FOREIGN = [f"{command} --file .gitlab-ci.yml" for command in ["plan", "plan --all", "graph", "graph --branch main"]]


def run(command: list[str], folder: pathlib.Path) -> tuple[str, float, float]:
    """How it ended, seconds of processor time and megabytes, those of git included."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))

    process = os.fork()
    if process == 0:
        os.chdir(folder)
        limited()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.execv(command[0], command)
    _, status, usage = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    ended = f"exit {code}" if code >= 0 else "ended"
    return ended, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(name: str, binaries: list[str], folder: pathlib.Path, commands: list[str]) -> None:
    for command in commands:
        cells = []
        for binary in binaries:
            ended, seconds, megabytes = run([binary, *command.split()], folder)
            mark = "!" if seconds > SECONDS or megabytes > MEGABYTES else " "
            cells.append(f"{seconds:6.2f} s {megabytes:6.0f} MB {ended:>7}{mark}")
        shown = command.removesuffix(" --file .gitlab-ci.yml")
        print(f"{name:30}{shown:22}{'  '.join(cells)}", flush=True)


def with_blob(folder: pathlib.Path) -> None:
    """A repository whose revision has 300 MB where the pipeline should be."""

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.DEVNULL)

    git("init", "-q")
    pipeline = folder / ".gitlab-ci.yml"
    with pipeline.open("wb") as file:
        file.write(os.urandom(1 << 20) * 300)
    git("add", ".")
    git("-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "large")
    pipeline.write_text("a: {script: x}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--other", help="another build, measured beside it")
    parser.add_argument("names", nargs="*", help="inputs whose name holds one of these; all without")
    arguments = parser.parse_args()
    binaries = [str(pathlib.Path(one).resolve()) for one in [arguments.binary, arguments.other] if one]
    wanted = lambda name: not arguments.names or any(part in name for part in arguments.names)
    for name, files in inputs():
        if not wanted(name):
            continue
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made)
            for path, text in files.items():
                (folder / path).write_text(text)
            report(name, binaries, folder, MANIFEST if "windlass.yml" in files else FOREIGN)
    if wanted("300 MB in git"):
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made)
            with_blob(folder)
            report("300 MB in git", binaries, folder, ["diff HEAD --file .gitlab-ci.yml"])


if __name__ == "__main__":
    main()
