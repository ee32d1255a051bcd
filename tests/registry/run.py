#!/usr/bin/env python3
"""Tests templates/registry/*.sh: in three shells, against two kinds of registry.

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
import test_cleanup
import test_connection
import test_copy
import test_current
import test_delete
import test_move

# Command -> Debian's package
NEEDED = {
    "docker-registry": "docker-registry",
    "curl": "curl",
    "busybox": "busybox-static",
    "dash": "dash",
    "bash": "bash",
    "git": "git",
    "openssl": "openssl",
    "perl": "perl",
    "shellcheck": "shellcheck",
    "awk": "mawk",
}

EVERYWHERE = [
    test_delete.DeleteTag,
    test_move.MoveTag,
    test_copy.Copy,
    test_current.Current,
    test_cleanup.Cleanup,
    test_branches.Branches,
    test_connection.Connection,
]


def cases(shell, flavour):
    """All in every shell; on the registry that only differs in how it deletes, one shell is enough for the rest."""
    if flavour == "gitlab":
        return EVERYWHERE + [
            test_cleanup.ThousandTags,
            test_cleanup.GitlabCleanup,
            test_copy.GitlabCopy,
            test_connection.GitlabConnection,
        ]
    return EVERYWHERE + [test_cleanup.ThousandTags] if shell == "dash" else [test_delete.DeleteTag]


def main():
    pattern = next((argument for argument in sys.argv[1:] if argument != "-v"), "")
    missing = {command: package for command, package in NEEDED.items() if not shutil.which(command)}
    if missing:
        sys.exit(f"missing: {', '.join(missing)}. Install: apt-get install {' '.join(missing.values())}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stack is taken down
    started = time.monotonic()
    lint = subprocess.run(["shellcheck", "--shell=sh", "-"], input=job.LIBRARY, text=True, check=False).returncode
    with stack.Stack() as running:
        suites = []
        for shell in job.SHELLS:
            jobs = job.Jobs(shell, running.directory)
            for flavour in ("gitlab", "distribution"):
                for case in cases(shell, flavour):
                    bound = type(
                        f"{case.__name__}[{shell}, {flavour}]",
                        (case,),
                        {"stack": running, "jobs": jobs, "flavour": flavour},
                    )
                    suites += [
                        bound(name)
                        for name in unittest.defaultTestLoader.getTestCaseNames(bound)
                        if pattern in name
                    ]
        # The longest first, so that none is left alone at the end.
        suites.sort(key=lambda test: "thousand" not in test.id())
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
