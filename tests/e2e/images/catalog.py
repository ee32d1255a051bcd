"""The images that jobs run in: no registry has them here, so each is put together from the host's tools.

In: an image's name from a pipeline. Out: `Image`: the root folder for an overlay, and the host's files
that are mounted into it. A job finds in its PATH what the image really has and nothing else: the
Alpine images have BusyBox, `docker:*-cli` has no curl, `regctl` no docker and no root user.
An image that nobody described here is refused.
"""

import dataclasses
import functools
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import threading

from rig.world import STATE

HERE = pathlib.Path(__file__).resolve().parent
PLUGINS = "/usr/libexec/docker/cli-plugins"


@dataclasses.dataclass(frozen=True)
class User:
    name: str
    number: int
    group: int
    home: str


ROOT = User("root", 0, 0, "/root")
APPUSER = User("appuser", 1000, 1000, "/home/appuser")  # regclient/regclient, build/Dockerfile.regctl


@dataclasses.dataclass(frozen=True)
class Kind:
    """What an image has.

    `tools`: commands of the host; `plugins`: Docker's; `user`: who runs the job; `folders`: that are the user's;
    `environment`: NAME=VALUE; `mounts`: folders of the host at the same place.
    """

    tools: tuple = ()
    plugins: tuple = ()
    user: User = ROOT
    folders: tuple = ()
    environment: tuple = ()
    mounts: tuple = ()

    @property
    def builds(self):
        """Whether it builds images."""
        return bool(BUILDERS & set(self.tools))


