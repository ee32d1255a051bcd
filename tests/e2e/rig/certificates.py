"""Certificates: one authority that all trust, and what it signs.

Out: in a folder `ca.crt`, the authorities' bundle `bundle.crt`, the key pair `server` (every host name
of the world), `token` (signs the registry's tokens), and for docker-in-docker `docker-server` and
`docker-client`, as the entry point of the image docker:dind makes them.
"""

from rig.world import run


def make(directory, hosts):
    directory.mkdir()

    def openssl(*arguments):
        run("openssl", *arguments, cwd=directory)

    def key(name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")

    openssl("req", "-x509", *key("ca"), "-out", "ca.crt", "-days", "2", "-subj", "/CN=world")
    rsa = ("-newkey", "rsa:2048", "-nodes", "-keyout", "token.key")
    openssl("req", "-x509", *rsa, "-out", "token.crt", "-days", "2", "-subj", "/CN=gitlab-issuer")

    def sign(name, extension):
        (directory / f"{name}.ext").write_text(extension)
        openssl("req", *key(name), "-out", f"{name}.csr", "-subj", f"/CN={name}")
        authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        openssl("x509", "-req", "-in", f"{name}.csr", *authority, "-extfile", f"{name}.ext", "-out", f"{name}.crt")

    sign("server", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts))
    sign("docker-server", "subjectAltName=DNS:docker,DNS:localhost,IP:127.0.0.1")
    sign("docker-client", "extendedKeyUsage=clientAuth")
    (directory / "bundle.crt").write_bytes((directory / "ca.crt").read_bytes())
