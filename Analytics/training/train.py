"""Trains the network of network.py on build/prepared.pkl and keeps the averaged weights. Seeded; one thread."""
import argparse
import pickle
import random
import time
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from corpora import for_calibration, held_back
from exchange import exchanged
from network import ASSERTIONS, HEADS, Network, forbidden, labels, spans, viterbi

# How often a step takes its batch from each group.
SHARES = {"cdr": 0.38, "ncbi": 0.15, "case": 0.27, "negex": 0.06, "aux": 0.06, "phi": 0.08}


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("prepared")
    p.add_argument("out")
    p.add_argument("--hidden", type=int, default=200)
    p.add_argument("--steps", type=int, default=8000)
    p.add_argument("--batch", type=int, default=24)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--every", type=int, default=1000)
    p.add_argument("--spare", action="store_true", help="do not train on what scores are calibrated on")
    p.add_argument("--exchange", type=int, default=2, help="copies of the case reports with other mentions")
    p.add_argument("--resume", default="", help="weights to begin with")
    p.add_argument("--shares", default="", help="group=share,... instead of SHARES")
    return p.parse_args()


class Batches:
    """Endless batches of one group, sentences of like length together."""

    def __init__(self, items, size):
        self.items, self.size, self.queue = items, size, []

    def next(self):
        if not self.queue:
            order = list(range(len(self.items)))
            random.shuffle(order)
            for p in range(0, len(order), self.size * 40):
                pool = sorted(order[p : p + self.size * 40], key=lambda i: len(self.items[i][1]))
                self.queue += [pool[q : q + self.size] for q in range(0, len(pool), self.size)]
            random.shuffle(self.queue)
        return [self.items[i] for i in self.queue.pop()]


def sources_of(prepared, a):
    """{group: [(sentences, batches)]}, one for each set of heads that a corpus of the group has labels for."""
    train = {k: [x for x in v if not held_back(x[0].document)] for k, v in prepared["groups"].items()}
    if a.spare:
        train = {k: [x for x in v if not for_calibration(x[0].document)] for k, v in train.items()}
    if a.exchange:
        train["case"] = a.exchange * train["case"] + exchanged(train["case"], prepared, a.exchange, 0.5, a.seed)
    print({k: len(v) for k, v in train.items()}, flush=True)
    sources = {}
    for k, items in train.items():
        by_heads = {}
        for x in items:
            by_heads.setdefault(tuple(x[0].labels), []).append(x)
        sources[k] = [(len(v), Batches(v, a.batch)) for v in by_heads.values()]
    return sources


def tensors(batch, rows):
    longest = max(len(x[1]) for x in batch)
    words = np.zeros((len(batch), longest), np.int64)
    forms = np.zeros((len(batch), longest), np.int64)
    bits = np.zeros((len(batch), longest, batch[0][3].shape[1]), np.float32)
    for r, (_, w, f, b) in enumerate(batch):
        words[r, : len(w)], forms[r, : len(w)], bits[r, : len(w)] = w, f, b
    lengths = np.array([len(x[1]) for x in batch])
    distinct, where = np.unique(forms, return_inverse=True)
    return (torch.from_numpy(words), torch.from_numpy(rows[distinct].astype(np.int64)),
            torch.from_numpy(where.reshape(forms.shape)), torch.from_numpy(bits), torch.from_numpy(lengths))


def hidden_states(net, batch, rows, rare=None):
    words, distinct, where, bits, lengths = tensors(batch, rows)
    if rare is not None:
        words = torch.where(rare[words] & (torch.rand(words.shape) < 0.5) & (words > 0), torch.ones_like(words), words)
    spelled = net.spell(distinct)[where] * (torch.arange(words.shape[1])[None] < lengths[:, None])[:, :, None]
    return net.encode(words, spelled, bits), lengths


def loss_of(net, hidden, lengths, batch, indices):
    mask = torch.arange(hidden.shape[1])[None] < lengths[:, None]
    total = 0
    for head in batch[0][0].labels:
        if head == "assertion":
            total = total + assertion_loss(net, hidden, batch)
            continue
        gold = np.zeros(hidden.shape[:2], np.int64)
        for r, (s, *_) in enumerate(batch):
            gold[r, : len(s.words)] = [indices[head][x] for x in s.labels[head]]
        gold = torch.from_numpy(gold)
        emissions = net.heads[head](hidden)
        if head in net.crfs:
            total = total + net.crfs[head].loss(emissions, gold, lengths)
        else:
            total = total + 0.5 * F.cross_entropy(emissions[mask], gold[mask], reduction="sum") / len(batch)
    return total


def assertion_loss(net, hidden, batch):
    where, gold = [], []
    for r, (s, *_) in enumerate(batch):
        for i, value in enumerate(s.labels.get("assertion", ())):
            if value is not None:
                where.append((r, i))
                gold.append(value)
    if not where:
        return 0
    r, i = zip(*where)
    log = F.log_softmax(net.assertion(hidden[list(r), list(i)]), 1)
    loss = 0
    for value in set(gold):
        part = log[[k for k, g in enumerate(gold) if g == value]]
        # The NegEx kit says only "not negated": then any other value is right.
        loss = loss - (torch.logsumexp(part[:, [0, 2]], 1) if value == "affirmed" else part[:, ASSERTIONS.index(value)]).sum()
    return loss / len(batch)


