#!/usr/bin/env python3
"""What `freshet init` asks on a terminal, and what it leaves alone.

init_terminal_test.py FRESHET
"""

import json
import os
import pty
import subprocess
import sys
import tempfile
import unittest

FRESHET = os.path.abspath(sys.argv.pop(1))


def on_a_terminal(*arguments, answers=""):
    """Runs freshet on a terminal of its own; returns its exit code and what stood there."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen([FRESHET, *arguments], stdin=its_end, stdout=its_end, stderr=its_end)
    os.close(its_end)
    os.write(terminal, answers.encode())
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed.
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return process.wait(), shown.decode()


class InitTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(scratch.name)
        with open("events.jsonl", "w") as file:
            for k in range(20):
                print(json.dumps({"ts": 1700000000 + k, "visitorid": k % 4, "event": "view", "itemid": k % 7}), file=file)

    def test_it_asks_for_what_is_missing_and_writes_after_a_yes(self):
        code, shown = on_a_terminal("init", answers="events.jsonl\nkafka:9092\nclicks\ny\n")
        self.assertEqual(code, 0, shown)
        self.assertIn("Write freshet.yaml?", shown)
        with open("freshet.yaml") as file:
            written = file.read()
        self.assertIn("${FRESHET_BROKERS:-kafka:9092}", written)
        self.assertIn("events_topic: clicks", written)
        self.assertEqual(subprocess.run([FRESHET, "validate", "freshet.yaml"], capture_output=True).returncode, 0)

    def test_nothing_is_written_without_a_yes(self):
        for answer in ["n\n", "\x04"]:
            code, shown = on_a_terminal("init", "--events", "events.jsonl", "--brokers", "b:1", "--topic", "t", answers=answer)
            self.assertEqual(code, 2, shown)
            self.assertFalse(os.path.exists("freshet.yaml"), repr(answer))

    def test_a_file_that_is_there_stays_unless_forced(self):
        with open("freshet.yaml", "w") as file:
            file.write("mine")
        init = [FRESHET, "init", "--events", "events.jsonl"]
        refused = subprocess.run(init, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--force", refused.stderr)
        with open("freshet.yaml") as file:
            self.assertEqual(file.read(), "mine")
        self.assertEqual(subprocess.run([*init, "--force"], capture_output=True, stdin=subprocess.DEVNULL).returncode, 0)
        with open("freshet.yaml") as file:
            self.assertIn("user_id: visitorid", file.read())

    def test_stdout_holds_the_file_alone(self):
        done = subprocess.run([FRESHET, "init", "--events", "events.jsonl", "--out", "-"], capture_output=True, text=True)
        self.assertTrue(done.stdout.startswith("# Freshet's configuration"), done.stdout)
        self.assertIn("itemid", done.stderr)

    def test_it_says_what_it_needs(self):
        done = subprocess.run([FRESHET, "init"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--events", done.stderr)


unittest.main()
