#!/usr/bin/env python3
"""Each lint must find what is wrong in a small bad tree, at its line, and nothing in a good one."""

import shutil
import tempfile
import unittest
from pathlib import Path

import docker_lint
import docs_lint
import format_lint
import include_lint
import size_lint
import word_lint


def function_of(lines, name="fold_all"):
    return f"int {name}(int a) {{\n" + "  a += 1;\n" * (lines - 2) + "}\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="freshet-lint-"))
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def expect(self, lint, *starts):
        """`lint` finds exactly these problems, each beginning so."""
        found = sorted(lint.check(self.root))
        self.assertEqual(len(found), len(starts), found)
        for line, start in zip(found, sorted(starts)):
            self.assertTrue(line.startswith(start), f"{line!r} does not begin with {start!r}")


class IncludeLint(LintTest):
    def test_finds_an_include_that_points_right(self):
        self.write("state/fold.cc", '#include "config/ids.h"\n#include "sinks/metrics.h"\n')
        self.expect(include_lint, 'state/fold.cc:2: state/ must not include "sinks/metrics.h"')

    def test_finds_an_include_that_points_right_within_app(self):
        self.write("app/partition/task.cc", '#include "app/figures/metrics.h"\n#include "app/engine/engine.h"\n')
        self.expect(include_lint, 'app/partition/task.cc:2: partition/ must not include "app/engine/engine.h"')

    def test_finds_an_include_of_a_test(self):
        self.write("app/main.cc", '#include "tests/fakes/clock.h"\n')
        self.expect(include_lint, "app/main.cc:1: includes")

    def test_finds_a_library_outside_its_adapters(self):
        self.write("state/fold.h", "#include <librdkafka/rdkafka.h>\n")
        self.write("ingest/kafka_source.cc", "#include <librdkafka/rdkafka.h>\n")
        self.write("scoring/ranking/ranker.cc", "#include <torch/torch.h>\n")
        self.expect(include_lint, "state/fold.h:1: librdkafka is confined",
                    "scoring/ranking/ranker.cc:1: LibTorch is confined")


class SizeLint(LintTest):
    def test_finds_what_is_too_long(self):
        self.write("app/long.cc", "// text\n" * 501)
        self.write("app/long.h", "// text\n" * 151)
        self.write("app/function.cc", "namespace freshet {\n" + function_of(71) + "}\n")
        self.expect(size_lint, "app/long.cc:1: ", "app/long.h:1: ",
                    "app/function.cc:2: app/function.cc:fold_all has 71 lines")

    def test_finds_long_members_and_constructors(self):
        body = "  x();\n" * 75
        self.write("app/a.cc", f"Task::Task(int a)\n    : a_{{a}}, b_(2) {{\n{body}}}\n"
                               f"class A {{\n public:\n  int go() const {{\n{body}}}\n}};\n")
        self.expect(size_lint, "app/a.cc:1: app/a.cc:Task::Task", "app/a.cc:81: app/a.cc:go")

    def test_is_not_misled_by_braces_in_text(self):
        self.write("app/a.cc", 'int f() {\n  g("}", \'{\');  // {\n}\n' + function_of(70))
        self.expect(size_lint)

    def test_lets_exceptions_only_shrink(self):
        self.write("app/a.cc", function_of(80))
        self.write(size_lint.EXCEPTIONS, "app/a.cc:fold_all 80 a linear sequence\n")
        self.expect(size_lint)
        self.write("app/a.cc", function_of(81))
        self.expect(size_lint, "app/a.cc:1: app/a.cc:fold_all has 81 lines where 80")
        self.write("app/a.cc", function_of(75))
        self.expect(size_lint, size_lint.EXCEPTIONS + ":1: app/a.cc:fold_all is down to 75")
        self.write("app/a.cc", function_of(70))
        self.expect(size_lint, size_lint.EXCEPTIONS + ":1: app/a.cc:fold_all needs no exception")

    def test_wants_a_reason_for_an_exception(self):
        self.write("app/a.cc", function_of(80))
        self.write(size_lint.EXCEPTIONS, "app/a.cc:fold_all 80\n")
        self.expect(size_lint, size_lint.EXCEPTIONS + ":1: app/a.cc:fold_all has no reason")


