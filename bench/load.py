"""Load on one URL: wrk where it is installed, else a generator of our own.

An answer that is not 2xx, or a broken connection, makes a figure worthless: both raise BenchError.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Mapping

from bench.faults import BenchError

CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_BAD = re.compile(r"^\s*(Non-2xx or 3xx responses:.*|Socket errors:.*)$", re.MULTILINE)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def generator() -> str:
    """The program that makes the load."""
    return "wrk" if shutil.which("wrk") else "a generator in Python (install wrk for more load)"


def requests_per_second(port: int, path: str, headers: Mapping[str, str], seconds: float) -> float:
    """Keep `CONNECTIONS` connections busy for that long."""
    if shutil.which("wrk"):
        return _wrk(port, path, headers, seconds)
    return asyncio.run(_python(port, path, headers, seconds))


def _wrk(port: int, path: str, headers: Mapping[str, str], seconds: float) -> float:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    url = f"http://127.0.0.1:{port}{path}"
    # wrk takes whole seconds only.
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *given, url]
    done = subprocess.run(command, capture_output=True, text=True)
    bad = _BAD.search(done.stdout)
    rate = _RATE.search(done.stdout)
    if done.returncode != 0 or bad or not rate:
        fault = bad.group(1) if bad else (done.stderr or done.stdout).strip()
        raise BenchError(f"load on {path}: {fault}")
    return float(rate.group(1))


async def _python(port: int, path: str, headers: Mapping[str, str], seconds: float) -> float:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = "\r\n".join([*lines, "", ""]).encode()
    started = time.perf_counter()
    loops = [_repeat(port, request, started + seconds) for _ in range(CONNECTIONS)]
    counts = await asyncio.gather(*loops)
    return sum(counts) / (time.perf_counter() - started)


async def _repeat(port: int, request: bytes, until: float) -> int:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await _exchanges(reader, writer, request, until)
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError) as error:
        raise BenchError(f"load: the connection broke ({type(error).__name__})") from error


async def _exchanges(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, until: float
) -> int:
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if not status or not length or not status.group(1).startswith(b"2"):
            raise BenchError(f"load: the answer was {head[:40]!r}")
        await reader.readexactly(int(length.group(1)))
        count += 1
    return count
