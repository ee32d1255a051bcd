"""No secret where others can read it: arguments of processes, the registry's access log, job output.

Secrets are all passwords and tokens that GitLab gave out, and all tokens of the registry that were made
from them. Those of projects of the post are left out here: there they do leak, which tests/e2e/faults
shows, and which proves that this would see it.
"""

import os
import subprocess
import sys

from rig import watch
from rig.world import STATE


class Watch:
    def __init__(self, stack):
        self.stack, self.file = stack, STATE / "arguments"
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
        return [f"{kind} in {place}" for secret, kind in secrets.items() for place, text in places if secret in text]
