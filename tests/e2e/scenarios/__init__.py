"""What happens to pipelines, each thing a scenario: one file a theme.

A scenario is a function that takes a `Bench` and asserts, by asking the registry and the cluster.
"""

import dataclasses
import functools
import importlib
import pathlib
import time

SCENARIOS = {}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    run: object


def scenario(function):
    """Its first line of documentation says what it is about."""
    name = function.__name__.replace("_", "-")
    assert name not in SCENARIOS, name
    SCENARIOS[name] = Scenario(name, function.__doc__.partition("\n")[0], function)
    return function


def known_to_fail(reason, shows):
    """Marks a scenario that fails today, and why: `shows` is how the assertion begins that fails.

    Stands below `@scenario`. The scenario fails loudly when it passes, or fails by another assertion.
    """

    def mark(function):
        @functools.wraps(function)
        def run(bench):
            shown = failure(function, bench)
            if shown is None:
                raise AssertionError(f"passes, but is marked as known to fail ({reason}): remove the mark")
            holds(shown.startswith(shows), f"known to fail by {shows!r}, but fails by: {shown}")
            bench.known = reason

        return run

    return mark


def failure(function, bench):
    """Runs a scenario; returns what its failing assertion says, or None if it passes."""
    try:
        function(bench)
    except AssertionError as shown:
        return str(shown)
    return None


def load(package="scenarios"):
    folder = pathlib.Path(__file__).resolve().parents[1] / package
    for file in sorted(folder.glob("[a-z]*.py")):
        importlib.import_module(f"{package}.{file.stem}")
    return SCENARIOS


def equal(actual, expected, what):
    assert actual == expected, f"{what}: {actual!r}, expected {expected!r}"


def holds(condition, what):
    assert condition, what


def statuses(pipeline, *failed, skipped=(), created=()):
    """Every job succeeded but those named."""
    expected = dict.fromkeys(pipeline.jobs, "success") | dict.fromkeys(failed, "failed")
    expected |= dict.fromkeys(skipped, "skipped") | dict.fromkeys(created, "created")
    if pipeline.statuses() != expected:
        wrong = [name for name, job in pipeline.jobs.items() if job.status != expected[name]]
        logs = "".join(f"\n--- {name}\n{tail(pipeline.jobs[name])}" for name in wrong)
        differ = (f"{name} is {pipeline.jobs[name].status}, expected {expected[name]}" for name in wrong)
        raise AssertionError(f"jobs: {'; '.join(differ)}{logs}")


def tail(job):
    return job.result.output[-1500:] if job.result else "(did not run)"


def until(condition, what, limit=60):
    """Waits, up to `limit` seconds, until the condition holds, and returns its value."""
    end = time.monotonic() + limit
    while not (value := condition()):
        holds(time.monotonic() < end, f"within {limit} s: {what}")
        time.sleep(0.1)
    return value
