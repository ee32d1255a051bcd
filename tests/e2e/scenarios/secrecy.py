"""Secrets, of one pipeline. All runs are watched besides, see `secret_watch`."""

import base64
import subprocess

import secret_watch
from rig.world import STATE
from runner.pipeline import new_token
from scenarios import equal, holds, scenario, statuses, until


def tokens_of(project):
    """Notes the job tokens that the project gives out."""
    tokens, issue = set(), project.job_token

    def noted(job):
        token = issue(job)
        tokens.add(token)
        return token

    project.job_token = noted
    return tokens


@scenario
def no_secret_is_shown(bench):
    """No token in the arguments of processes, in the registry's log, in job output."""
    project = bench.facile()
    tokens = tokens_of(project)
    pipeline = project.push()
    statuses(pipeline)
    holds(len(tokens) == len(pipeline.jobs), "each job has a token of its own")
    places = {
        "arguments": (STATE / "arguments").read_text(errors="replace"),
        "the registry's log": project.registry.log.read_text() + "\n".join(project.registry.lines),
        "job output": "".join(pipeline.log(name) for name in pipeline.jobs),
    }
    for place, text in places.items():
        holds(len(text) > 1000, f"{place} were looked at")
        equal(len(secret_watch.seen(tokens, text)), 0, f"tokens in {place}")


@scenario
def secrets_in_base64(bench):
    """The watch sees a secret that is an argument in base64, wherever it begins."""
    for before in ("", "u", "us"):
        token = new_token()
        hidden = base64.b64encode(f"{before}{token}:more".encode()).decode()
        process = subprocess.Popen(["sh", "-c", "sleep 100; true", hidden])
        arguments = STATE / "arguments"
        found = until(
            lambda: secret_watch.seen({token, new_token()}, arguments.read_text(errors="replace")),
            "the watch sees a secret in base64",
        )
        process.kill()
        process.wait()
        equal(found, {token}, f"what is seen of a token that begins after {len(before)} bytes")
