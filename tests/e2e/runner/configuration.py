"""Reads a `.gitlab-ci.yml` as GitLab does: merge keys, `extends`, `!reference`, `default`, old top-level keys.

Out: `Configuration`: stages, global variables, workflow, and each job with everything inherited.
"""

import copy
import dataclasses
import itertools

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
        [".pre", *stages, ".post"], document.get("variables") or {}, document.get("workflow") or {}, parallel(jobs)
    )


def parallel(jobs):
    """Several jobs for each with `parallel` (Gitlab::Ci::Config::Normalizer); a need of its name is one of all."""
    made, names = {}, {}
    for name, job in jobs.items():
        wanted = job.pop("parallel", None)
        rows = [None] if wanted is None else rows_of(wanted)
        names[name] = []
        for index, row in enumerate(rows, start=1):
            one, own = copy.deepcopy(job), name
            if wanted is not None:
                own += f": [{', '.join(row.values())}]" if row else f" {index}/{len(rows)}"
                node = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(len(rows))}
                one["variables"] = (one.get("variables") or {}) | row | node
            made[own] = one
            names[name].append((own, row))
    for job in made.values():
        for of in (job, *(rule for rule in job.get("rules") or [] if isinstance(rule, dict))):
            if of.get("needs"):
                of["needs"] = [one for need in of["needs"] for one in needs_of(need, names)]
        if job.get("dependencies"):
            job["dependencies"] = [own for name in job["dependencies"] for own, _ in names.get(name, [(name, None)])]
    return made


def rows_of(wanted):
    """The variables of each row: of `parallel: N` none, of a matrix each combination of each of its entries."""
    if isinstance(wanted, int):
        return [{}] * wanted
    rows = []
    for entry in wanted["matrix"]:
        columns = [[str(one) for one in (value if isinstance(value, list) else [value])] for value in entry.values()]
        rows += [dict(zip(entry, row, strict=True)) for row in itertools.product(*columns)]
    return rows


def needs_of(need, names):
    """What a need stands for: one of each job of that name, or of those with the rows that it asks for."""
    need = {"job": need} if isinstance(need, str) else dict(need)
    if need.get("job") not in names:
        return [need]
    wanted = need.pop("parallel", None)
    rows = rows_of(wanted) if wanted else None
    return [need | {"job": own} for own, row in names[need["job"]] if rows is None or row in rows]


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
