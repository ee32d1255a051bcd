"""The world that everything runs in: Linux namespaces of its own, and a file system in memory.

In: nothing. Out: a process that sees its own network, mounts and processes, with `STATE` to write to.
Always: nothing of it is outside. The kernel ends all processes when the first one of their namespace
ends, and with the last process go the network (bridges, veth pairs, iptables rules), the mounts and
`STATE`. So a crash, also `kill -9` of any process of it, leaves nothing behind, no port or path can be
taken already, and copies do not see each other.
The one thing that namespaces do not hold are control groups: `sweep` removes those.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import threading

STATE = pathlib.Path("/mnt")  # a file system in memory is mounted over it, in the world only
CGROUPS = "windlass-e2e"
ADDRESS = "10.213.0.1"


def die_with_parent():
    """The kernel kills this process when its parent ends, however it ends (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def enter(arguments):
    """Runs `arguments` in a new world, waits, and returns its exit status."""
    group = f"{CGROUPS}-{os.getpid()}"
    sweeper = sweep(group)
    command = ["unshare", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=KILL"]
    world = subprocess.Popen(
        [*command, "--mount-proc", *arguments],
        env=os.environ | {"WINDLASS_E2E_CGROUP": group},
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    try:
        return world.wait()
    finally:
        world.kill()
        world.wait()
        sweeper.stdin.close()
        sweeper.wait()


def sweep(group):
    """Removes the control groups when this process has ended, however it ended."""
    script = (
        "cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do "
        f"find /sys/fs/cgroup -depth -type d -path '*/{group}*' -exec rmdir {{}} + 2>/dev/null; "
        f"find /sys/fs/cgroup -type d -path '*/{group}*' 2>/dev/null | grep -q . || exit 0; sleep 0.2; done"
    )
    # It reads from a pipe that only this process holds open.
    return subprocess.Popen(
        ["sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def be_init():
    """Process 1 of the namespace only reaps; the caller goes on in a child."""
    child = os.fork()
    if not child:
        return
    status = 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: os.kill(child, number))
    while True:
        pid, code = os.wait()
        if pid == child:
            status = os.waitstatus_to_exitcode(code)
            break
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


def run(*command, **how):
    """Runs a command that must succeed; returns its output."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, **how)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class World:
    """The mounts and the network. `host` gives a name an address; `pod` makes a network beside it."""

    def __init__(self):
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "windlass-e2e", str(STATE))
        run("mount", "-t", "tmpfs", "-o", "mode=755", "windlass-e2e", "/run")
        # No name server: a name that nobody here has is unknown at once.
        (STATE / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        run("mount", "--bind", str(STATE / "resolv.conf"), "/etc/resolv.conf")
        run("ip", "link", "set", "lo", "up")
        # An address of its own: else the bridge takes that of a port, and changes it as jobs come and go.
        run("ip", "link", "add", "world", "address", "02:00:0a:d5:00:01", "type", "bridge")
        run("ip", "addr", "add", f"{ADDRESS}/16", "dev", "world")
        run("ip", "link", "set", "world", "up")
        (STATE / "hosts").touch()
        run("mount", "--bind", str(STATE / "hosts"), "/etc/hosts")
        self.hosts, self.pods, self.lock = {}, 0, threading.Lock()

    def host(self, name):
        """An address of its own for a host name: every server listens on its well-known port."""
        address = f"10.213.0.{len(self.hosts) + 2}"
        run("ip", "addr", "add", f"{address}/16", "dev", "world")
        self.hosts[name] = address
        self.write_hosts(STATE / "hosts", {})
        return address

    def alias(self, name, host):
        self.hosts[name] = self.hosts[host]
        self.write_hosts(STATE / "hosts", {})

    def write_hosts(self, file, more):
        names = {"localhost": "127.0.0.1"} | self.hosts | more
        file.write_text("".join(f"{address}\t{name}\n" for name, address in names.items()))

    def pod(self):
        """A network for a job and its services, as a pod of the runner's Kubernetes executor has one."""
        with self.lock:
            self.pods += 1
            number = self.pods
        return Pod(self, number)


class Pod:
    def __init__(self, world, number):
        self.name, self.directory = f"job{number}", STATE / f"job{number}"
        self.directory.mkdir()
        self.world = world
        self.address = f"10.213.{1 + number // 250}.{1 + number % 250}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", f"v{number}", "master", "world", "up")
        batch = f"link set lo up\naddr add {self.address}/16 dev eth0\nlink set eth0 up\nroute add default via {ADDRESS}\n"
        run("ip", "-netns", self.name, "-batch", "-", input=batch)
        self.processes = []

    def spawn(self, *command, **how):
        """Starts a command in the pod's network, with mounts and processes of its own."""
        enter = ["nsenter", f"--net=/run/netns/{self.name}", "unshare", "--mount", "--pid", "--fork"]
        process = subprocess.Popen(
            [*enter, "--kill-child=KILL", "--mount-proc", *command], preexec_fn=die_with_thread, **how
        )
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        run("ip", "netns", "del", self.name)
        subprocess.run(["rm", "-rf", str(self.directory)], check=False, capture_output=True)


def die_with_thread():
    """No death signal here: it would come when the thread ends that started the process."""
    os.setsid()
