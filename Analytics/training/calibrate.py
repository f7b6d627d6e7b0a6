"""
How far a score can be trusted: for each head, slope and offset on the logit (Platt 1999) that make scores shares of right
findings, fitted on documents that neither the network nor its teachers were trained on (corpora.for_calibration).
"""
import json
import pickle
import sys

import numpy as np
import torch

from corpora import for_calibration
from distill import loaded
from network import SHIPPED, forbidden, labels, spans, viterbi
from train import hidden_states

EDGE = 1e-4


def log_sum(values, axis):
    most = values.max(axis)
    return most + np.log(np.exp(values - np.expand_dims(most, axis)).sum(axis))


def scored(emissions, step, first, last, names):
    """{(first, end, type): probability of exactly this run} for the runs of the best path."""
    path = viterbi(emissions, step, first, last)
    runs = spans(path, names)
    if not runs:
        return {}
    ahead, behind = [first + emissions[0]], [last]
    for row in emissions[1:]:
        ahead.append(log_sum(ahead[-1][:, None] + step, 0) + row)
    for row in emissions[:0:-1]:
        behind.append(log_sum(step + (row + behind[-1])[None], 1))
    behind.reverse()
    total, result = log_sum(ahead[-1] + last, 0), {}
    for start, end, kind in runs:
        value = ahead[start][path[start]] + behind[end - 1][path[end - 1]]
        for t in range(start + 1, end):
            value += step[path[t - 1], path[t]] + emissions[t][path[t]]
        result[start, end, kind] = float(np.exp(min(0.0, value - total)))
    return result


def fitted(scores, right):
    """Slope and offset of the logistic regression of `right` on the logits, by Newton's method with a slight prior at 1, 0."""
    p = np.clip(np.array(scores), EDGE, 1 - EDGE)
    x = np.stack([np.log(p / (1 - p)), np.ones(len(p))], 1)
    y, start = np.array(right, float), np.array([1.0, 0.0])
    w = start.copy()
    for _ in range(50):
        q = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (q - y) + (w - start)
        curve = (x * (q * (1 - q))[:, None]).T @ x + np.eye(2)
        w = w - np.linalg.solve(curve, slope)
    return w


def expected_error(scores, right):
    scores, right = np.array(scores), np.array(right, float)
    bins = np.minimum(9, (scores * 10).astype(int))
    return sum(abs(right[bins == b].sum() - scores[bins == b].sum()) for b in range(10)) / len(scores)


def main(prepared_file, weights, out):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    prepared = pickle.load(open(prepared_file, "rb"))
    net = loaded(prepared, weights).eval()
    found = {head: ([], []) for head in SHIPPED}
    with torch.no_grad():
        for items in prepared["groups"].values():
            items = sorted((x for x in items if for_calibration(x[0].document)), key=lambda x: len(x[1]))
            for p in range(0, len(items), 32):
                batch = items[p : p + 32]
                heads = [h for h in SHIPPED if any(h in x[0].labels for x in batch)]
                if not heads:
                    continue
                hidden, _ = hidden_states(net, batch, prepared["rows"])
                for head in heads:
                    emissions, crf = net.heads[head](hidden).double().numpy(), net.crfs[head]
                    step, first, last = (a.double().numpy() + b for a, b in zip((crf.step, crf.first, crf.last), forbidden(head)))
                    names = labels(head)
                    for r, (s, *_) in enumerate(batch):
                        if head not in s.labels:
                            continue
                        gold = spans([names.index(x) for x in s.labels[head]], names)
                        for run, score in scored(emissions[r, : len(s.words)], step, first, last, names).items():
                            found[head][0].append(score)
                            found[head][1].append(run in gold)
    result = {}
    for head, (scores, right) in found.items():
        slope, offset = fitted(scores, right)
        p = np.clip(scores, EDGE, 1 - EDGE)
        after = 1 / (1 + np.exp(-(slope * np.log(p / (1 - p)) + offset)))
        print("%s: %d findings, %.3f right, slope %.3f, offset %.3f, expected error %.3f before, %.3f after (on the same)" % (
            head, len(scores), np.mean(right), slope, offset, expected_error(scores, right), expected_error(after, right)), flush=True)
        result[head] = {"slope": round(float(slope), 4), "offset": round(float(offset), 4)}
    with open(out, "w") as f:
        json.dump(result, f)


if __name__ == "__main__":
    main(*sys.argv[1:4])
