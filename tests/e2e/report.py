"""Runs what was asked for, side by side, and prints a line for each; the last lines say how it went."""

import concurrent.futures
import resource
import sys
import threading
import time
import traceback

import faults
import scenarios
import secret_watch
from bench import Bench
from rig import platform

PRINTING = threading.Lock()


def everything():
    """(name, what, function) of all that can be run."""
    items = [(item.name, item.what, item.run) for item in scenarios.load().values()]
    items += [(item.name, item.what, faults.both(item)) for item in faults.load().values()]
    return items


def list_names():
    for name, what, _ in everything():
        print(f"{name:45} {what}")
    return 0


def run(options, compose):
    begun = time.monotonic()
    wanted = [
        item for item in everything() if not options.only or any(part in item[0] for part in options.only)
    ]
    if not wanted:
        print("no such scenario; --list names all", file=sys.stderr)
        return 2
    stack = platform.Platform(compose)
    watch = secret_watch.Watch(stack)
    print(f"the stack is up after {time.monotonic() - begun:.1f} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda item: attempt(stack, item, options), wanted))
    failed = [name for name, error in zip([item[0] for item in wanted], results) if error]
    leaks = watch.end()
    for line in leaks:
        print(f"LEAK {line}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{len(wanted)} run, {len(failed)} failed, {len(leaks)} secrets leaked ({watch.summary}), "
        f"{time.monotonic() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time"
    )
    for name in failed:
        print(f"  failed: {name}")
    return 1 if failed or leaks else 0


def attempt(stack, item, options):
    """Runs one; prints how it went; returns what went wrong."""
    name, what, function = item
    started, bench, error = time.monotonic(), Bench(stack), None
    try:
        function(bench)
    except Exception as problem:  # any: the others go on
        error = problem
    with PRINTING:
        print(f"{'FAIL' if error else 'ok  '} {time.monotonic() - started:5.1f} s  {name:44} {what}", flush=True)
        if error:
            lines = traceback.format_exception(error)
            print("".join(lines if not isinstance(error, AssertionError) else [*lines[-3:]]), flush=True)
            if options.verbose:
                for project in bench.projects:
                    for pipeline in project.pipelines:
                        for job in pipeline.jobs.values():
                            print(f"--- {project.path} {pipeline.id} {job.name} {job.status}\n{job.result.output if job.result else ''}")
    return error


