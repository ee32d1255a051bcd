"""Which jobs a pipeline has: `workflow`, `rules`, `only` and `except`.

In: the job and the facts of the pipeline. Out: `None` (not in it), or how it is in it.
Follows GitLab 17: `Gitlab::Ci::Build::Rules`, `Gitlab::Ci::Build::Policy`.
"""

import dataclasses
import fnmatch
import re

from runner import expressions
from runner import variables as ci


@dataclasses.dataclass
class Facts:
    """What a pipeline is for."""

    ref: str
    variables: dict
    source: str = "push"
    tag: bool = False
    changed: list | None = None  # paths; None: GitLab cannot tell, and takes all for changed
    changed_to: object = None  # ref -> paths, of `compare_to`
    files: tuple = ()
    project: str = ""


@dataclasses.dataclass
class Chosen:
    when: str
    allow_failure: object
    variables: dict
    needs: object = None


def workflow(configuration, facts):
    """Whether there is a pipeline at all; the variables that the rule adds."""
    rules = (configuration.get("workflow") or {}).get("rules")
    if rules is None:
        return {}
    rule = first(rules, facts)
    if rule is None or rule.get("when") == "never":
        return None
    return rule.get("variables") or {}


def first(rules, facts):
    return next((rule for rule in rules if rule_matches(rule, facts)), None)


def rule_matches(rule, facts):
    if rule.get("if") is not None and not expressions.holds(rule["if"], facts.variables):
        return False
    if rule.get("changes") is not None:
        asked = rule["changes"] if isinstance(rule["changes"], dict) else {"paths": rule["changes"]}
        ref = asked.get("compare_to")
        changed = facts.changed_to(ci.expand(ref, facts.variables)) if ref else facts.changed
        if changed is not None and not any(glob(path, asked["paths"]) for path in changed):
            return False
    if rule.get("exists") is not None:
        paths = rule["exists"]["paths"] if isinstance(rule["exists"], dict) else rule["exists"]
        if not any(glob(path, paths) for path in facts.files):
            return False
    return True


def glob(path, patterns):
    """Ruby's File.fnmatch with FNM_PATHNAME: `**/` is any number of folders, `*` stays in one."""
    for wanted in patterns:
        text = fnmatch.translate(wanted).replace("(?s:", "").replace(r")\Z", "")
        text = (
            re.escape(wanted)
            .replace(r"\*\*/", "(?:.*/)?")
            .replace(r"\*\*", ".*")
            .replace(r"\*", "[^/]*")
            .replace(r"\?", "[^/]")
        )
        if re.fullmatch(text, path):
            return True
    return False


def choose(job, facts, within_rules):
    """The job in this pipeline, or None. `within_rules`: the workflow has rules, and so `only` has no default."""
    when, failure = job.get("when", "on_success"), job.get("allow_failure")
    if "rules" in job and job["rules"] is not None:
        rule = first(job["rules"], facts)
        if rule is None:
            return None
        when = rule.get("when", when)
        failure = rule.get("allow_failure", failure)
        # A manual job within rules blocks, unless it says otherwise or is manual by itself.
        if failure is None:
            failure = job.get("when") == "manual" and when == "manual"
        if when == "never":
            return None
        return Chosen(when, failure, rule.get("variables") or {}, rule.get("needs"))
    if failure is None:
        failure = when == "manual"
    if when == "never":
        return None
    only = job.get("only", {} if within_rules else {"refs": ["branches", "tags"]})
    if not policy(only, facts, all) or ("except" in job and policy(job["except"], facts, any)):
        return None
    return Chosen(when, failure, {})


def policy(value, facts, combine):
    """`only` (all its keys hold) or `except` (any does)."""
    if isinstance(value, list):
        value = {"refs": value}
    checks = []
    if "refs" in value:
        checks.append(any(ref_matches(ref, facts) for ref in value["refs"]))
    if "variables" in value:
        checks.append(any(expressions.holds(text, facts.variables) for text in value["variables"]))
    if "changes" in value:
        checks.append(facts.changed is None or any(glob(path, value["changes"]) for path in facts.changed))
    if "kubernetes" in value:
        checks.append("KUBECONFIG" in facts.variables)
    return combine(checks)


def ref_matches(wanted, facts):
    wanted, _, path = wanted.partition("@")
    if path and path != facts.project:
        return False
    merge_request = facts.source == "merge_request_event"
    if wanted == "branches":
        return not facts.tag and not merge_request
    if wanted == "tags":
        return facts.tag
    if wanted == "merge_requests":
        return merge_request
    if wanted.rstrip("s") == facts.source.rstrip("s") or (wanted, facts.source) == ("pushes", "push"):
        return True
    if re.fullmatch(r"/.+/[ismU]*", wanted):
        return not merge_request and bool(expressions.pattern(wanted).search(facts.ref))
    return wanted == facts.ref and not merge_request
