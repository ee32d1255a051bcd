"""CI variables: those that GitLab predefines (17.0), and how they expand."""

import hashlib
import re

NAME = re.compile(r"\$\$|\$(\w+)|\$\{(\w+)\}|%(\w+)%")


def slug(ref):
    """`Gitlab::Utils.slugify`: small letters and digits, 63 at most, no hyphen at an end."""
    return re.sub(r"[^a-z0-9]", "-", ref.lower())[:63].strip("-")


def environment_slug(name):
    """`Gitlab::Slug::Environment`: 24 characters at most; a name that changes by it gets a hash."""
    text = re.sub(r"[^a-z0-9]", "-", name.lower())
    text = re.sub(r"-+", "-", text)
    if not re.match(r"[a-z]", text):
        text = "env-" + text
    if len(text) > 24 or text != name:
        value = int(hashlib.sha256(name.encode()).hexdigest(), 16)
        digits = ""
        while value:
            value, digit = divmod(value, 36)
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        text = text[:17].rstrip("-") + "-" + digits[-6:]
    return text.strip("-")


def expand(text, variables):
    def value(match):
        if match[0] == "$$":
            return "$"
        return str(variables.get(match[1] or match[2] or match[3], ""))

    return NAME.sub(value, str(text))


def expand_all(variables):
    """Variables in variables, to any depth, as the runner leaves them: what nobody defines is empty."""
    done = {}

    def of(name, way=()):
        if name in done:
            return done[name]
        if name in way or name not in variables:
            return ""

        def value(match):
            if match[0] == "$$":
                return "$"
            return of(match[1] or match[2] or match[3], (*way, name))

        done[name] = NAME.sub(value, str(variables[name]))
        return done[name]

    return {name: of(name) for name in variables}


def plain(value):
    """`{value, description, expand}` or a scalar."""
    if isinstance(value, dict):
        value = value.get("value", "")
    return "" if value is None else str(value)
