"""The demo keeps its programs running and leaves none behind."""

import importlib.util
import os
import socket
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent.parent / "scripts" / "demo.py"
WITH_A_CHILD = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def demo(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("demo_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "DATA", tmp_path)
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.05)
    (tmp_path / "log").mkdir()
    return module


@pytest.fixture
def start(demo):
    children = []

    def run(code):
        child = demo.Child("example", [sys.executable, "-c", code], dict(os.environ))
        child.start()
        children.append(child)
        return child

    yield run
    demo.stop(children)


def await_text(path, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text()
        time.sleep(0.05)
    pytest.fail(f"nothing was written to {path}")


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_program_that_ended_is_started_again(start):
    child = start("import time; time.sleep(0.1)")
    first = child.process
    first.wait()
    time.sleep(0.1)

    child.restart_if_ended()

    assert child.process.pid != first.pid


def test_program_that_runs_is_left_alone(start):
    child = start("import time; time.sleep(60)")
    first = child.process

    child.restart_if_ended()

    assert child.process is first


def test_children_of_a_killed_program_end_before_it_is_started_again(start):
    child = start(WITH_A_CHILD)
    orphan = int(await_text(child.log))
    child.process.kill()
    child.process.wait()

    child.restart_if_ended()

    time.sleep(0.2)
    assert not is_running(orphan)


def test_stopping_ends_programs_and_what_they_started(demo, start):
    child = start(WITH_A_CHILD)
    grandchild = int(await_text(child.log))

    demo.stop([child])

    time.sleep(0.2)
    assert child.process.poll() is not None
    assert not is_running(grandchild)


def test_taken_port_is_refused_with_another_to_try(demo):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(SystemExit, match=f"make demo PORT={port + 1}"):
            demo.refuse_a_taken_port(port)


def test_without_clamd_the_demo_says_that_nothing_is_scanned(demo, monkeypatch, capsys):
    monkeypatch.setattr(demo, "has_clamd", lambda: False)

    environment = demo.demo_environment(8000)
    demo.introduce(8000, environment)

    assert environment["STUDIO_WITHOUT_SCANNER"] == "1"
    assert "NOT SCANNED" in capsys.readouterr().out
    assert "scanner" not in [child.name for child in demo.programs(environment, 8000)]


def test_both_queue_clusters_are_run(demo):
    children = demo.programs(demo.demo_environment(8000), 8000)
    clusters = {child.environment.get("Q_CLUSTER_NAME") for child in children}

    assert {"pumbaphoto", "pumbaphoto-slow"} <= clusters


def test_socket_of_the_scanner_is_never_too_long(demo, monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "DATA", tmp_path / ("long" * 40))

    address = demo.demo_environment(8000)["STUDIO_CLAMD_ADDRESS"]

    assert len(address.removeprefix("unix:")) < 107
