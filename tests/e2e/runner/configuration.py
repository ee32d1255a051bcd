"""Reads a `.gitlab-ci.yml` as GitLab does: merge keys, `extends`, `!reference`, `default`, old top-level keys.

Out: `Configuration`: stages, global variables, workflow, and each job with everything inherited.
"""

import copy
import dataclasses

import yaml

GLOBAL = ("image", "services", "before_script", "after_script", "cache")
RESERVED = {*GLOBAL, "stages", "variables", "default", "workflow", "include", "spec", "types"}
DEFAULTS = (*GLOBAL, "artifacts", "hooks", "id_tokens", "interruptible", "retry", "tags", "timeout")


class Loader(yaml.SafeLoader):
    pass


@dataclasses.dataclass
class Reference:
    path: list


Loader.add_constructor("!reference", lambda loader, node: Reference(loader.construct_sequence(node, deep=True)))


@dataclasses.dataclass
class Configuration:
    stages: list
    variables: dict
    workflow: dict
    jobs: dict

    def get(self, key, default=None):
        return getattr(self, key, default)


def read(text, local=None):
    """`local` gives the text of an included file."""
    document = yaml.load(text, Loader)
    includes = document.get("include") or []
    for include in includes if isinstance(includes, list) else [includes]:
        path = include["local"] if isinstance(include, dict) else include
        document = deep_merge(yaml.load(local(path.lstrip("/")), Loader), document)
    document = resolve(document, document)
    default = dict(document.get("default") or {})
    for key in GLOBAL:
        if key in document:
            default.setdefault(key, document[key])
    jobs = {}
    for name in document:
        if name in RESERVED or name.startswith("."):
            continue
        job = extend(document, name)
        inherit = job.get("inherit") or {}
        for key in DEFAULTS:
            wanted = inherit.get("default", True)
            if key in default and (wanted is True or (wanted and key in wanted)):
                job.setdefault(key, copy.deepcopy(default[key]))
        job.setdefault("stage", "test")
        jobs[name] = job
    stages = document.get("stages") or ["build", "test", "deploy"]
    return Configuration(
        [".pre", *stages, ".post"], document.get("variables") or {}, document.get("workflow") or {}, jobs
    )


def extend(document, name, depth=0):
    job = copy.deepcopy(document[name])
    parents = job.pop("extends", None)
    if parents is None:
        return job
    base = {}
    for parent in [parents] if isinstance(parents, str) else parents:
        base = deep_merge(base, extend(document, parent, depth + 1))
    return deep_merge(base, job)


def deep_merge(below, above):
    """Mappings merge, all else replaces."""
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            value = deep_merge(merged[key], value)
        merged[key] = value
    return merged


def resolve(value, document):
    if isinstance(value, Reference):
        found = document
        for part in value.path:
            found = found[part]
        return resolve(found, document)
    if isinstance(value, dict):
        return {key: resolve(item, document) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, document) for item in value]
    return value


def lines(script):
    """`script` and its like: a string or nested lists -> a flat list of commands."""
    if script is None:
        return []
    if isinstance(script, str):
        return [script]
    return [line for item in script for line in lines(item)]
