"""What the mirror of Docker Hub has: stand-ins for the images that Dockerfiles and compose files name.

Each is Debian's BusyBox and a few scripts; what they play stands in them. They are pushed by the
registry's own API, without a daemon.
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import tarfile

import client
from images import catalog

HERE = pathlib.Path(__file__).resolve().parent
CONTAINERFILE = HERE.parents[2] / "packaging/Containerfile"
PHP = {"bin/composer": HERE / "php/composer", "bin/phing": HERE / "php/phing"}
# Package managers and build tools that say what they are asked for.
SAYS = b'#!/bin/sh\necho "${0##*/} $*"\n'
DISTRIBUTION = {f"bin/{tool}": SAYS for tool in ("dnf", "apt-get", "ninja")} | {
    "bin/meson": b'#!/bin/sh\necho "${0##*/} $*"\nmkdir -p "$1/meson-logs"\n'
}
# Python's and what pip brings: they say what they are asked for; pytest asks the database first.
PYTHON = {f"bin/{tool}": SAYS for tool in ("apt-get", "make", "mypy", "pip", "python", "ruff")} | {
    "bin/pytest": b'#!/bin/sh\necho "${0##*/} $*"\nwget -q -O - http://db:5432/version\n'
}
# repository:tag -> (files, command), and more of the configuration
IMAGES = {
    "library/php:8.4-cli": (PHP, ["sh"]),
    "library/php:8.4-fpm": (PHP, ["sh"]),
    "library/php:7.2-cli": (PHP, ["sh"]),
    "library/php:7.2-fpm": (PHP, ["sh"]),
    "library/php-base:latest": (PHP, ["sh"], {"WorkingDir": "/var/www"}),
    "library/mysql:8.4": ({"db/version": b"mysql\n"}, ["httpd", "-f", "-p", "3306", "-h", "/db"]),
    "library/mysql:5.7": ({"db/version": b"mysql\n"}, ["httpd", "-f", "-p", "3306", "-h", "/db"]),
    "library/postgres:18": (
        {"db/version": b"postgres 18\n"},
        ["httpd", "-f", "-p", "5432", "-h", "/db"],
        {"ExposedPorts": {"5432/tcp": {}}},
    ),
    "library/python:3.14-slim": (PYTHON, ["sh"]),
    **{
        f"library/nginx:{version}-alpine": ({"bin/nginx": b"#!/bin/sh\necho syntax is ok\n"}, ["httpd", "-f"])
        for version in ("1.29", "1.29.3")
    },
    **{f"library/fedora:{version}": (DISTRIBUTION, ["sh"]) for version in (27, 28)},
    **{f"library/ubuntu:{version}": (DISTRIBUTION, ["sh"]) for version in ("17.10", "18.04")},
    "library/alpine:3.22": ({}, ["sh"]),
}


def layer(files):
    """A layer: BusyBox with its links, and the files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:

        def add(name, data, mode=0o755):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))

        for folder in ("bin", "etc", "tmp", "root", "usr", "var", "srv", "var/www"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            entry.uid = 1000 if folder == "var/www" else 0
            archive.addfile(entry)
        add("bin/busybox", pathlib.Path("/usr/bin/busybox").read_bytes())
        applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
        for name, target in [
            ("usr/bin", "../bin"),
            *((f"bin/{applet}", "busybox") for applet in applets if applet != "busybox"),
        ]:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        add("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nblaine:x:1000:1000::/var/www:/bin/sh\n", 0o644)
        add("etc/group", b"root:x:0:\nblaine:x:1000:\n", 0o644)
        for name, data in files.items():
            add(name, data if isinstance(data, bytes) else data.read_bytes())
    return out.getvalue()


def push_buildkit(repository, bundle):
    """The builder container of buildx: BuildKit's own image (moby/buildkit, Dockerfile) with the host's runc."""
    runc = catalog.find("runc")
    files = {f"bin/{program}": catalog.tools() / program for program in ("buildkitd", "buildctl")}
    files |= {"bin/buildkit-runc": pathlib.Path(runc), "etc/ssl/certs/ca-certificates.crt": bundle}
    files |= {file[1:]: pathlib.Path(file) for file in catalog.libraries(runc)}
    return push(repository, "buildx-stable-1", files, [], Entrypoint=["buildkitd"])


def push_git(repository, windlass):
    """The base of packaging/Containerfile, with the libraries of a windlass that is not static."""
    git = catalog.find("git")
    files = {"bin/git": pathlib.Path(git)}
    files |= {file[1:]: pathlib.Path(file) for program in (git, windlass) for file in catalog.libraries(program)}
    base = re.search(r"^ARG BASE=\S+:(\S+)$", CONTAINERFILE.read_text(), re.M)
    return push(repository, base[1], files, ["--help"], Entrypoint=["git"])


def push_php_base(repository):
    """The post's own base image: PHP, a user, a folder of his."""
    return push(repository, "latest", PHP, ["sh"], WorkingDir="/var/www")


def push(repository, tag, files, command, **more):
    """`repository`: client.Repository. Returns the digest."""
    data = layer(files)
    packed = gzip.compress(data, 0, mtime=0)  # it is unpacked more often than it takes room
    configuration = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": command, **more},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]},
        "history": [{"created": "2026-01-01T00:00:00Z"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": client.DOCKER_MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            **repository.put_blob(json.dumps(configuration).encode()),
        },
        "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", **repository.put_blob(packed)}],
    }
    return repository.put_manifest(tag, manifest)["digest"]
