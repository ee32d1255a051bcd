"""The broken compilers of `mutations`: one build with switches (`src/mutant.rs`).

In: a mutation. Out: what the compiler's own proof says of its broken pipeline, and all examples as it
compiles them. Always: built once, in a target folder of its own, with the dependencies that are built already.
"""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import threading

from rig import platform
from rig.world import STATE, run

SOURCE = platform.ROOT / "src/mutant.rs"
BUILDING = threading.Lock()


def switches():
    """The names of all switches in the source; `Unproven` is none of them."""
    body = re.search(r"enum Mutant \{(.*?)\n\}", SOURCE.read_text(), re.DOTALL)[1]
    return set(re.findall(r"^    (\w+),$", body, re.MULTILINE)) - {"Unproven"}


def compiled(bench, mutation):
    """(what the proof of the broken compiler refuses in the mutation's project, folder of its examples)

    What it refuses: codes of findings; `internal error` where it says that the compiler itself is wrong.
    """
    with BUILDING:
        windlass = build()
    examples = STATE / "mutants" / mutation.name
    shutil.copytree(bench.stack.examples, examples, dirs_exist_ok=True)
    asked = [windlass, "-C", str(examples / mutation.project), "generate", "--force", "--color", "never"]
    environment = os.environ | {"WINDLASS_MUTANT": mutation.switch}
    said = subprocess.run(asked, check=False, capture_output=True, text=True, env=environment)
    refusals = r"(?<=\berror\[)[a-z-]+(?=\])|internal error"
    refused = tuple(sorted(set(re.findall(refusals, said.stdout + said.stderr))))
    platform.compile_examples(windlass, examples, WINDLASS_MUTANT=f"{mutation.switch},Unproven")
    return refused, examples


@functools.cache
def build():
    """Returns the compiler that has the switches."""
    command = ["cargo", "build", "--quiet", "--offline", "--locked", "--bin", "windlass", "--features", "mutants"]
    target = seeded()
    run(*command, "--target-dir", str(target), cwd=platform.ROOT)
    return str(target / "debug/windlass")


def seeded():
    """The folder for what cargo builds: it has the dependencies, as links to those of the compiler itself."""
    own = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", platform.ROOT / "target"))
    target = own / "mutants"
    if not target.exists():
        (target / "debug").mkdir(parents=True)
        for folder in ("build", "deps", ".fingerprint"):
            shutil.copytree(own / "debug" / folder, target / "debug" / folder, copy_function=os.link)
    return target
