"""The runner's own reading of conditions, held against GitLab's own verdicts (`../verdicts`)."""

import json

from rig.platform import ROOT
from runner import expressions
from scenarios import equal, holds, scenario

# Not read here: interpolation of components, more than 99 tokens, POSIX classes, and errors of two kinds.
NOT_READ = {"[[", "!$A && $A && $A", "[[:digit:]]", "=~ true", "!~ true", "/ab/ =~"}


@scenario
def conditions_as_gitlab_reads_them(bench):
    """`rules:if` means here what GitLab says that it means."""
    known = 0
    for line in (ROOT / "tests/verdicts/expressions.jsonl").read_text().splitlines():
        case = json.loads(line)
        if any(part in case["expr"] for part in NOT_READ):
            continue
        known += 1
        try:
            value = expressions.holds(case["expr"], case.get("vars") or {})
        except expressions.BadExpression:
            value = None
        verdict = case["verdict"]
        equal(value, verdict["truthful"] if verdict["valid"] else None, case["expr"])
    holds(known > 100, f"{known} expressions")
