"""Makes the pictures of README.md from real runs of the program against the sandbox, which makes its verdicts up.

On Debian, in the root of the repository:

    sudo apt-get install -y chromium jq python3-venv
    python3 -m venv venv && venv/bin/pip install pillow==12.0.0 rich==14.2.0
    cargo build -p identifai-cli && venv/bin/python docs/pictures.py target/debug/identifai

This writes docs/terminal.svg and docs/report.png.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

DOCS = pathlib.Path(__file__).resolve().parent
COLUMNS = 80  # GitHub shows the picture at most 800 pixels wide. More columns would be too small to read.
COMMANDS = [
    "# In another terminal: identifai sandbox",
    "identifai classify --wait dunes.png",
    "identifai batch --journal journal --html report.html jobs.txt > out.ndjson",
    "jq -r '[.input, .verdict.classification // .error.kind] | @tsv' out.ndjson",
    "identifai credits",
]
JOBS = """{"input": "dunes.png", "with_heatmap": true}
fjord.jpg
https://example.com/clip.mp4
https://example.com/voice.wav
https://sandbox.test/c2pa.jpg
https://sandbox.test/errored.jpg
"""


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    # A rate limit above the documented one makes no difference to the output, and the run takes less time.
    command = [program, "sandbox", "--submits-per-minute", "600", "--reads-per-minute", "1200"]
    sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            draw(f"{folder}/dunes.png", sky=(70, 110, 160), ground="#8a6b45")
            draw(f"{folder}/fjord.jpg", sky=(40, 60, 90), ground="#2f4a3c")
            pathlib.Path(folder, "jobs.txt").write_text(JOBS)
            record(folder, program, sandbox.stdout.readline().split()[-1])
            photograph(folder)
    finally:
        sandbox.terminate()


def draw(path, sky, ground):
    image = Image.new("RGB", (640, 420), sky)
    pen = ImageDraw.Draw(image)
    for y in range(320):
        pen.line((0, y, 640, y), tuple(channel + y // 4 for channel in sky))
    pen.ellipse((430, 60, 510, 140), "#ffe9a8")
    pen.polygon([(0, 420), (0, 300), (180, 190), (330, 300), (460, 220), (640, 310), (640, 420)], ground)
    image.save(path)


def record(folder, program, base_url):
    environment = {
        **os.environ,
        "IDENTIFAI_API_KEY": "sandbox",
        "IDENTIFAI_BASE_URL": base_url,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
    }
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))

    def show(line, style=""):
        # A terminal breaks a long line at its last column, rich would break it between words.
        for start in range(0, max(len(line), 1), COLUMNS):
            console.print(Text(line[start : start + COLUMNS], style=style), soft_wrap=True)

    for command in COMMANDS:
        show(f"$ {command}", "bold green")
        done = subprocess.run(["bash", "-c", command], env=environment, cwd=folder, text=True, capture_output=True)
        for line in done.stderr.splitlines():
            show(line, "yellow")
        for line in done.stdout.expandtabs(36).splitlines():
            show(line)
    svg = console.export_svg(title="identifai with its sandbox (verdicts are made up)", theme=DIMMED_MONOKAI)
    # The picture must not load fonts from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (DOCS / "terminal.svg").write_text(re.sub(r"terminal-\d+-", "t-", svg), encoding="utf-8")


def photograph(folder):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,795"]
    command = ["chromium", *options, "--screenshot=report.png", "report.html"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    Image.open(f"{folder}/report.png").convert("RGB").quantize(128).save(DOCS / "report.png", optimize=True)


main()
