"""Conditions as GitLab evaluates them: `rules:if` and `only:variables`.

A reading of its own, beside the compiler's: two readings that agree are worth more than one. Follows
GitLab's `Gitlab::Ci::Pipeline::Expression` (17.0): values are nil, strings and patterns; `==` and `=~`
bind before `&&`, that before `||`; within `&&` and `||` only nil and false are untrue; at the end an
empty string is untrue too.
"""

import re

TOKEN = re.compile(
    r"""\s*(?:(?P<input>\$\[\[\s*inputs\.\w+\s*\]\])|(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)|(?P<string>"[^"]*"|'[^']*')|(?P<pattern>/(?:\\/|[^/\n]){2,}/[ismU]*)
    |(?P<null>null\b)|(?P<boolean>(?:true|false)\b)|(?P<operator>==|!=|=~|!~|&&|\|\||!|\(|\)))""",
    re.VERBOSE,
)


# GitLab refuses a condition of 100 tokens.
MOST_TOKENS = 99

# RE2's named classes, which Python does not know.
CLASSES = {
    "[:alnum:]": "a-zA-Z0-9",
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:upper:]": "A-Z",
    "[:word:]": r"\w",
    "[:xdigit:]": "0-9a-fA-F",
}


class BadExpression(Exception):
    """GitLab would refuse the whole pipeline."""


def tokens(text):
    found, place, text = [], 0, text.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise BadExpression(f"{text!r} at {text[place:]!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    if len(found) > MOST_TOKENS:
        raise BadExpression(f"more than {MOST_TOKENS} tokens")
    return found


def holds(text, variables):
    """Whether the condition is true."""
    rest = tokens(text)
    value = either(rest, variables)
    if rest:
        raise BadExpression(f"{text!r}: {rest[0][1]!r} is too much")
    return value not in (None, False) and str(value).strip() != ""


def either(rest, variables):
    value = both(rest, variables)
    while rest and rest[0] == ("operator", "||"):
        rest.pop(0)
        other = both(rest, variables)
        value = other if value in (None, False) else value
    return value


def both(rest, variables):
    value = comparison(rest, variables)
    while rest and rest[0] == ("operator", "&&"):
        rest.pop(0)
        other = comparison(rest, variables)
        value = value if value in (None, False) else other
    return value


def comparison(rest, variables):
    left = term(rest, variables)
    while rest and rest[0][0] == "operator" and rest[0][1] in ("==", "!=", "=~", "!~"):
        operator = rest.pop(0)[1]
        right = term(rest, variables)
        if operator in ("==", "!="):
            left = (plain(left) == plain(right)) is (operator == "==")
        else:
            left = matches(left, right) is (operator == "=~")
    return left


def plain(value):
    """Booleans compare as the text that they are."""
    return str(value).lower() if isinstance(value, bool) else value


def matches(text, wanted):
    if isinstance(wanted, bool):
        raise BadExpression(f"GitLab breaks off at `=~ {plain(wanted)}`")
    if isinstance(text, re.Pattern):
        return False  # a pattern at the left is in no text
    text = plain("" if text is None else text)
    if isinstance(wanted, re.Pattern):
        return isinstance(text, str) and bool(wanted.search(text))
    wanted = plain("" if wanted is None else wanted)
    if re.fullmatch(r"/.+/[ismU]*", wanted):
        return bool(pattern(wanted).search(text))
    return text in wanted  # plain text on the right swaps the sides


def pattern(text):
    body, _, letters = text[1:].rpartition("/")
    if "(?=" in body or "(?!" in body or "(?<" in body:
        raise BadExpression(f"{text}: RE2 looks neither ahead nor behind")
    for name, members in CLASSES.items():
        body = body.replace(name, members)
    try:
        re.compile(body)
    except re.error as error:
        raise BadExpression(f"{text}: {error}")
    flags = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "U": 0}
    return re.compile(body.replace(r"\/", "/"), sum(flags[letter] for letter in letters))


def term(rest, variables):
    if not rest:
        raise BadExpression("ends too early")
    kind, text = rest.pop(0)
    if kind == "variable":
        return variables.get(text[1:])
    if kind == "input":
        return None  # what is not put in before is null
    if kind == "string":
        return text[1:-1]
    if kind == "pattern":
        return pattern(text)
    if kind in ("null", "boolean"):
        return {"null": None, "true": True, "false": False}[text]
    if text == "!":
        return term(rest, variables) in (None, False, "")
    if text == "(":
        value = either(rest, variables)
        if not rest or rest.pop(0) != ("operator", ")"):
            raise BadExpression("a parenthesis is not closed")
        return value
    raise BadExpression(f"{text!r} is not expected there")
