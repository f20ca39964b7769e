"""``engagement-kit`` for shells in tests: a process that has loaded all forks for each command.

A command of its own takes seconds to load its libraries. Here that is done once; what a shell
starts hands its streams, folder and words over, and ends as the forked command does.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CALL = """
import json, os, socket, sys
words = json.dumps([os.getcwd(), sys.argv[2:]]).encode()
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    socket.send_fds(line, [len(words).to_bytes(4, "big")], [0, 1, 2])
    line.sendall(words)
    sys.exit(int(line.makefile().readline()))
"""
_USED = ("client.connect", "emulator", "question.query", "tables.tidy_store", "client.archive")


@contextmanager
def command(folder: Path) -> Iterator[Path]:
    """Put ``engagement-kit`` into a folder, for as long as the block runs."""
    place = folder / "line"
    call = folder / "call.py"
    call.write_text(_CALL, encoding="utf-8")
    script = folder / "engagement-kit"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{call}" "{place}" "$@"\n')
    script.chmod(0o755)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-W", "error", __file__, str(place)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield script
        finally:
            server.terminate()


def _serve(place: str) -> None:
    """Load what commands need, and fork for each that comes."""
    from engagement_kit.cli import TRIP

    modules = {module for part in TRIP.values() for module in part.values()}
    for name in (*modules, *(f"engagement_kit.{one}" for one in _USED)):
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            line, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _run(line)
            line.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _run(line: socket.socket) -> None:
    """Be the command: with the streams, in the folder and with the words of whoever called."""
    from engagement_kit.cli import main

    size, streams, _, _ = socket.recv_fds(line, 4, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    folder, words = json.loads(line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
    os.chdir(folder)
    code = 1
    try:
        main(words, prog_name="engagement-kit")
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        line.sendall(f"{code}\n".encode())
        os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
