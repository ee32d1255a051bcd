"""Runs what was asked for, side by side, and prints a line for each; the last lines say how it went.

What failed is run once more, alone, at the end. If it passes then, it hangs on the machine's speed: it is reported as
unsteady, with both outcomes. A run with more failures than `AGAIN` is not repeated.
"""

import concurrent.futures
import resource
import sys
import threading
import time
import traceback

import cost
import faults
import mutations
import scenarios
import secret_watch
from bench import Bench
from rig import platform

PRINTING = threading.Lock()
AGAIN = 3


def everything():
    """(name, what, function) of all that can be run."""
    items = [(item.name, item.what, item.run) for item in scenarios.load().values()]
    items += [(item.name, item.what, faults.both(item)) for item in faults.load().values()]
    items += [(f"mutation-{item.name}", f"{item.what}: caught by {item.scenario}", mutations.caught(item)) for item in mutations.MUTATIONS]
    items.append(("cost", "What pipelines cost, the post's beside ours.", cost.run))
    return items


def list_names():
    for name, what, _ in everything():
        print(f"{name:45} {what}")
    return 0


def run(options, windlass):
    begun = time.monotonic()
    wanted = [
        item
        for item in everything()
        if (not options.only or any(part in item[0] for part in options.only))
        and not any(part in item[0] for part in options.left_out)
    ]
    if not wanted:
        print("no such scenario; --list names all", file=sys.stderr)
        return 2
    stack = platform.Platform(windlass)
    watch = secret_watch.Watch(stack)
    print(f"the stack is up after {time.monotonic() - begun:.1f} s", flush=True)
    together = [item for item in wanted if item[2] is not cost.run]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda item: attempt(stack, item, options), together))
    alone = [item for item in wanted if item[2] is cost.run]  # it measures times
    results += [attempt(stack, item, options) for item in alone]
    failed = [item for item, (error, _) in zip(together + alone, results, strict=True) if error]
    unsteady = []
    if len(failed) <= AGAIN:
        for item in failed:
            print(f"once more, alone: {item[0]}", flush=True)
            error, _ = attempt(stack, item, options)
            if not error:
                unsteady.append(item)
    failed = [item for item in failed if item not in unsteady]
    known = [item[0] for item, (_, known) in zip(together + alone, results, strict=True) if known]
    leaks = watch.end()
    for line in leaks:
        print(f"LEAK {line}")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    print(
        f"{len(wanted)} run, {len(failed)} failed, {len(unsteady)} unsteady, {len(known)} known to fail, {len(leaks)} secrets leaked ({watch.summary}), "
        f"{time.monotonic() - begun:.0f} s, {sum(use.ru_utime + use.ru_stime for use in used):.0f} s of processor time "
        f"(the servers {used[1].ru_utime + used[1].ru_stime:.0f}, the watch {watch.seconds:.0f})"
    )
    for word, items in (("failed", failed), ("unsteady (failed beside others, passed alone)", unsteady)):
        for name, _, _ in items:
            print(f"  {word}: {name}")
    return 1 if failed or leaks else 0


def attempt(stack, item, options):
    """Runs one; prints how it went; returns what went wrong, and why it fails if it is known to fail."""
    name, what, function = item
    started, bench, error = time.monotonic(), Bench(stack), None
    try:
        function(bench)
    except Exception as problem:  # any: the others go on
        error = problem
    with PRINTING:
        word = "FAIL" if error else "bad " if bench.known else "ok  "
        print(f"{word} {time.monotonic() - started:5.1f} s  {name:44} {what}", flush=True)
        if bench.known:
            print(f"             known to fail: {bench.known}", flush=True)
        if bench.note:
            print(f"             {bench.note}", flush=True)
        if error:
            lines = traceback.format_exception(error)
            print("".join(lines if not isinstance(error, AssertionError) else [*lines[-3:]]), flush=True)
            if options.verbose:
                print_jobs(bench)
    for project in bench.projects:
        project.close()
    return error, bench.known


def print_jobs(bench):
    for project in bench.projects:
        for pipeline in project.pipelines:
            for job in pipeline.jobs.values():
                print(f"--- {project.path} {pipeline.id} {job.name} {job.status}")
                print(job.result.output if job.result else "", flush=True)
