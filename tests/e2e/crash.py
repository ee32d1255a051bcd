"""A copy of all this beside the run, killed in the middle: nothing of it may be left.

Out: a line for each thing that is left. Runs outside of any world.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from rig import world

RUN = pathlib.Path(__file__).resolve().parent / "run"


def processes():
    """pid -> (parent, start)"""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(folder.name)] = (int(fields[1]), fields[19])
    return found


def descendants(pid):
    """(pid, start) of all that come from it."""
    known = processes()
    family = {pid}
    while more := {child for child, (parent, _) in known.items() if parent in family} - family:
        family |= more
    return {(child, known[child][1]) for child in family if child in known}


def left(pid, family):
    """What there is still of a run whose first process had this number."""
    lines = []
    for _ in range(40):  # the kernel and the sweeper take a moment
        now = {(child, start) for child, (_, start) in processes().items()}
        group = f"{world.CGROUPS}-{pid}"
        # os.walk does not mind folders that go while it walks.
        folders = [path for path, _, _ in os.walk("/sys/fs/cgroup") if pathlib.Path(path).name.startswith(group)]
        mounts = [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if "windlass-e2e" in line]
        links = re.findall(
            r"^\d+: (world|v\d+)[@:]", subprocess.run(["ip", "link"], capture_output=True, text=True).stdout, re.M
        )
        lines = [f"processes {sorted(child for child, _ in family & now)}"] if family & now else []
        lines += [f"control groups {folders}"] if folders else []
        lines += [f"mounts {mounts}"] if mounts else []
        lines += [f"links {links}"] if links else []
        if not lines:
            return []
        time.sleep(0.25)
    return lines


def run():
    """The lines; a failure of this test is one too."""
    try:
        return kill()
    except Exception as error:
        return [f"the test of a crash: {error!r}"]


def kill():
    """Starts a copy, waits until jobs run, kills its first process with signal 9."""
    command = [sys.executable, "-B", str(RUN), "--only", "first-deployment"]
    copy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = copy.stdout.readline()
    if "the stack is up" not in line:
        return [f"the copy does not start: {line}{copy.stdout.read()}"]
    family = set()
    for _ in range(240):  # until a daemon of a job is there
        family = descendants(copy.pid)
        if any("dockerd" in name(pid) for pid, _ in family):
            break
        time.sleep(0.25)
    else:
        return ["no daemon came up in the copy"]
    copy.send_signal(signal.SIGKILL)
    copy.wait()
    return [f"after a crash: {line}" for line in left(copy.pid, family)]


def name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
