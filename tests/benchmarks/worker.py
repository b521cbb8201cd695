"""One method in a process of its own, asked line by line.

Run as ``python -m tests.benchmarks.worker METHOD``: a request is a JSON object with ``path`` and,
where the renditions are wanted, ``keep``, a folder. The answer has ``cpu`` and ``wall`` in seconds,
of this process and what it ran, and ``peak``, the most memory it ever used, in bytes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from tests.benchmarks.methods import HERE, METHODS, tiers_as_json

ROOT = HERE.parent.parent


class Worker:
    """The other end: a method that runs elsewhere."""

    def __init__(self, method: str) -> None:
        if method == "sharp":
            command = ["node", str(HERE / "sharp.cjs"), tiers_as_json()]
        else:
            command = [sys.executable, "-m", "tests.benchmarks.worker", method]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def ask(self, path: Path, keep: Path | None = None) -> dict[str, float]:
        self.send(path, keep)
        return self.receive()

    def send(self, path: Path, keep: Path | None = None) -> None:
        request = {"path": str(path), "keep": str(keep) if keep else None}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, float]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended with {self.process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def photos_per_second(workers: list[Worker], paths: list[Path]) -> float:
    """How fast workers render ``paths`` together, each taking the next when it is free."""
    left = iter(paths)
    lock = Lock()

    def work(worker: Worker) -> None:
        while True:
            with lock:
                path = next(left, None)
            if path is None:
                return
            worker.ask(path)

    started = time.perf_counter()
    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(work, workers))
    return len(paths) / (time.perf_counter() - started)


def cpu_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_bytes() -> int:
    """Of this process, or of the largest that it ran where that is larger."""
    # Not ru_maxrss of this process, which begins with what its parent had.
    status = Path("/proc/self/status").read_text()
    own = int(status.partition("VmHWM:")[2].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024


def serve(method_name: str) -> None:
    method = METHODS[method_name]()
    for line in sys.stdin:
        request = json.loads(line)
        path = Path(request["path"])
        method.prepare(path)
        cpu, wall = cpu_seconds(), time.perf_counter()
        made = method(path)
        answer = {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall}
        if request["keep"]:
            for name, content in made.items():
                (Path(request["keep"]) / f"{name}.jpg").write_bytes(content)
        print(json.dumps(answer | {"peak": peak_bytes()}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
