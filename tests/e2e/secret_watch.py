"""No secret where others can read it: arguments of processes, the registry's access log, job output.

Secrets are all passwords and tokens that GitLab gave out, and all tokens of the registry that were made
from them, as they are and in base64. Those of projects of the post are left out here: there they do leak, which tests/e2e/faults
shows, and which proves that this would see it.
"""

import base64
import os
import subprocess
import sys
import uuid

from rig import watch
from rig.world import STATE


def forms(secret):
    """The secret, and what it is within base64, wherever it begins there: the characters that depend on it alone."""
    found, data = {secret}, secret.encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode()
        sure = text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        found |= {sure, sure.translate(str.maketrans("+/", "-_"))}
    return found


def seen(secrets, text):
    """Those of `secrets` that `text` holds, in any form."""
    patterns = {form: secret for secret in secrets for form in forms(secret)}
    if not patterns:
        return set()
    file = STATE / f"patterns-{uuid.uuid4()}"
    file.write_text("".join(f"{form}\n" for form in patterns))
    command = ["grep", "--text", "--only-matching", "--fixed-strings", f"--file={file}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    file.unlink()
    assert done.returncode in (0, 1), done.stderr
    return {patterns[line] for line in done.stdout.splitlines()}


class Watch:
    def __init__(self, stack):
        self.stack, self.file = stack, STATE / "arguments"
        self.file.touch()
        self.summary = ""
        self.process = subprocess.Popen([sys.executable, "-B", watch.__file__, str(self.file)])

    def arguments(self):
        return self.file.read_text(errors="replace")

    def secrets(self):
        """(where from, secret)"""
        issuer = self.stack.issuer
        known = {secret: "a password" for secret in issuer.secrets - issuer.leaky}
        for _, token in list(issuer.issued):
            if token not in issuer.leaky:
                known[token.rpartition(".")[2]] = "a token's signature"
        return known

    def end(self):
        """Ends the watch; returns a line for each secret found, without the secret."""
        self.process.kill()
        _, _, used = os.wait4(self.process.pid, 0)
        self.seconds = used.ru_utime + used.ru_stime
        arguments = self.arguments()
        logs = "".join(file.read_text(errors="replace") for file in STATE.glob("*.log"))
        logs += "\n".join(line for made in self.stack.registries.values() for line in made.lines)
        outputs = [
            result.output
            for project in self.stack.made
            if not project.leaks
            for pipeline in project.pipelines
            for job in pipeline.jobs.values()
            for result in job.runs
        ]
        output = "".join(outputs)
        secrets = self.secrets()
        places = (
            ("the arguments of a process", arguments),
            ("a registry's log", logs),
            ("a job's output", output),
        )
        self.summary = f"{len(secrets)} secrets; {arguments.count(chr(10))} command lines, {len(outputs)} job logs"
        return [f"{secrets[secret]} in {place}" for place, text in places for secret in seen(secrets, text)]