DOCKER = ("docker", "git")
K8S = ("kubectl", "bash", "curl", "jq", "git", "envsubst", "kustomize")
KINDS = {
    r"docker:(1[789]|20)\..*": Kind(DOCKER),
    r"docker:.*-(cli|git)": Kind(("engine/docker", "git"), ("docker-compose", "docker-buildx")),
    r"alpine/git:.*": Kind(("git",)),
    r"buildpack-deps:.*-curl": Kind(("curl", "bash")),
    r"curlimages/curl:.*": Kind(("curl",), user=User("curl_user", 100, 101, "/home/curl_user")),
    r"alpine/kubectl:.*": Kind(("kubectl",)),
    r"alpine/k8s:1\.(2\d|3[0-4])\..*": Kind((*K8S, "helm-3")),
    r"alpine/k8s:.*": Kind((*K8S, "helm-4")),
    r"alpine:.*": Kind(),
    # moby/buildkit, Dockerfile, the stage `rootless`.
    r"moby/buildkit:.*-rootless": Kind(
        (
            *("buildctl", "buildctl-daemonless.sh", "buildkitd", "buildkit-runc"),
            *("newgidmap", "newuidmap", "rootlesskit"),
        ),
        user=User("user", 1000, 1000, "/home/user"),
        folders=("/home/user/.local/tmp", "/run/user/1000"),
        environment=("TMPDIR=/home/user/.local/tmp", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000"),
        mounts=("/sys",),
    ),
    r"ghcr\.io/regclient/regctl:.*-alpine": Kind(("regctl",), user=APPUSER),
    r"ghcr\.io/regclient/regbot:.*-alpine": Kind(("regbot",), user=APPUSER),
    # The Dockerfile of this one stands in the post: docker:17.12 with docker-compose, curl, bash, kubectl.
    r".*/docker-compose:1\.2": Kind((*DOCKER, "docker-compose", "curl", "bash", "kubectl")),
}

# What builds images.
BUILDERS = {"docker", "engine/docker", "buildctl"}

# Command -> its name in the folder of installed tools.
INSTALLED = {
    **{name: name for name in ("buildctl", "buildctl-daemonless.sh", "buildkitd", "kubectl", "kustomize")},
    **{name: name for name in ("helm-3", "helm-4", "regbot", "regctl", "rootlesskit")},
}


def tools():
    """The folder that tests/tools/install.sh fills."""
    return pathlib.Path(os.environ.get("WINDLASS_TEST_TOOLS", HERE.parents[2] / "target/tools")) / "bin"


def find(tool):
    """A program for an image; `engine/NAME` is of the newer Docker Engine.

    Debian's own docker and docker-compose come before any other of that name.
    """
    if tool.startswith("engine/"):
        return str(tools().parent / tool)
    if tool == "buildkit-runc":
        return find("runc")
    own = tools() / INSTALLED[tool] if tool in INSTALLED else None
    places = (own, f"/usr/bin/{tool}", shutil.which(tool))
    return next((str(path) for path in places if path and os.path.exists(path)), None)


def unpinned(name):
    """`NAME:TAG` of `NAME:TAG@sha256:...`: no stand-in can have the digest of the published image."""
    return re.sub(r"(:[\w.-]+)@sha256:[0-9a-f]{64}$", r"\1", name)


class Catalog:
    def __init__(self, bundle):
        compose = os.path.realpath(tools() / "docker-compose")
        self.plugins = {"docker-compose": compose, "docker-buildx": find("engine/docker-buildx")}
        self.bundle, self.made, self.lock = bundle, {}, threading.Lock()
        self.folder = STATE / "images"
        self.folder.mkdir()

    def find(self, name):
        """The stand-in for a published image, whatever digest the name is pinned to."""
        name = unpinned(name)
        for wanted, kind in KINDS.items():
            if re.fullmatch(wanted, name):
                with self.lock:
                    if kind not in self.made:
                        self.made[kind] = Image(self, kind, self.folder / str(len(self.made)))
                    return self.made[kind]
        raise LookupError(f"no stand-in for the image {name}: see {__file__}")

    def pulled(self, digest, layers):
        """An image of a registry: its layers, one over the other."""
        with self.lock:
            if digest not in self.made:
                self.made[digest] = Pulled(self, layers, self.folder / digest.replace(":", "-"))
            return self.made[digest]


class Image:
    def __init__(self, catalog, kind, root):
        self.kind, self.root, self.user = kind, root, kind.user
        self.mounts = []  # (file or folder of the host, place in the image)
        for folder in (
            "usr/bin",
            "etc/ssl/certs",
            "tmp",
            "root",
            "proc",
            "dev",
            "run",
            "builds",
            "certs",
            "home",
        ):
            (root / folder).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for link, target in (
            ("bin", "usr/bin"),
            ("sbin", "usr/bin"),
            ("lib", "usr/lib"),
            ("lib64", "usr/lib64"),
            ("usr/sbin", "bin"),
        ):
            (root / link).symlink_to(target)
        shutil.copy("/usr/bin/busybox", root / "usr/bin/busybox")
        applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
        for applet in applets:
            if applet != "busybox":
                (root / "usr/bin" / applet).symlink_to("busybox")
        users = {ROOT, kind.user}
        passwd = (f"{user.name}:x:{user.number}:{user.group}::{user.home}:/bin/sh\n" for user in users)
        (root / "etc/passwd").write_text("".join(passwd))
        (root / "etc/group").write_text("".join(f"{user.name}:x:{user.group}:\n" for user in users))
        for file in ("subuid", "subgid"):
            (root / "etc" / file).write_text(f"{kind.user.name}:100000:65536\n")
        for folder in (kind.user.home, *kind.folders):
            place = root
            for part in folder[1:].split("/"):
                place /= part
                if not place.exists():
                    place.mkdir()
                    os.chown(place, kind.user.number, kind.user.group)
        (root / "etc/nsswitch.conf").write_text("hosts: files\n")
        shutil.copy("/etc/ld.so.cache", root / "etc/ld.so.cache")
        shutil.copy(catalog.bundle, root / "etc/ssl/certs/ca-certificates.crt")
        (root / "etc/hosts").write_text("")
        for library in ("/usr/lib", "/usr/lib64"):
            self.mount(library, library)
        for tool in kind.tools:
            program, tool = find(tool), re.sub(r"^helm-\d$", "helm", tool.rpartition("/")[2])
            (root / "usr/bin" / tool).unlink(missing_ok=True)  # rather than BusyBox's
            self.mount(os.path.realpath(program), f"/usr/bin/{tool}")
            if tool == "git":
                for folder in git_folders():
                    self.mount(folder, folder)
            if tool == "docker-compose":  # version 1 is in Python
                self.mount(os.path.realpath("/usr/bin/python3"), "/usr/bin/python3")
        for folder in kind.mounts:
            self.mount(folder, folder)
        for plugin in kind.plugins:
            self.mount(catalog.plugins[plugin], f"{PLUGINS}/{plugin}")

    def mount(self, source, place):
        """Notes a mount, and makes the empty file or folder that it goes over."""
        target = self.root / place.lstrip("/")
        if place.startswith(("/usr/lib/", "/usr/lib64/")):
            return  # there already
        if os.path.isdir(source):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        self.mounts.append((source, place))


class Pulled:
    """What the registry has, unpacked. Jobs run as root in it, with its own shell."""

    def __init__(self, catalog, layers, root):
        self.kind, self.root, self.user, self.mounts = Kind(), root, ROOT, []
        root.mkdir()
        for data in layers:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(root)
        for folder in ("proc", "dev", "builds", "tmp"):
            (root / folder).mkdir(exist_ok=True)
        (root / "etc/hosts").touch()


def git_folders():
    """The programs and templates of the git that images have."""
    out = subprocess.run([find("git"), "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    share = pathlib.Path(find("git")).resolve().parent.parent / "share/git-core"
    return [folder for folder in (out, str(share)) if os.path.isdir(folder)]


@functools.cache
def libraries(program):
    """The paths of its shared libraries, the loader among them."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)  # 1: it has none
    return re.findall(r"(?:^|=>)\s*(/\S+)", done.stdout, re.M)
