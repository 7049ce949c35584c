"""The peers: the rows of the tables, the builds of their programs, and their server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE / "target"
OPENAPI = HERE / "openapi"
GENERATOR = "7.26.0"

Row = namedtuple("Row", "package note options", defaults=["", ()])
ROWS = [
    Row("raw"),
    Row("identifai"),
    Row("identifai", ", RateLimit::unlimited()", ("--unlimited",)),
    Row("identifai", ", plain function", ("--plain-function",)),
    Row("ureq"),
    Row("ureq", ", timeout 30 s", ("--timeout",)),
    Row("minreq"),
    Row("attohttpc"),
    Row("reqwest"),
    Row("curl"),
    Row("openapi"),
]


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def output(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def workspace(package):
    return OPENAPI if package == "openapi" else HERE


def program(package, tls, profile="release"):
    name = package if package == "server" else f"peer-{package}"
    return TARGET / ("tls" if tls else "plain") / profile / name


def cargo_build(package, tls, profile, target):
    """Returns the command that builds a single peer. In a common build, peers would share the features of a library."""
    features = ["--features", "tls"] if tls and package != "server" else []
    # The lock file of `openapi` is generated together with its client.
    locked = [] if package == "openapi" else ["--locked"]
    name = program(package, tls).name
    return ["cargo", "build", "--quiet", *locked, "--profile", profile, "-p", name, *features, "--target-dir", target]


def build(package, tls, profile="release"):
    say(f"building {package}, {'TLS' if tls else 'plain'}, {profile}")
    target = program(package, tls, profile).parent.parent
    subprocess.run(cargo_build(package, tls, profile, target), check=True, cwd=workspace(package))


def clean_build_seconds(package, tls):
    """Returns the duration of a build into an empty target directory. The sources are already downloaded."""
    with tempfile.TemporaryDirectory() as target:
        command = [*cargo_build(package, tls, "release", target), "--offline"]
        started = time.monotonic()
        subprocess.run(command, check=True, cwd=workspace(package))
        return time.monotonic() - started


def crates(package, tls):
    """Returns the number of crates that a user of the peer builds, including the peer's library itself."""
    features = ["--features", "tls"] if tls else []
    command = ["cargo", "tree", "-e", "normal", "--prefix", "none", "-p", f"peer-{package}", *features]
    found = {line.removesuffix(" (*)") for line in output(command, cwd=workspace(package)).splitlines()}
    return sum(not crate.startswith(("peer-", "measured ")) for crate in found)


def title(package, tls):
    """Returns the name of the peer with its version."""
    if package == "raw":
        return package
    if package == "openapi":
        return f"openapi-generator {GENERATOR}"
    packages = json.loads(output(["cargo", "metadata", "--format-version", "1"], cwd=HERE))["packages"]
    name = f"{package} {next(found['version'] for found in packages if found['name'] == package)}"
    if package != "curl":
        return name
    return f"{name} (libcurl {output([program('curl', tls), '-', '0', '--version']).strip()})"


def generate():
    """Generates the client from the API's description. Returns None, or the reason why that is not possible."""
    if (OPENAPI / "client").exists():
        return None
    if not shutil.which("java"):
        return "java is not installed"
    say("generating the client from the API's description")
    try:
        output([sys.executable, "-m", "venv", OPENAPI / "venv"])
        output([OPENAPI / "venv/bin/pip", "install", "--quiet", f"openapi-generator-cli=={GENERATOR}"])
        output([OPENAPI / "venv/bin/openapi-generator-cli", "generate", "-g", "rust",
                "-i", OPENAPI / "image_fromurl.yaml", "-o", OPENAPI / "client",
                "--additional-properties=supportAsync=false,library=reqwest,packageName=generated"])
    except (OSError, subprocess.CalledProcessError) as error:
        return f"openapi-generator-cli failed: {error}"
    # Uses the same versions of common dependencies as the other peers.
    shutil.copy(HERE / "Cargo.lock", OPENAPI / "Cargo.lock")
    return None


class Server:
    """A running server. Leaving the context stops it."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.ca = os.path.join(self.folder.name, "ca.pem")
        command = [program("server", False), self.ca, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.plain, self.encrypted = self.process.stdout.readline().split()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def counts(self):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self.plain}/counts") as response:
            return json.load(response)

    def command(self, row, tls, calls, *options):
        base_url, ca = (self.encrypted, ["--ca", self.ca]) if tls else (self.plain, [])
        return [program(row.package, tls), base_url, str(calls), *ca, *row.options, *options]

    def environment(self, row):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        if row.package == "minreq":
            # minreq has no other way to trust a certificate. For other peers, reading this file would be extra work.
            environment["SSL_CERT_FILE"] = self.ca
        return environment
