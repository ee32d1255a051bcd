"""Looks at the arguments of every process of the world, from outside, through /proc.

In: a file. Out: in it, each different list of arguments that was seen, one a line. Runs as a process of
its own until it is ended: `python3 rig/watch.py FILE`. A process is read when it is new, and a few
times more, as its arguments change when it runs another program; one that lives a few milliseconds
can be missed, which curl, docker and kubectl do not.
"""

import os
import sys
import time

PAUSE, TIMES = 0.004, 6


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\n", b" ").replace(b"\0", b"\n").rstrip(b"\n").replace(b"\n", b"\x1f")
    except OSError:
        return b""


def main():
    seen, left = set(), {}
    with open(sys.argv[1], "wb", buffering=0) as out:
        while True:
            now = {name for name in os.listdir("/proc") if name.isdigit()}
            for pid in now:
                count = left.get(pid, TIMES)
                if count:
                    left[pid] = count - 1
                    line = arguments(pid)
                    if line and line not in seen:
                        seen.add(line)
                        out.write(line + b"\n")
            for pid in left.keys() - now:
                del left[pid]
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
