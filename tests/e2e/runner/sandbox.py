"""The container of a job: an overlay of the image as the root folder, in the pod's network.

In: a pod, an image, the environment, what the shell reads. Out: a process.
Always: the mounts are in a namespace of the process, and secrets only in its environment and input.
"""

import shlex
import subprocess

BASE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def start(pod, image, environment, folder, number, mounts=()):
    """A shell that reads its script from standard input; `mounts`: (folder of the host, place)."""
    layer = pod.directory / f"layer{number}"
    for name in ("upper", "work", "root"):
        (layer / name).mkdir(parents=True)
    root = shlex.quote(str(layer / "root"))
    lower = f"lowerdir={image.root},upperdir={layer}/upper,workdir={layer}/work"
    script = [
        "set -e",
        f"/usr/bin/mount -t overlay job -o {lower} {root}",
        f"/usr/bin/mount -t proc proc {root}/proc",
        f"/usr/bin/mount --rbind /dev {root}/dev",
        f"/usr/bin/mount --bind {pod.directory}/hosts {root}/etc/hosts",
    ]
    for source, place in image.mounts:
        script.append(f"/usr/bin/mount --rbind -o ro {shlex.quote(source)} {root}{shlex.quote(place)}")
    for source, place in mounts:
        script.append(f"/usr/bin/mkdir -p {root}{shlex.quote(place)}")
        script.append(f"/usr/bin/mount --bind {shlex.quote(str(source))} {root}{shlex.quote(place)}")
    shell = "bash" if "bash" in image.kind.tools else "sh"
    user = f"--userspec={image.user.number}:{image.user.group}" if image.user.number else ""
    change = f"cd {shlex.quote(folder)} && exec {shell}"
    own = " ".join((f"HOME={image.user.home}", BASE, *image.kind.environment))
    enter = f"{own} exec {{}} {user} {{}} /bin/sh -c {shlex.quote(change)}"
    if image.kind.mounts:
        # Linux refuses a user namespace within a chroot (user_namespaces(7)), so the root is exchanged.
        script += [
            f"/usr/bin/mkdir {root}/.host",
            "exec 9</usr/sbin/chroot",
            f"/usr/sbin/pivot_root {root} {root}/.host",
            "cd /",
            "/.host/usr/bin/umount --lazy /.host",
            enter.format("/proc/self/fd/9", "/"),
        ]
    else:
        script.append(enter.format("/usr/sbin/chroot", root))
    file = layer / "enter.sh"
    file.write_text("\n".join(script) + "\n")
    return pod.spawn(
        "/bin/sh",
        str(file),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
