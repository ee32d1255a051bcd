"""The images of a pipeline as real ones, in a Docker daemon: what `images.catalog` says, with its libraries.

In: a daemon, names of images. Out: the daemon has them, by the names that the pipeline uses.
Always: nothing is pulled. An image holds the host's programs and the libraries that `ldd` names, no more.
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import tarfile

from images import catalog
from rig import name_server
from runner import services

HERE = pathlib.Path(__file__).resolve().parent
HELPER, WAIT = "gitlab-ci-local/helper", "gitlab-ci-local/wait"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What an image has besides programs: `changes` are lines of a Dockerfile, `files` (source, place)."""

    changes: tuple = ()
    files: tuple = ()


# The entry points are those of the published images: a job that wants a shell must take them away.
RECIPES = {
    r"curlimages/curl:.*": Recipe(('ENTRYPOINT ["curl"]', "USER 100:101")),
    r"alpine/kubectl:.*": Recipe(('ENTRYPOINT ["kubectl"]',)),
    r"ghcr\.io/regclient/.*": Recipe(("USER appuser",)),
    HELPER: Recipe(),
    WAIT: Recipe(('ENTRYPOINT ["wait-for-it.sh"]',), ((HERE / "wait-for-it.sh", "usr/bin/wait-for-it.sh"),)),
}
DAEMON = ("dockerd", "containerd", "containerd-shim-runc-v2", "docker-proxy")
OWN = {
    services.DEBIAN: catalog.Kind((*DAEMON, "docker-init", "runc", "iptables")),
    services.CURRENT: catalog.Kind((*(f"engine/{program}" for program in DAEMON), "docker-init", "runc", "iptables")),
    HELPER: catalog.Kind(("bash", "rsync")),
    WAIT: catalog.Kind(("bash",)),
}


class Store:
    """The images of a daemon."""

    def __init__(self, stack, docker, folder):
        self.stack, self.docker, self.folder, self.loaded = stack, docker, folder, set()
        folder.mkdir()
        # Docker's own name server knows the services; in the pods of `runner` it is the file of hosts.
        self.resolution = folder / "nsswitch.conf"
        self.resolution.write_text("hosts: files dns\n")

    def load(self, names):
        for name in sorted(names - self.loaded):
            image, recipe = self.describe(name)
            changes = [word for line in recipe.changes for word in ("--change", line)]
            process = self.docker("import", *changes, "-", name, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            with process.stdin as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
                write(archive, image, (*recipe.files, (self.resolution, "etc/nsswitch.conf")))
            if process.wait():
                raise RuntimeError(f"docker import {name}: {process.stdout.read()}")
            self.loaded.add(name)

    def describe(self, name):
        if services.DIND.fullmatch(name):
            programs, options = services.engine(name)
            # Docker's name server in a container is one that the containers of the daemon there cannot ask.
            options = (*options, "--dns", name_server.start(self.stack.world))
            return self.own(programs, name), dind(self.stack.certificates, options)
        recipe = next((recipe for wanted, recipe in RECIPES.items() if re.fullmatch(wanted, name)), Recipe())
        return (self.own(name, name) if name in OWN else self.stack.catalog.find(name)), recipe

    def own(self, kind, name):
        return catalog.Image(self.stack.catalog, OWN[kind], self.folder / re.sub(r"\W", "-", name))


def dind(certificates, options):
    pairs = (("server", "docker-server"), ("client", "docker-client"))
    # iptables opens its extensions by name, which `ldd` does not see.
    library = next(path for path in catalog.libraries(catalog.find("iptables")) if "libxtables" in path)
    extensions = os.path.realpath(os.path.dirname(library)) + "/xtables"
    files = [(HERE / "dockerd-entrypoint.sh", "usr/bin/dockerd-entrypoint.sh"), (extensions, extensions[1:])]
    for folder, pair in pairs:
        place = f"usr/share/dind/{folder}"
        files += [(certificates / "ca.crt", f"{place}/ca.pem"), (certificates / f"{pair}.crt", f"{place}/cert.pem")]
        files.append((certificates / f"{pair}.key", f"{place}/key.pem"))
    environment = f'ENV DIND_OPTIONS="{" ".join(options)}"'
    changes = ('ENTRYPOINT ["dockerd-entrypoint.sh"]', environment, "VOLUME /var/lib/docker", "EXPOSE 2376")
    return Recipe(changes, tuple(files))


def write(archive, image, files):
    """`image`: of the catalog. Its mounts become files; of a folder's helper programs none is needed here."""
    programs = [(source, place[1:]) for source, place in image.mounts if os.path.isfile(source)]
    more = [*programs, *files]
    for source, _ in programs:
        for library in catalog.libraries(source):
            folder, name = os.path.split(library)
            more.append((library, f"{os.path.realpath(folder)[1:]}/{name}"))  # the image has Debian's links too
    places = {}
    for source, place in more:
        places.setdefault(place, source)

    def own(entry):
        """Leaves out the empty files that mounts would go over."""
        return None if entry.name in places else entry

    archive.add(image.root, "", filter=own)
    for place, source in sorted(places.items()):
        archive.add(os.path.realpath(source), place)
