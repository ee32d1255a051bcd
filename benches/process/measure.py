#!/usr/bin/env python3
"""The whole process, measured in turn with an empty one and with a peer.

    cargo static
    benches/process/measure.py target/release/windlass [--rounds 500] [--peer PYTHON] [--large MANIFEST]

In each round every command runs once, so that what disturbs the machine disturbs all of them. The
ratio is that of the two runs of one round; the median of all rounds is printed. The empty process is
`int main(void) { return 0; }`, linked statically by `cc`. PYTHON is an interpreter that has gcip
(`pip install gcip`); MANIFEST one that `cargo bench --bench compile -- manifest 10000` printed.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def peak(command: list[str]) -> float:
    """Peak memory in MiB, by GNU time: a child of this script would begin with the script's own."""
    timed = ["/usr/bin/time", "--quiet", "--format=%M", *command]
    done = subprocess.run(timed, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(done.stderr.split()[-1]) / 1024


def run(command: list[str], null: int) -> tuple[float, float]:
    """Wall time and processor time in milliseconds."""
    to_null = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    start = time.perf_counter_ns()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=to_null)
    _, status, usage = os.wait4(process, 0)
    wall = (time.perf_counter_ns() - start) / 1e6
    # 1 is `check` where files differ from what the manifest stands for.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1e3


def measure(commands: dict[str, list[str]], rounds: int, null: int) -> None:
    warm_up = 3
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(rounds + warm_up):
        for name, command in commands.items():
            result = run(command, null)
            if number >= warm_up:
                results[name].append(result)
    base = next(iter(results.values()))
    print(f"{'':24}{'median ms':>10}{'best ms':>10}{'cpu ms':>8}{'ratio':>8}{'peak MiB':>10}")
    for name, runs in results.items():
        wall = statistics.median(run[0] for run in runs)
        best = min(run[0] for run in runs)
        cpu = statistics.median(run[1] for run in runs)
        ratio = statistics.median(run[0] / other[0] for run, other in zip(runs, base))
        print(f"{name:24}{wall:10.2f}{best:10.2f}{cpu:8.2f}{ratio:8.2f}{peak(commands[name]):10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("windlass", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--peer", type=pathlib.Path)
    parser.add_argument("--large", type=pathlib.Path)
    given = parser.parse_args()
    windlass = str(given.windlass.resolve())
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as null:
        source, empty = pathlib.Path(folder, "empty.c"), str(pathlib.Path(folder, "empty"))
        source.write_text("int main(void) { return 0; }\n")
        subprocess.run(["cc", "-static", "-O2", "-o", empty, source], check=True)
        example = str(ROOT / "examples/facile")
        commands = {
            "empty": [empty],
            "generate": [windlass, "-C", example, "generate", "--stdout"],
            "check": [windlass, "-C", example, "check"],
        }
        measure(commands, given.rounds, null.fileno())
        if given.peer:
            peer = [str(given.peer.absolute()), str(ROOT / "benches/process/peer.py")]
            measure({"generate": commands["generate"], "gcip": peer}, given.rounds // 20, null.fileno())
        if given.large:
            large = pathlib.Path(folder, "windlass.yml")
            large.write_bytes(given.large.read_bytes())
            # Its Dockerfiles are looked for, so they must be there.
            for line in given.large.read_text().splitlines():
                key, _, path = line.strip().partition(": ")
                if key == "dockerfile":
                    pathlib.Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
                    pathlib.Path(folder, path).touch()
            pathlib.Path(folder, "docker-compose.yml").touch()
            whole = [windlass, "-C", folder, "generate", "--stdout"]
            measure({"empty": [empty], "generate, large": whole}, max(5, given.rounds // 50), null.fileno())


main()
