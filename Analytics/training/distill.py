"""
Several teachers into one student: the student learns from the corpora and, for every head on every sentence, from the
teachers' label probabilities, so that each head also learns from corpora that do not annotate its types. Auxiliary corpora
are text without labels here.

The student begins as the first teacher. A step draws one teacher: the distance is linear in the probabilities, so that on
average its slope is that of their mean, at a share of the cost.
"""
import argparse
import pickle
import random
import time

import numpy as np
import torch
from torch import nn

from network import HEADS, Network, labels
from train import evaluate, hidden_states, loss_of, sources_of

TAUGHT = ["chemical", "disease", "disease-ncbi", "case"]
SHARES = {"cdr": 0.27, "ncbi": 0.18, "case": 0.37, "negex": 0.03, "aux": 0.07, "phi": 0.08}


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("prepared")
    p.add_argument("out")
    p.add_argument("teachers", nargs="+", help="weights; the student has the size of the first")
    p.add_argument("--steps", type=int, default=2000)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=5e-4)
    p.add_argument("--weight", type=float, default=0.7, help="of the teachers against the corpora")
    p.add_argument("--first", type=float, default=1, help="how much the first teacher counts against the others together")
    p.add_argument("--spare", action="store_true", help="do not train on what scores are calibrated on")
    p.add_argument("--exchange", type=int, default=2, help="copies of the case reports with other mentions")
    p.add_argument("--seed", type=int, default=21)
    return p.parse_args()


def loaded(prepared, path):
    saved = torch.load(path)
    bits = prepared["groups"]["cdr"][0][3].shape[1]
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), bits, saved["hidden"])
    net.load_state_dict(saved["state"])
    return net


def taught(teacher, batch, rows):
    """{head: probabilities [sentences, tokens, labels]}; a CRF's are the slope of its log partition."""
    with torch.no_grad():
        hidden, lengths = hidden_states(teacher, batch, rows)
    result = {}
    for head in TAUGHT:
        emissions = teacher.heads[head](hidden).detach().requires_grad_()
        (result[head],) = torch.autograd.grad(teacher.crfs[head].partition(emissions, lengths).sum(), emissions)
    return result


def distance(net, hidden, lengths, probabilities):
    """log Z - sum q e: its slope by the emissions is the student's probability less the teacher's."""
    total = 0
    for head, wanted in probabilities.items():
        emissions = net.heads[head](hidden)
        # Steps between labels come from the corpora alone: the teachers' pairs of labels are not kept.
        crf = net.crfs[head].detached()
        total = total + crf.partition(emissions, lengths).sum() - (wanted * emissions).sum()
    return total / len(lengths)


def main():
    a = arguments()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    random.seed(a.seed)
    np.random.seed(a.seed)
    torch.manual_seed(a.seed)
    prepared = pickle.load(open(a.prepared, "rb"))
    groups, rows = prepared["groups"], prepared["rows"]
    teachers = [loaded(prepared, p).eval() for p in a.teachers]
    trust = [a.first * (len(teachers) - 1)] + [1.0] * (len(teachers) - 1)
    net = loaded(prepared, a.teachers[0])
    sources = sources_of(prepared, a)
    rare = torch.tensor([prepared["counts"].get(w, 0) <= 1 for w in prepared["vocabulary"]])
    indices = {h: {x: i for i, x in enumerate(labels(h))} for h in HEADS}
    trained = [p for n, p in net.named_parameters() if n != "words.weight"]
    net.words.weight.requires_grad_(False)
    adam = torch.optim.Adam(trained, lr=a.rate)
    average = [p.detach().clone() for p in trained]
    names, shares = zip(*SHARES.items())
    started, running = time.time(), {}
    net.train()
    for step in range(1, a.steps + 1):
        for group in adam.param_groups:
            group["lr"] = a.rate * min(1, step / 50) * max(0.05, 1 - step / a.steps)
        name = random.choices(names, shares)[0]
        weights, makers = zip(*sources[name])
        batch = random.choices(makers, weights)[0].next()
        hidden, lengths = hidden_states(net, batch, rows, rare)
        if name in ("phi", "negex"):
            loss = loss_of(net, hidden, lengths, batch, indices)
        else:
            loss = a.weight * distance(net, hidden, lengths, taught(random.choices(teachers, trust)[0], batch, rows))
            if name != "aux":
                loss = loss + (1 - a.weight) * loss_of(net, hidden, lengths, batch, indices)
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 5.0)
        adam.step()
        decay = min(0.998, (1 + step) / (10 + step))
        with torch.no_grad():
            for m, p in zip(average, trained):
                m.mul_(decay).add_(p, alpha=1 - decay)
        running[name] = 0.95 * running.get(name, loss.item()) + 0.05 * loss.item()
        if step % 20 == 0:
            print("step %d %.1f min " % (step, (time.time() - started) / 60) + " ".join("%s %.2f" % x for x in running.items()), flush=True)
        if step % 200 == 0 or step == a.steps:
            kept = [p.detach().clone() for p in trained]
            with torch.no_grad():
                for m, p in zip(average, trained):
                    p.copy_(m)
            torch.save({"state": net.state_dict(), "hidden": net.lstm.hidden_size, "step": step, "final": step == a.steps}, a.out)
            scored = {k: groups[k] for k in ("cdr", "ncbi", "case", "negex")}
            print("step %d\n  %s" % (step, evaluate(net, scored, rows)), flush=True)
            with torch.no_grad():
                for m, p in zip(kept, trained):
                    p.copy_(m)


if __name__ == "__main__":
    main()
