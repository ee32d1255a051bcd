#!/usr/bin/env python3
"""Forty services with one preset: the time of `check`, `report` and `update` over all of them.

    cargo build --release
    benches/process/forty.py target/release/windlass [--services NUMBER]

Each service is `examples/services` with names of its own, and takes its defaults from a preset. One second is wanted
for `check` on two processors.
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import time

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/services"
PRESET = """windlass: 1
defaults:
  retry: {max: 2, when: [runner_system_failure, stuck_or_timeout_failure]}
  timeout: %s minutes
"""


def service(root: pathlib.Path, number: int) -> None:
    shutil.copytree(EXAMPLE, root)
    (root / ".gitlab-ci.yml").unlink()
    path = root / "windlass.yml"
    text = path.read_text().replace("shop", f"shop-{number}")
    text = re.sub(r"^  (retry|timeout):.*\n", "", text, flags=re.M)
    path.write_text(text.replace("windlass: 1\n", "windlass: 1\npresets: .windlass/company.yml\n", 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("windlass", type=pathlib.Path)
    parser.add_argument("--services", type=int, default=40)
    arguments = parser.parse_args()
    windlass = arguments.windlass.resolve()
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        preset = base / "presets/company.yml"
        preset.parent.mkdir()
        preset.write_text(PRESET % 30)
        for number in range(arguments.services):
            service(base / f"s{number}", number)
        (base / "list").write_text("".join(f"s{number}\n" for number in range(arguments.services)))

        def run(*command: str) -> str:
            start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            words = [windlass, "--projects", "list", *command]
            done = subprocess.run(words, cwd=base, capture_output=True, text=True)
            seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{' '.join(command):40} exit {done.returncode}  {seconds:6.2f} s  {processor:6.2f} s of processor time")
            return done.stdout

        print(f"{arguments.services} services, load {os.getloadavg()[0]:.1f}")
        run("update", "--from", "presets")
        run("check")
        preset.write_text(PRESET % 45)
        run("report", "--presets-from", "presets")
        print(run("update", "--from", "presets").split("\n\n")[0])
        run("check")


if __name__ == "__main__":
    main()
