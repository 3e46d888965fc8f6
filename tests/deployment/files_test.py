"""Images, compose file and Kubernetes manifests: valid by their schemas, and of one mind. Run by files_test.sh."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
KUBERNETES = DOCKER / "kubernetes"
PROGRAM = os.environ["FRESHET_PROGRAM"]
KUBERNETES_VERSIONS = ["1.28", kubernetes_validate.latest_version()]
CUSTOM = ("monitoring.coreos.com", "keda.sh")  # Of operators: there is no schema for them here.


def run(*command, **environment):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def kustomization(folder=KUBERNETES):
    return documents(folder / "kustomization.yaml")[0]


def manifests(folder=KUBERNETES):
    """What `folder` lists, with the labels that kustomize adds to pods."""
    listed = kustomization(folder)
    found = [document for name in listed["resources"] for document in documents(folder / name)]
    for pairs in (one["pairs"] for one in listed.get("labels", [])):
        for document in found:
            document["metadata"].setdefault("labels", {}).update(pairs)
            if "template" in document.get("spec", {}):
                document["spec"]["template"]["metadata"]["labels"].update(pairs)
    return found


def of_kind(kind, folder=KUBERNETES):
    return {document["metadata"]["name"]: document for document in manifests(folder) if document["kind"] == kind}


def matches(labels, wanted):
    return wanted.items() <= labels.items()


class Images(unittest.TestCase):
    def test_pass_hadolint(self):
        lint = run("hadolint", DOCKER / "Dockerfile", DOCKER / "Dockerfile.cuda")
        self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)

    def test_run_as_the_user_of_the_manifests(self):
        users = {pods["securityContext"]["runAsUser"] for pods in Manifests.pods()}
        for name in ("Dockerfile", "Dockerfile.cuda"):
            self.assertEqual({int(user) for user in re.findall(r"^USER (\d+)", (DOCKER / name).read_text(), re.M)}, users)


class Compose(unittest.TestCase):
    def test_fits_its_schema(self):
        lint = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DOCKER / "compose.yaml")
        self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)

    def test_mounts_rules_and_dashboards_where_they_are_read(self):
        services = documents(DOCKER / "compose.yaml")[0]["services"]
        self.assertIn("./prometheus:/etc/prometheus:ro", services["prometheus"]["volumes"])
        for rules in documents(DOCKER / "prometheus/prometheus.yml")[0]["rule_files"]:
            self.assertTrue((DOCKER / "prometheus" / rules).exists(), rules)
        provisioned = "/etc/grafana/provisioning/"
        self.assertIn(f"./grafana:{provisioned.rstrip('/')}:ro", services["grafana"]["volumes"])
        home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue((DOCKER / "grafana" / home.removeprefix(provisioned)).exists(), home)


class Manifests(unittest.TestCase):
    @staticmethod
    def pods():
        workloads = {**of_kind("StatefulSet"), **of_kind("Job")}
        return [workload["spec"]["template"]["spec"] for workload in workloads.values()]

    def test_fit_their_schemas(self):
        for document in manifests():
            for version in KUBERNETES_VERSIONS:
                with self.subTest(f'{document["kind"]} {document["metadata"]["name"]}', version=version):
                    kubernetes_validate.validate(document, version, strict=True)

    def test_are_all_listed(self):
        for listing in KUBERNETES.rglob("kustomization.yaml"):
            there = {path.name for path in listing.parent.glob("*.yaml")} - {"kustomization.yaml"}
            self.assertEqual(there, set(kustomization(listing.parent)["resources"]), listing.parent)

    def test_name_only_volumes_and_configuration_that_exist(self):
        generated = {one["name"] for one in kustomization()["configMapGenerator"]}
        for workload in [*of_kind("StatefulSet").values(), *of_kind("Job").values()]:
            pod = workload["spec"]["template"]["spec"]
            volumes = {volume["name"] for volume in pod["volumes"]}
            volumes |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"]:
                self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
                self.assertLessEqual({one["configMapRef"]["name"] for one in container["envFrom"]}, generated)
            for volume in pod["volumes"]:
                if "configMap" in volume:
                    self.assertIn(volume["configMap"]["name"], generated)
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"], of_kind("PersistentVolumeClaim"))

    def test_select_the_pods(self):
        pipeline = of_kind("StatefulSet")["freshet"]["spec"]
        labels = pipeline["template"]["metadata"]["labels"]
        ports = {port["name"] for port in pipeline["template"]["spec"]["containers"][0]["ports"]}
        self.assertIn(pipeline["serviceName"], of_kind("Service"))
        for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            for document in of_kind(kind).values():
                selector = document["spec"].get("selector") or document["spec"]["podSelector"]
                self.assertTrue(matches(labels, selector.get("matchLabels", selector)), kind)
        for service in of_kind("Service").values():
            self.assertLessEqual({port["targetPort"] for port in service["spec"]["ports"]}, ports)

    def test_of_the_operators_name_what_exists(self):
        monitor = of_kind("ServiceMonitor", KUBERNETES / "monitoring")["freshet"]["spec"]
        chosen = [service for service in of_kind("Service").values()
                  if matches(service["metadata"]["labels"], monitor["selector"]["matchLabels"])]
        self.assertEqual([service["metadata"]["name"] for service in chosen], ["freshet"], "its name is the job")
        self.assertLessEqual({one["port"] for one in monitor["endpoints"]},
                             {port["name"] for port in chosen[0]["spec"]["ports"]})
        scaled = of_kind("ScaledObject", KUBERNETES / "autoscaling")["freshet"]["spec"]
        self.assertIn(scaled["scaleTargetRef"]["name"], of_kind(scaled["scaleTargetRef"]["kind"]))

    def test_give_the_operator_the_rules_of_the_files(self):
        printed = yaml.safe_load(run(KUBERNETES / "monitoring/rules.sh").stdout)
        groups = [group for name in ("records.yml", "alerts.yml")
                  for group in documents(DOCKER / "prometheus" / name)[0]["groups"]]
        self.assertEqual(printed["spec"]["groups"], groups)

    def test_are_built_by_kustomize(self):
        if not shutil.which("kubectl"):
            self.skipTest("no kubectl here")
        with tempfile.TemporaryDirectory(prefix="freshet-kustomize-") as directory:
            shutil.copytree(KUBERNETES, directory, dirs_exist_ok=True)
            listing = Path(directory) / "kustomization.yaml"
            listing.write_text(listing.read_text() + "components: [monitoring, autoscaling]\n")
            for folder in (KUBERNETES, directory):
                built = run("kubectl", "kustomize", folder)
                self.assertEqual(built.returncode, 0, built.stderr)
            kinds = [document["kind"] for document in yaml.safe_load_all(built.stdout)]
            self.assertLessEqual({"StatefulSet", "ServiceMonitor", "ScaledObject"}, set(kinds))


class Configuration(unittest.TestCase):
    """Of the container and of the pods, as the program itself reads it."""

    def printed(self, path, **environment):
        answer = run(PROGRAM, "validate", "--print", path, **environment)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return yaml.safe_load(answer.stdout)

    def pods_configuration(self):
        with tempfile.TemporaryDirectory(prefix="freshet-config-") as directory:
            token, config = Path(directory) / "token", Path(directory) / "freshet.yaml"
            token.write_text("long enough\n")
            text = (KUBERNETES / "config/freshet.yaml").read_text()
            self.assertEqual(text.count("/run/secrets/freshet/http-token"), 1)
            config.write_text(text.replace("/run/secrets/freshet/http-token", str(token)))
            literals = dict(literal.split("=") for one in kustomization()["configMapGenerator"]
                            for literal in one.get("literals", []))
            return self.printed(config, POD_NAME="freshet-0", **literals)

    def test_of_the_container_is_valid(self):
        self.printed(DOCKER / "freshet.yaml", FRESHET_HTTP_TOKEN="long enough")

    def test_of_the_pods_is_valid_and_their_members_are_static(self):
        config = self.pods_configuration()
        self.assertEqual(config["ingest"]["kafka"]["instance"], "freshet-0")
        self.assertEqual(config["ingest"]["kafka"]["brokers"], "kafka:9092")

    def test_of_the_pods_writes_to_volumes_alone(self):
        config = self.pods_configuration()
        container = of_kind("StatefulSet")["freshet"]["spec"]["template"]["spec"]["containers"][0]
        writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
        for directory in (config["state"]["directory"], config["state"]["snapshots"]["directory"],
                          config["scoring"]["learning"]["directory"]):
            self.assertTrue(any(f"{directory}/".startswith(f"{path}/") for path in writable), directory)

    def test_names_the_group_and_topic_that_scaling_asks_for(self):
        kafka = self.pods_configuration()["ingest"]["kafka"]
        trigger = of_kind("ScaledObject", KUBERNETES / "autoscaling")["freshet"]["spec"]["triggers"][0]["metadata"]
        self.assertEqual((trigger["consumerGroup"], trigger["topic"]), (kafka["group"], kafka["events_topic"]))


if __name__ == "__main__":
    unittest.main()
