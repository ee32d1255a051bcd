"""The mark of scenarios that are known to fail."""

from scenarios import equal, failure, holds, known_to_fail, scenario


class Nothing:
    known = ""


@scenario
def known_to_fail_is_noticed(_):
    """A scenario that is known to fail: it fails by its assertion, by another one, or it passes."""
    for shown, noticed in (("as known", None), ("something else", "known to fail by"), (None, "passes, but is marked")):

        @known_to_fail("the reason", shows="as known")
        def marked(_, shown=shown):
            holds(shown is None, shown)

        bench = Nothing()
        said = failure(marked, bench)
        equal(said and said.startswith(noticed), noticed and True, f"what is said of {shown!r}: {said!r}")
        equal(bench.known, "" if noticed else "the reason", f"the mark after {shown!r}")
