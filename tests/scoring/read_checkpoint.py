#!/usr/bin/env python3
"""Rebuilds the network from checkpoints and compares its scores with those that Freshet wrote beside
them: read_checkpoint.py WRITER, the program that writes both into a folder. With NumPy alone; where
PyTorch is installed, once more as a module of it (its file read by `safetensors.torch.load_file`,
where that is installed, too)."""

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


def scores_after(sequence, conditions, metadata, w):
    """Scores of all items after a sequence of (row, action, gap bucket), oldest first, under
    conditions, which are rows of four tables on top of each other."""
    newest_first = sequence[::-1][:int(metadata["history_max"])]
    x = np.array([w["item.embedding"][row]
                  + w["action.embedding"][min(action, len(w["action.embedding"]) - 1)]
                  + w["gap.embedding"][min(gap, len(w["gap.embedding"]) - 1)]
                  + w["position.embedding"][back]
                  for back, (row, action, gap) in enumerate(newest_first)])
    table = np.concatenate([w[f"{name}.embedding"] for name in ("task", "hour", "weekday", "value")])
    x[0] += table[conditions].sum(axis=0)
    query = x[0] @ w["skip"]
    for head in range(int(metadata["heads"])):
        attention = softmax(x @ (x[0] @ w[f"attention.{head}.query"]) / np.sqrt(len(x[0])))
        query = query + (attention @ x) @ w[f"attention.{head}.output"]
    query = query + np.maximum(query @ w["hidden.in"], 0) @ w["hidden.out"]
    return w["item.embedding"] @ query + w["item.bias"]


def torch_weights(path, weights):
    """Returns the tensors of the file, or None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    try:
        from safetensors.torch import load_file
        return load_file(path)
    except ImportError:
        return {name: torch.from_numpy(array.copy()) for name, array in weights.items()}


def torch_scores_after(sequence, conditions, metadata, w):
    """The same as scores_after, by PyTorch."""
    import torch
    newest_first = sequence[::-1][:int(metadata["history_max"])]
    rows, actions, gaps = (torch.tensor(column) for column in zip(*newest_first))
    x = (w["item.embedding"][rows] + w["action.embedding"][actions] + w["gap.embedding"][gaps]
         + w["position.embedding"][:len(newest_first)])
    table = torch.cat([w[f"{name}.embedding"] for name in ("task", "hour", "weekday", "value")])
    x[0] += table[torch.tensor(conditions, dtype=torch.long)].sum(0)
    query = x[0] @ w["skip"]
    for head in range(int(metadata["heads"])):
        keys = x[0] @ w[f"attention.{head}.query"]
        attention = torch.softmax(x @ keys / x.shape[1] ** 0.5, 0)
        query = query + (attention @ x) @ w[f"attention.{head}.output"]
    query = query + torch.relu(query @ w["hidden.in"]) @ w["hidden.out"]
    return (w["item.embedding"] @ query + w["item.bias"]).numpy()


def check(path):
    metadata, weights = load(path)
    cases = json.loads(path.with_suffix(".json").read_text())
    worst = max(np.abs(scores_after(case["sequence"], case["conditions"], metadata, weights) - case["scores"]).max()
                for case in cases)
    print(f"{path.name}: {len(weights)} tensors, {len(cases)} sequences, largest difference {worst:.2g}")
    tensors = torch_weights(path, weights)
    if tensors is None:
        print("  no PyTorch here: not rebuilt with it")
    else:
        by_torch = max(np.abs(torch_scores_after(case["sequence"], case["conditions"], metadata, tensors)
                              - case["scores"]).max() for case in cases)
        print(f"  by PyTorch: largest difference {by_torch:.2g}")
        worst = max(worst, by_torch)
    assert all(np.ptp(case["scores"]) > 0.1 for case in cases), "scores that tell nothing"
    assert all(f"adagrad.{name}" in weights for name in weights if not name.startswith("adagrad."))
    return worst < 1e-4


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        paths = sorted(Path(folder).rglob("*.safetensors"))
        in_checkpoints = [path for path in paths if path.name == "network.safetensors"]
        return 0 if in_checkpoints and all([check(path) for path in paths]) else 1


if __name__ == "__main__":
    sys.exit(main())
