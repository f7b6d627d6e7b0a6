"""The encoder (word table, character convolution, gazetteer bits, two BiLSTM layers), its heads and their CRFs."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from corpora import ALL_CASE_TYPES

CASE = ["Problem", "Test", "Treatment", "Drug", "Dosage", "LabValue", "Anatomy"]
PHI = ["Name", "Place", "Date", "Age", "Contact", "Id"]
HEADS = {
    "chemical": ["Chemical"], "disease": ["Disease"], "disease-ncbi": ["Disease"],
    "case": CASE, "phi": PHI, "aux-anatomy": ["Anatomy"], "aux-chebi": ["Chemical"], "aux-simple": ["Chemical"], "aux-case": ALL_CASE_TYPES,
}
SHIPPED = ["chemical", "disease", "disease-ncbi", "case", "phi"]
ASSERTIONS = ["present", "negated", "uncertain"]


def labels(head):
    return ["O"] + [p + "-" + t for t in HEADS[head] for p in "BIES"]


def forbidden(head):
    """-1e4 where BIOES forbids the step, 0 elsewhere; also for first and last labels."""
    names = labels(head)
    step = np.zeros((len(names), len(names)), np.float32)
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            ok = (a[0] in "OES" and b[0] in "OBS") or (a[0] in "BI" and b[0] in "IE" and a[2:] == b[2:])
            step[i, j] = 0 if ok else -1e4
    first = np.array([-1e4 if n[0] in "IE" else 0 for n in names], np.float32)
    last = np.array([-1e4 if n[0] in "BI" else 0 for n in names], np.float32)
    return step, first, last


class Crf(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.step = nn.Parameter(torch.zeros(size, size))
        self.first = nn.Parameter(torch.zeros(size))
        self.last = nn.Parameter(torch.zeros(size))

    def detached(self):
        """The same with parameters that are not trained."""
        copy = Crf(len(self.first))
        for own, other in zip(copy.parameters(), self.parameters()):
            own.data = other.data
            own.requires_grad_(False)
        return copy

    def partition(self, emissions, lengths):
        """log Z of each sentence."""
        mask = torch.arange(emissions.shape[1])[None] < lengths[:, None]
        alpha = self.first + emissions[:, 0]
        for t in range(1, emissions.shape[1]):
            following = torch.logsumexp(alpha[:, :, None] + self.step[None], 1) + emissions[:, t]
            alpha = torch.where(mask[:, t][:, None], following, alpha)
        return torch.logsumexp(alpha + self.last, 1)

    def loss(self, emissions, gold, lengths):
        size, length, _ = emissions.shape
        mask = torch.arange(length)[None] < lengths[:, None]
        total = self.partition(emissions, lengths)
        score = (emissions.gather(2, gold[:, :, None]).squeeze(2) * mask).sum(1) + self.first[gold[:, 0]]
        score = score + (self.step[gold[:, :-1], gold[:, 1:]] * mask[:, 1:]).sum(1)
        score = score + self.last[gold.gather(1, (lengths - 1)[:, None]).squeeze(1)]
        return (total - score).sum() / size


class Network(nn.Module):
    def __init__(self, vectors, alphabet, bits, hidden):
        super().__init__()
        self.words = nn.Embedding.from_pretrained(vectors, freeze=False, padding_idx=0, sparse=True)
        self.characters = nn.Embedding(alphabet, 24, padding_idx=0)
        self.convolution = nn.Conv1d(24, 56, 3, padding=1)
        self.bits = bits
        self.lstm = nn.LSTM(100 + 56 + bits, hidden, 2, bidirectional=True, batch_first=True)
        self.heads = nn.ModuleDict({k: nn.Linear(2 * hidden, len(labels(k))) for k in HEADS})
        self.assertion = nn.Linear(2 * hidden, len(ASSERTIONS))
        self.crfs = nn.ModuleDict({k: Crf(len(labels(k))) for k in HEADS if not k.startswith("aux")})

    def spell(self, rows):
        """[n, characters] -> [n, 56]"""
        return F.relu(self.convolution(self.characters(rows).transpose(1, 2))).amax(2)

    def encode(self, words, spelled, bits):
        x = torch.cat([self.words(words), spelled], 2)
        if self.training:
            x = x * ((torch.rand(x.shape[0], 1, x.shape[2]) > 0.35).float() / 0.65)
            bits = bits * (torch.rand(bits.shape[0], 1, 1) > 0.15).float()
        hidden, _ = self.lstm(torch.cat([x, bits], 2))
        if self.training:
            hidden = hidden * ((torch.rand(hidden.shape[0], 1, hidden.shape[2]) > 0.4).float() / 0.6)
        return hidden


def viterbi(emissions, step, first, last):
    """The best label path of one sentence; `step`, `first`, `last` include what is forbidden."""
    best = first + emissions[0]
    back = []
    for row in emissions[1:]:
        scores = best[:, None] + step
        back.append(scores.argmax(0))
        best = scores.max(0) + row
    path = [int((best + last).argmax())]
    for b in reversed(back):
        path.append(int(b[path[-1]]))
    return path[::-1]


def spans(path, names):
    found, start = set(), 0
    for i, y in enumerate(path):
        name = names[y]
        if name[0] in "BS":
            start = i
        if name[0] in "ES":
            found.add((start, i + 1, name[2:]))
    return found
