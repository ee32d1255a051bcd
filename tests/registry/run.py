#!/usr/bin/env python3
"""Tests templates/registry/*.sh with the real regctl, against two kinds of registry.

tests/registry/run.py [PATTERN [-v]]    only tests whose name holds PATTERN; -v tells each one's time
"""

import concurrent.futures
import io
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True  # nothing is left in the source tree

import job
import stack
import test_branches
import test_retention
import test_tags

# Command -> Debian's package
NEEDED = {
    "docker-registry": "docker-registry",
    "busybox": "busybox-static",
    "git": "git",
    "openssl": "openssl",
    "perl": "perl",
    "shellcheck": "shellcheck",
}

CASES = [test_tags.Tags, test_retention.Retention, test_branches.Branches]


def main():
    pattern = next((argument for argument in sys.argv[1:] if argument != "-v"), "")
    missing = {command: package for command, package in NEEDED.items() if not shutil.which(command)}
    if missing:
        sys.exit(f"missing: {', '.join(missing)}. Install: apt-get install {' '.join(missing.values())}")
    if not (job.TOOLS / "regctl").exists():
        sys.exit(f"missing: {job.TOOLS}/regctl. Install: tests/tools/install.sh")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stack is taken down
    started = time.monotonic()
    # `repository` comes from the job; the inner shell of `images` expands its own text.
    command = ["shellcheck", "--shell=sh", "--exclude=SC2154,SC2016", "-"]
    lint = sum(
        subprocess.run(command, input=text, text=True, check=False).returncode
        for text in (job.LIBRARY, job.BRANCHES)
    )
    with stack.Stack() as running:
        jobs = job.Jobs(running.directory)
        suites = []
        for flavour in ("gitlab", "distribution"):
            for case in CASES:
                bound = type(
                    f"{case.__name__}[{flavour}]",
                    (case,),
                    {"stack": running, "jobs": jobs, "flavour": flavour},
                )
                names = unittest.defaultTestLoader.getTestCaseNames(bound)
                suites += [bound(name) for name in names if pattern in name]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            failed = sum(pool.map(run, suites))
    print(
        f"{len(suites)} tests, {failed} failed, shellcheck {'failed' if lint else 'clean'}, {time.monotonic() - started:.0f} s"
    )
    return 1 if failed or lint or not suites else 0


def run(test):
    """Runs one test; prints it if it fails; returns whether it did."""
    output = io.StringIO()
    result = unittest.TestResult()
    started = time.monotonic()
    test.run(result)
    for where, trace in result.failures + result.errors:
        print(f"FAILED {where}\n{trace}", file=output)
    if output.getvalue():
        print(output.getvalue(), flush=True)
    if "-v" in sys.argv:
        print(f"{time.monotonic() - started:5.1f} s {type(test).__name__} {test._testMethodName}", flush=True)
    return bool(output.getvalue())


if __name__ == "__main__":
    sys.exit(main())
