"""Processes of a test: each with a log, none of them outlives the test."""

import ctypes
import os
import signal
import socket
import subprocess
import sys

PR_SET_PDEATHSIG = 1


def free_ports(count):
    """Ports that were free just now; all different."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Processes:
    def __init__(self, directory):
        self.directory = directory
        self.running = {}
        self.libc = ctypes.CDLL(None)

    def start(self, name, *command):
        with open(self.log(name), "wb") as log:
            self.running[name] = subprocess.Popen(
                [str(word) for word in command], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lambda: self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    def log(self, name):
        return self.directory / f"{name}.log"

    def expect_alive(self):
        for name, process in self.running.items():
            if process.poll() is not None:
                sys.exit(f"{name} ended with {process.returncode}; the end of its log:\n{self.tail(name)}")

    def tail(self, name, lines=20):
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-lines:])

    def stop_all(self):
        for process in reversed(self.running.values()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
