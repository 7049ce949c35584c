"""Measurements of `identifai` with large files, many threads and many calls."""

import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from peers import TARGET, Row, Server, build, output, program, say

GIGABYTE = 10**9
# The first bytes of an MP4 file, as identifai detects it.
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"


def upload(kinds, quick):
    """Compares uploads of 1 GB with those of the curl program."""
    size = GIGABYTE // 10 if quick else GIGABYTE
    for tls in kinds:
        build("identifai", tls)
    print("| upload of 1 GB | identifai, s | curl -T, s | ratio | identifai, peak KiB | curl, peak KiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with Server() as server, tempfile.TemporaryDirectory(dir=TARGET) as folder:
        video = os.path.join(folder, "video.mp4")
        with open(video, "wb") as file:
            file.write(MP4)
            file.truncate(size)
        for tls in kinds:
            base_url, ca = (server.encrypted, [server.ca]) if tls else (server.plain, [])
            upload_program = program("identifai", tls).with_name("upload")
            trust = ["--cacert", *ca] if tls else []
            curl = ["curl", "--disable", "--noproxy", "*", "--silent", "--show-error", "--fail", *trust]
            commands = [[upload_program, base_url, video, *ca], [*curl, "-T", video, f"{base_url}/upload"]]
            times = [[], []]
            for _ in range(3 if quick else 11):
                for which in random.sample([0, 1], 2):
                    started = time.perf_counter()
                    subprocess.run(commands[which], check=True, stdout=subprocess.DEVNULL)
                    times[which].append(time.perf_counter() - started)
            ours, theirs = map(statistics.median, times)
            ratio = statistics.median(map(lambda a, b: a / b, *times))
            peaks = [peak(command) for command in commands]
            kind = "HTTPS" if tls else "HTTP"
            print(f"| {kind} | {ours:.3f} | {theirs:.3f} | {ratio:.2f} | {peaks[0]:,} | {peaks[1]:,} |", flush=True)
    print()


def peak(command):
    """Returns the peak memory of a program in KiB. It is a separate run, because polling the memory takes time."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        # Before `exec` the process is a copy of this one, and at its end it has no memory any more.
        if Path(command[0]).name in status.splitlines()[0] and "VmHWM:" in status:
            most = int(status.split("VmHWM:")[1].split()[0])
        time.sleep(0.005)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return most


def scale(tls, quick):
    """Measures one client in many threads, and a large number of consecutive calls."""
    calls, rounds = (10_000, 2) if quick else (32_000, 5)
    rows = {
        "raw, a connection each": Row("raw"),
        "identifai": Row("identifai"),
        "identifai, RateLimit::unlimited()": Row("identifai", options=("--unlimited",)),
    }
    for package in ("raw", "identifai"):
        build(package, tls)
    with Server() as server:
        def run(row, calls, *options):
            return json.loads(output(server.command(row, tls, calls, *options)))

        print(f"| calls per second, {'HTTPS' if tls else 'HTTP'} |", *(f"{name} |" for name in rows))
        print("| --- |" + " ---: |" * len(rows))
        for threads in (1, 2, 8, 64):
            say(f"{threads} threads")
            found = {name: [] for name in rows}
            for _ in range(rounds):
                for name in random.sample(list(rows), len(rows)):
                    nanoseconds = run(rows[name], calls, "--threads", str(threads))["total_ns"]
                    # Each thread makes 50 additional calls to warm up.
                    found[name].append((calls + 50 * threads) / nanoseconds * 1e9)
            print(f"| {threads} threads |", *(f"{statistics.median(figures):,.0f} |" for figures in found.values()))
        print()
        many = 100_000 if quick else 1_000_000
        print(f"| median µs of each tenth of {many:,} calls |", *(f"{part} |" for part in range(1, 11)), "peak KiB |")
        print("| --- |" + " ---: |" * 11)
        for name, row in rows.items():
            say(f"{many:,} calls of {name}")
            found = run(row, many)
            parts = (f"{part / 1000:.1f} |" for part in found["part_medians_ns"])
            print(f"| {name} |", *parts, f"{found['peak_kb']:,} |", flush=True)
        print()