def evaluate(net, groups, rows):
    """F1 by head and type over what was held back."""
    net.eval()
    found = {}
    with torch.no_grad():
        for group, items in groups.items():
            if group == "aux":
                continue
            items = sorted((x for x in items if held_back(x[0].document)), key=lambda x: len(x[1]))
            for p in range(0, len(items), 32):
                batch = items[p : p + 32]
                hidden, _ = hidden_states(net, batch, rows)
                for head in batch[0][0].labels:
                    if head == "assertion":
                        score_assertions(net, hidden, batch, found.setdefault(group + ":negated", Counter()))
                        continue
                    if not head.startswith("aux"):
                        score_head(net, head, hidden, batch, found)
    net.train()
    result = []
    for k, c in found.items():
        p, r = c["tp"] / max(1, c["tp"] + c["fp"]), c["tp"] / max(1, c["tp"] + c["fn"])
        result.append("%s P %.2f R %.2f F %.2f" % (k, 100 * p, 100 * r, 200 * p * r / max(1e-9, p + r)))
    return "\n  ".join(result)


def score_head(net, head, hidden, batch, found):
    emissions = net.heads[head](hidden).numpy()
    crf, (step, first, last) = net.crfs[head], forbidden(head)
    step, first, last = crf.step.numpy() + step, crf.first.numpy() + first, crf.last.numpy() + last
    names = labels(head)
    for r, (s, *_) in enumerate(batch):
        got = spans(viterbi(emissions[r, : len(s.words)], step, first, last), names)
        gold = spans([names.index(x) for x in s.labels[head]], names)
        for key in [head] + ([head + ":" + t for t in HEADS[head]] if len(HEADS[head]) > 1 else []):
            kind = key.partition(":")[2]
            g, o = [{x for x in y if not kind or x[2] == kind} for y in (got, gold)]
            found.setdefault(key, Counter()).update(tp=len(g & o), fp=len(g - o), fn=len(o - g))


def score_assertions(net, hidden, batch, counts):
    values = torch.softmax(net.assertion(hidden), 2).numpy()
    for r, (s, *_) in enumerate(batch):
        row, start = s.labels.get("assertion"), 0
        while row is not None and start < len(row):
            end = start + 1
            while end < len(row) and row[end] == row[start]:
                end += 1
            if row[start] is not None:
                got, gold = values[r, start:end].mean(0).argmax() == 1, row[start] == "negated"
                counts.update(tp=int(got and gold), fp=int(got and not gold), fn=int(gold and not got))
            start = end


def main():
    a = arguments()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    random.seed(a.seed)
    np.random.seed(a.seed)
    torch.manual_seed(a.seed)
    prepared = pickle.load(open(a.prepared, "rb"))
    groups, rows = prepared["groups"], prepared["rows"]
    sources = sources_of(prepared, a)
    counts = prepared["counts"]
    rare = torch.tensor([counts.get(w, 0) <= 1 for w in prepared["vocabulary"]])
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), groups["cdr"][0][3].shape[1], a.hidden)
    if a.resume:
        net.load_state_dict(torch.load(a.resume)["state"])
    others = [p for n, p in net.named_parameters() if n != "words.weight"]
    dense, sparse = torch.optim.Adam(others, lr=a.rate), torch.optim.SparseAdam([net.words.weight], lr=0.3 * a.rate)
    average = {n: p.detach().clone() for n, p in net.named_parameters() if n != "words.weight"}
    indices = {h: {x: i for i, x in enumerate(labels(h))} for h in HEADS}
    chosen = dict(x.split("=") for x in a.shares.split(",")) if a.shares else SHARES
    names, shares = zip(*((k, float(v)) for k, v in chosen.items()))
    started, running = time.time(), {}
    print("parameters", sum(p.numel() for p in others), "of", sum(p.numel() for p in net.parameters()), vars(a), flush=True)

    def save(step, final):
        kept = {n: p.detach().clone() for n, p in net.named_parameters() if n in average}
        with torch.no_grad():
            for n, p in net.named_parameters():
                if n in average:
                    p.copy_(average[n])
        print("step %d, %.1f min\n  %s" % (step, (time.time() - started) / 60, evaluate(net, groups, rows)), flush=True)
        torch.save({"state": net.state_dict(), "hidden": a.hidden, "step": step, "final": final}, a.out)
        with torch.no_grad():
            for n, p in net.named_parameters():
                if n in average:
                    p.copy_(kept[n])

    for step in range(1, a.steps + 1):
        factor = min(1, step / 200) * max(0.02, 1 - step / a.steps)
        for group in dense.param_groups:
            group["lr"] = a.rate * factor
        for group in sparse.param_groups:
            group["lr"] = 0.3 * a.rate * factor
        name = random.choices(names, shares)[0]
        weights, makers = zip(*sources[name])
        batch = random.choices(makers, weights)[0].next()
        loss = loss_of(net, *hidden_states(net, batch, rows, rare), batch, indices)
        dense.zero_grad()
        sparse.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(others, 5.0)
        dense.step()
        sparse.step()
        decay = min(0.998, (1 + step) / (10 + step))
        with torch.no_grad():
            for n, p in net.named_parameters():
                if n in average:
                    average[n].mul_(decay).add_(p, alpha=1 - decay)
        running[name] = 0.98 * running.get(name, loss.item()) + 0.02 * loss.item()
        if step % 100 == 0:
            print("step %d %.1f min " % (step, (time.time() - started) / 60) + " ".join("%s %.2f" % x for x in running.items()), flush=True)
        if step % a.every == 0 or step == a.steps:
            save(step, step == a.steps)


if __name__ == "__main__":
    main()
