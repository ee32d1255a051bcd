"""Builds broken compilers, for `mutations`.

In: changes of the compiler's source. Out: what its proof refused, and the examples as it compiles them.
Always: the source itself is not touched, a copy of it is; the dependencies that are built already are not built
again. One is built at a time, and the copy is whole again before the next.
"""

import os
import pathlib
import re
import shutil
import subprocess
import threading

from rig import platform
from rig.world import STATE, run

ROOT = platform.ROOT
PARTS = ("Cargo.toml", "Cargo.lock", "benches", "docs", "schemas", "src", "templates")
PROOF = "proof::check(&manifest, &root, &lowered, source, files, &mut report)?;"
# The broken compiler writes what its proof refuses, if it is told to.
OVERRULED = (
    "src/compile.rs",
    PROOF,
    f'if std::env::var_os("MUTANT_UNPROVEN").is_none() {{ {PROOF} }}',
)
BUILDING = threading.Lock()


def compiled(mutation):
    """(what the proof of the broken compiler refuses in examples/facile, folder of its examples)

    What it refuses: codes of findings; `internal error` where it says that the compiler itself is wrong.
    """
    with BUILDING:
        windlass = build(mutation)
    examples = STATE / "mutants" / mutation.name
    shutil.copytree(ROOT / "examples", examples)
    facile = [windlass, "-C", str(examples / "facile"), "generate", "--force", "--color", "never"]
    said = subprocess.run(facile, check=False, capture_output=True, text=True)
    refusals = r"(?<=\berror\[)[a-z-]+(?=\])|internal error"
    refused = tuple(sorted(set(re.findall(refusals, said.stdout + said.stderr))))
    platform.compile_examples(windlass, examples, MUTANT_UNPROVEN="1")
    return refused, examples


def build(mutation):
    """Returns the broken compiler."""
    source, target = STATE / "mutants" / "source", seeded()
    if not source.exists():
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            (source / part).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / part, source / part)
        change(source, OVERRULED)
    for one in mutation.changes:
        change(source, one)
    command = ["cargo", "build", "--quiet", "--offline", "--locked", "--bin", "windlass", "--target-dir", str(target)]
    done = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    for file, _, _ in mutation.changes:
        shutil.copyfile(ROOT / file, source / file)  # with the time of now, that cargo sees it
    if done.returncode:
        raise RuntimeError(f"{mutation.name} does not compile:\n{done.stderr}")
    made = STATE / "mutants" / f"windlass-{mutation.name}"
    # By another process: a file that is open for writing here, or in what another thread forks, cannot be run.
    run("cp", target / "debug/windlass", made)
    return str(made)


def change(source, one):
    file, before, after = one
    text = (source / file).read_text()
    assert text.count(before) == 1, f"{file}: {before!r} is there {text.count(before)} times"
    (source / file).write_text(text.replace(before, after))


def seeded():
    """The folder for what cargo builds: it has the dependencies, as links to those of the compiler itself."""
    own = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    target = own / "mutants"
    if not target.exists():
        (target / "debug").mkdir(parents=True)
        for folder in ("build", "deps", ".fingerprint"):
            shutil.copytree(own / "debug" / folder, target / "debug" / folder, copy_function=os.link)
    return target
