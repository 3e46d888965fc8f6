"""Reads samples from standard input and compares our figures with those of RecTools and scikit-learn.

Where neither has a metric, it is computed from its textbook formula by NumPy and SciPy, in another
way than ours.
"""

import json
import sys

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.metrics import (CatalogCoverage, F1Beta, HitRate, IntraListDiversity, MeanInvUserFreq,
                              MRR, NDCG, PairwiseDistanceCalculator, Precision, Recall, Serendipity)
from scipy.stats import entropy
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity

TOLERANCE = 1e-9
AUC_TOLERANCE = 2e-4  # Ours takes probabilities within 1/2048 of each other for equal.
BINS = 15


def table(rows, columns):
    return pd.DataFrame(rows, columns=columns)


def recommended(cases):
    return table([(user, item, place) for user, case in enumerate(cases)
                  for place, item in enumerate(case["list"], 1)],
                 [Columns.User, Columns.Item, Columns.Rank])


def interactions(relevant):
    return table([(user, item) for user, items in enumerate(relevant) for item in items],
                 [Columns.User, Columns.Item])


def ranking(k, reco, relevant):
    """RecTools' mean over lists of each metric at k, under our names."""
    return {
        "hit_rate": HitRate(k).calc(reco, relevant),
        "recall": Recall(k).calc(reco, relevant),
        "precision": Precision(k).calc(reco, relevant),
        "f1": F1Beta(k).calc(reco, relevant),
        "mrr": MRR(k).calc(reco, relevant),
        "ndcg": NDCG(k, divide_by_achievable=True).calc(reco, relevant),
    }


class CosineDistance(PairwiseDistanceCalculator):
    def __init__(self, vectors):
        self.distance = 1 - cosine_similarity(vectors)

    def _get_distances_for_item_pairs(self, items_0, items_1):
        return self.distance[np.asarray(items_0) - 1, np.asarray(items_1) - 1]


def probabilities(events):
    """scikit-learn's AUC, log loss and calibration curve over listed items and targets."""
    given = np.array([p for e in events for p in e["probabilities"]])
    hit = np.array([item == e["target"] for e in events for item in e["list"]])
    target = np.maximum([e["target_probability"] for e in events], 1e-7)
    share, promised = calibration_curve(hit, given, n_bins=BINS, strategy="uniform")
    sizes, _ = np.histogram(given, bins=BINS, range=(0, 1))
    return {
        "auc": roc_auc_score(hit, given),
        "log_loss": log_loss(np.ones(len(events)), target, labels=[0, 1]),
        "calibration_error": np.sum(sizes[sizes > 0] * np.abs(share - promised)) / len(given),
    }


def gini(events, items):
    """Half the mean difference of all pairs, divided by the mean."""
    exposure = np.bincount([i for e in events for i in e["list"]], minlength=items + 1)[1:]
    return np.abs(exposure[:, None] - exposure[None, :]).mean() / 2 / exposure.mean()


def calibration_divergence(events, categories):
    def of(item):
        first = item % categories
        return [] if first == 0 else [first] if item % 3 else [first, first % (categories - 1) + 1]

    def shares(items):
        parts = [(category, 1 / len(of(i))) for i in items for category in of(i)]
        if not parts:
            return None
        counts = np.bincount([c for c, _ in parts], [w for _, w in parts], minlength=categories)[1:]
        return counts / counts.sum()

    pairs = [(shares(e["history"]), shares(e["list"])) for e in events]
    return np.mean([entropy(p, .99 * q + .01 * p) for p, q in pairs
                    if p is not None and q is not None])


def surprise(events, reco, distance):
    """RecTools' hits that popularity's list does not have, each weighted by its distance."""
    surprising = interactions([[] if e["target"] in e["popular"] else [e["target"]] for e in events])
    hits = HitRate(20).calc_per_user(reco, surprising)
    weights = [min((distance[e["target"] - 1, i - 1] for i in e["history"]), default=1)
               for e in events]
    return sum(hit * weights[user] for user, hit in hits.items()) / len(events)


def beyond_hits(sample):
    """Every other figure of ours, by other means."""
    events, items = sample["events"], len(sample["vectors"])
    catalog = list(range(1, items + 1))
    reco, relevant = recommended(events), interactions([[e["target"]] for e in events])
    before = table(enumerate(sample["counted"]), [Columns.User, Columns.Item])
    distance = CosineDistance(np.array(sample["vectors"]))
    return probabilities(events) | {
        "gini": gini(events, items),
        "novelty": MeanInvUserFreq(20).calc(reco, before),
        "intra_list_diversity": IntraListDiversity(20, distance).calc(reco),
        "serendipity": Serendipity(20).calc(reco, relevant, before, catalog),
        "surprise": surprise(events, reco, distance.distance),
        "calibration_divergence": calibration_divergence(events, sample["categories"]),
    }


def differences(name, ours, theirs):
    tolerance = AUC_TOLERANCE if name.endswith("auc") else TOLERANCE
    print(f"{name:32} ours {ours:.9f}  theirs {theirs:.9f}")
    return [] if abs(ours - theirs) <= tolerance else [name]


def compare(sample):
    wrong = []
    catalog = list(range(1, len(sample["vectors"]) + 1))
    for what, cases, figures in [("events", sample["events"], sample["figures"]),
                                 ("baskets", sample["baskets"], sample["basket_figures"])]:
        reco = recommended(cases)
        relevant = interactions([c.get("relevant", [c.get("target")]) for c in cases])
        for at in figures["at"]:
            for name, theirs in ranking(at["k"], reco, relevant).items():
                wrong += differences(f"{what}: {name} @{at['k']}", at[name], theirs)
            if what == "events":
                coverage = CatalogCoverage(at["k"], normalize=True).calc(reco, catalog)
                wrong += differences(f"coverage @{at['k']}", at["coverage"], coverage)
    for name, theirs in beyond_hits(sample).items():
        wrong += differences(name, sample["figures"][name], theirs)
    return wrong


def main():
    sample = json.load(sys.stdin)
    print(f"seed {sample['seed']}")
    wrong = compare(sample)
    print(f"differ: {', '.join(wrong)}" if wrong else "all agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