class WordLint(LintTest):
    def test_finds_every_banned_word(self):
        for word in ["int msg;", "int raw_msg;", "auto recs = f();", "int cursor_of();", "class LogManager;",
                     "class FileHelper;", "class StringUtil;", "namespace utils {", "int data_;"]:
            self.write("state/a.cc", f"\n{word}\n")
            self.expect(word_lint, "state/a.cc:2: `")

    def test_finds_a_banned_file_name(self):
        self.write("state/string_util.h", "")
        self.expect(word_lint, "state/string_util.h:1: file name")

    def test_lets_text_comments_and_library_names_be(self):
        self.write("sinks/a.cc", '// no msg here\nf("cursor", RD_KAFKA_V_MSGFLAGS(1), x.data());\nint metadata_;\nrd_kafka_conf_set_dr_msg_cb(c);\n')
        self.expect(word_lint)

    def test_finds_every_banned_construct(self):
        for line in ["std::this_thread::sleep_for(1s);", 'auto home = std::getenv("HOME");', "} catch (...) {",
                     "std::mutex lock_;", "thread.detach();", "TEST(A, DISABLED_B) {}", "// TO" "DO: later"]:
            self.write("scoring/a.cc", line + "\n")
            self.expect(word_lint, "scoring/a.cc:1: ")

    def test_allows_constructs_in_their_places(self):
        self.write("app/run.cc", 'std::getenv("HOME");\n')
        self.write("state/rocksdb_store.cc", "} catch (...) {\n")
        self.write("config/bounded_queue.h", "std::mutex lock_;\n")
        self.expect(word_lint)

    def test_finds_places_that_only_one_machine_has(self):
        self.write("docs/a.md", "see /home/ada/freshet\n")
        self.write("Makefile", "get:\n\tcurl -O https://mirror.example/x.tar\n")
        self.write("docs/b.md", "at home/rest, ../home/x, curl http://127.0.0.1:8080/\n")
        self.expect(word_lint, "docs/a.md:1: a path", "Makefile:2: an address")


class DocsLint(LintTest):
    def setUp(self):
        super().setUp()
        self.write("app/main.cc", 'app.add_subcommand("run", "Runs");\n')
        self.write("Makefile", "demo: ## Demo\n")
        self.write("CMakePresets.json", '{"configurePresets": [{"name": "dev"}], "testPresets": [{"name": "all"}]}')

    def test_finds_what_does_not_exist(self):
        self.write("README.md", "[page](docs/none.md)\nSee `app/none.cc`.\n`freshet fly`\n`make tea`\n"
                                "```sh\ncmake --preset fast\nbuild/dev/app/freshet walk\n```\n")
        self.expect(docs_lint, "README.md:1: links to docs/none.md", "README.md:2: names app/none.cc",
                    "README.md:3: `fly`", "README.md:4: `tea`", "README.md:6: `fast`", "README.md:7: `walk`")

    def test_accepts_what_exists(self):
        self.write("README.md", "[page](app/main.cc) and [web](https://example.com/x)\n`app/main.cc`, `app/main`, `app/`\n"
                                "`freshet run`, `make demo FOR=60s`, `ctest --preset all`, `app/*.cc`\n"
                                "```sh\nmake demo  # builds and runs the demo\n```\n")
        self.expect(docs_lint)


class DockerLint(LintTest):
    def test_finds_unknown_metrics_and_broken_json(self):
        self.write("state/metrics.cc", 'f("freshet_state_users"); f("freshet_state_commit_seconds");\n')
        self.write("docker/good.json", '["freshet_state_users", "rate(freshet_state_commit_seconds_bucket[1m])"]\n')
        self.write("docker/bad.json", '["freshet_state_user",\n]\n')
        self.expect(docker_lint, "docker/bad.json:1: no metrics.cc has freshet_state_user", "docker/bad.json:2: ")

    def test_finds_panels_that_explain_nothing(self):
        unit = '"fieldConfig": {"defaults": {"unit": "s"}}'
        self.write("docker/a.json", '{"panels": [\n{"title": "A", "description": "d", ' + unit + "},\n"
                                    '{"title": "B", ' + unit + '},\n{"title": "C", "description": "d"},\n'
                                    '{"title": "D", "type": "row"}]}\n')
        self.expect(docker_lint, 'docker/a.json:3: panel "B" has no description', 'docker/a.json:4: panel "C" has no unit')

    def test_finds_alerts_without_runbook_or_test(self):
        self.write("docker/prometheus/alerts.yml", "  - alert: Good\n    runbook_url: docs/operations.md#alert-good\n"
                                                   "    labels: {severity: page}\n"
                                                   "  - alert: Bad\n    labels: {severity: ticket}\n")
        self.write("docs/monitoring.md", "[Good](operations.md#alert-good) | page |\n[Bad](operations.md#alert-bad) | page |\n")
        self.write("docs/operations.md", "### Alert Good\n\n### Alert Gone\n")
        self.write("tests/monitoring/alerts_test.yml", 'ALERTS{alertname="Good"}\n')
        self.expect(docker_lint, "docker/prometheus/alerts.yml:4: docs/operations.md has no section",
                    "docker/prometheus/alerts.yml:4: Bad has no runbook_url",
                    "docker/prometheus/alerts.yml:4: docs/monitoring.md does not list Bad as a ticket",
                    "docker/prometheus/alerts.yml:4: tests/monitoring/alerts_test.yml has no test of Bad",
                    "docs/operations.md:3: docker/prometheus/alerts.yml has no such alert")


class FormatLint(LintTest):
    def test_finds_an_unformatted_file(self):
        if format_lint.why_skipped():
            self.skipTest(format_lint.why_skipped())
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("app/good.cc", "int f() { return 1; }\n")
        self.write("app/bad.cc", "int g() { return 1; }\nint  f( ) {return 1;}\n")
        self.expect(format_lint, "app/bad.cc:2: not formatted")


if __name__ == "__main__":
    unittest.main()
