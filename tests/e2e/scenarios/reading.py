"""The runner's own reading of conditions, held against GitLab's own verdicts (`../verdicts`)."""

import json

from rig.platform import ROOT
from runner import expressions
from scenarios import equal, scenario

# Where the runner answers otherwise than GitLab, by the id of the case, and why.
DISAGREEMENTS = {}


@scenario
def conditions_as_gitlab_reads_them(bench):
    """`rules:if` means here what GitLab says that it means, except where a reason stands above."""
    cases, others = 0, set()
    for line in (ROOT / "tests/verdicts/expressions.jsonl").read_text().splitlines():
        case = json.loads(line)
        cases += 1
        try:
            value = expressions.holds(case["expr"], case.get("vars") or {})
        except expressions.BadExpression:
            value = None
        verdict = case["verdict"]
        # GitLab refuses the pipeline, or breaks off: neither creates one.
        expected = verdict["truthful"] if verdict["valid"] else None
        if value != expected:
            others.add(case["id"])
    equal(others, set(DISAGREEMENTS), "conditions that the runner reads otherwise")
    equal(cases, 130, "conditions")
