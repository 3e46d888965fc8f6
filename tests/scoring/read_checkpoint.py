#!/usr/bin/env python3
"""Rebuilds the network from checkpoints with NumPy alone and compares its scores with those that
Freshet wrote beside them: read_checkpoint.py WRITER, the program that writes both into a folder.
With safetensors installed, `safetensors.numpy.load_file` gives what `load` below gives."""

import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def load(path):
    """Returns the metadata and the arrays of a safetensors file, by name."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, values = json.loads(data[8:8 + length]), data[8 + length:]
    metadata = header.pop("__metadata__")
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", name
        arrays[name] = np.frombuffer(values[begin:end], "<f4").reshape(entry["shape"])
    return metadata, arrays


def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def scores_after(sequence, metadata, w):
    """Scores of all items after a sequence of (row, action, gap bucket), oldest first."""
    newest_first = sequence[::-1][:int(metadata["history_max"])]
    x = np.array([w["item.embedding"][row]
                  + w["action.embedding"][min(action, len(w["action.embedding"]) - 1)]
                  + w["gap.embedding"][min(gap, len(w["gap.embedding"]) - 1)]
                  + w["position.embedding"][back]
                  for back, (row, action, gap) in enumerate(newest_first)])
    query = x[0] @ w["skip"]
    for head in range(int(metadata["heads"])):
        attention = softmax(x @ (x[0] @ w[f"attention.{head}.query"]) / np.sqrt(len(x[0])))
        query = query + (attention @ x) @ w[f"attention.{head}.output"]
    query = query + np.maximum(query @ w["hidden.in"], 0) @ w["hidden.out"]
    return w["item.embedding"] @ query + w["item.bias"]


def check(path):
    metadata, weights = load(path)
    cases = json.loads(path.with_suffix(".json").read_text())
    worst = max(np.abs(scores_after(case["sequence"], metadata, weights) - case["scores"]).max()
                for case in cases)
    print(f"{path.name}: {len(weights)} tensors, {len(cases)} sequences, largest difference {worst:.2g}")
    assert all(np.ptp(case["scores"]) > 0.1 for case in cases), "scores that tell nothing"
    assert all(f"adagrad.{name}" in weights for name in weights if not name.startswith("adagrad."))
    return worst < 1e-4


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        paths = sorted(Path(folder).glob("*.safetensors"))
        return 0 if paths and all([check(path) for path in paths]) else 1


if __name__ == "__main__":
    sys.exit(main())
