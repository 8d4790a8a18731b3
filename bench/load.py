"""Load on one URL: wrk where it is installed, else a generator of our own.

An answer that is not 2xx, or a broken connection, makes a figure worthless: both raise BenchError.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from bench.faults import BenchError

Headers = Mapping[str, str]

CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_BAD = re.compile(r"^\s*(Non-2xx or 3xx responses:.*|Socket errors:.*)$", re.MULTILINE)
# For wrk: one request for each caller, written beforehand and sent in turn.
_IN_TURN = """
local requests, last = {}, 0
function init()
  for turn, headers in ipairs(callers) do
    requests[turn] = wrk.format(nil, nil, headers)
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
"""
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def generator() -> str:
    """The program that makes the load."""
    return "wrk" if shutil.which("wrk") else "a generator in Python (install wrk for more load)"


def requests_per_second(port: int, path: str, callers: Sequence[Headers], seconds: float) -> float:
    """Keep `CONNECTIONS` connections busy for that long, with each caller's headers in turn."""
    if shutil.which("wrk"):
        return _wrk(port, path, callers, seconds)
    return asyncio.run(_python(port, path, callers, seconds))


def _wrk(port: int, path: str, callers: Sequence[Headers], seconds: float) -> float:
    url = f"http://127.0.0.1:{port}{path}"
    # wrk takes whole seconds only.
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"local callers = {_lua(callers)}{_IN_TURN}")
        script.flush()
        command += ["-s", script.name, url]
        done = subprocess.run(command, capture_output=True, text=True)
    bad = _BAD.search(done.stdout)
    rate = _RATE.search(done.stdout)
    if done.returncode != 0 or bad or not rate:
        fault = bad.group(1) if bad else (done.stderr or done.stdout).strip()
        raise BenchError(f"load on {path}: {fault}")
    return float(rate.group(1))


def _lua(callers: Sequence[Headers]) -> str:
    # What JSON writes of ASCII text, Lua reads as the same text.
    tables = (
        ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
        for headers in callers
    )
    return "{" + ",\n".join(f"{{{table}}}" for table in tables) + "}"


async def _python(port: int, path: str, callers: Sequence[Headers], seconds: float) -> float:
    requests = cycle([_request(port, path, headers) for headers in callers])
    started = time.perf_counter()
    loops = [_repeat(port, requests, started + seconds) for _ in range(CONNECTIONS)]
    counts = await asyncio.gather(*loops)
    return sum(counts) / (time.perf_counter() - started)


def _request(port: int, path: str, headers: Headers) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _repeat(port: int, requests: Iterator[bytes], until: float) -> int:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await _exchanges(reader, writer, requests, until)
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError) as error:
        raise BenchError(f"load: the connection broke ({type(error).__name__})") from error


async def _exchanges(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    until: float,
) -> int:
    count = 0
    while time.perf_counter() < until:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if not status or not length or not status.group(1).startswith(b"2"):
            raise BenchError(f"load: the answer was {head[:40]!r}")
        await reader.readexactly(int(length.group(1)))
        count += 1
    return count
