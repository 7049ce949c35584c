"""Makes README's pictures of a real run of the program against the sandbox, whose answers are made up:

    python3 -m venv venv && venv/bin/pip install rich==14.2.0
    cargo build && venv/bin/python docs/pictures.py target/debug/identifai

writes docs/terminal.svg and docs/heatmap.png.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

DOCS = pathlib.Path(__file__).resolve().parent
COMMANDS = [
    "identifai classify --with-heatmap https://example.com/cat.jpg",
    "identifai wait {identifier}",
    "identifai heatmap {identifier} -o heatmap.png",
    "identifai classify --wait https://sandbox.test/c2pa.jpg https://sandbox.test/errored.jpg",
    "identifai credits",
]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    sandbox = subprocess.Popen([program, "sandbox"], stdout=subprocess.PIPE, text=True, cwd=DOCS)
    try:
        url = sandbox.stdout.readline().split()[-1]
        record(program, {**os.environ, "IDENTIFAI_API_KEY": "sandbox", "IDENTIFAI_BASE_URL": url})
    finally:
        sandbox.terminate()


def record(program, environment):
    console = Console(record=True, width=152, file=open(os.devnull, "w"))
    identifier = None
    for command in COMMANDS:
        command = command.format(identifier=identifier)
        console.print(Text.assemble(("$ ", "green"), (command, "bold")), soft_wrap=True)
        arguments = [program, *shlex.split(command)[1:]]
        done = subprocess.run(arguments, env=environment, cwd=DOCS, text=True, capture_output=True)
        for line in done.stdout.splitlines():
            console.print(Text(line), soft_wrap=True)
        for line in done.stderr.splitlines():
            console.print(Text(line, style="yellow"), soft_wrap=True)
        identifier = identifier or done.stdout.strip()
    svg = console.export_svg(title="identifai, and a service that is made up", theme=DIMMED_MONOKAI)
    # What is embedded loads nothing.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (DOCS / "terminal.svg").write_text(re.sub(r"terminal-\d+-", "t-", svg), encoding="utf-8")


main()
