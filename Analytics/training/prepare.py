"""Reads every corpus once and writes build/prepared.pkl: sentences, vocabulary, vectors, gazetteer."""
import json
import os
import pickle
import sys
from collections import Counter

import numpy as np

import corpora
import gazetteer
import phi
from tokens import tokenize

VOCABULARY = 92000
CHARACTERS = 16


def normal(word):
    """Lower case; numbers by their length, so that no table row is spent on each."""
    lower = word.lower()
    return "<d%d>" % min(len(lower), 6) if lower.isdigit() else lower


def main(data, vectors_file, names_file, out):
    cues = [c for c in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cues.txt")).read().split("\n") if c]
    phrases = gazetteer.build(data, names_file, cues)
    groups = {
        "cdr": list(corpora.bc5cdr(data)), "ncbi": list(corpora.ncbi(data)), "case": list(corpora.maccrobat(data)),
        "negex": list(corpora.negex(data)), "aux": [s for s in corpora.auxiliary(data) if len(s.words) <= 80],
        "phi": list(corpora.presidio(data)) + list(phi.generate(names_file, 9000, 1)),
    }
    print({k: (len(v), sum(len(s.words) for s in v)) for k, v in groups.items()}, flush=True)

    trained = Counter()
    for sentences in groups.values():
        for s in sentences:
            if not corpora.held_back(s.document):
                trained.update(map(normal, s.words))
    medical = Counter()
    for phrase, mask in phrases.items():
        if mask & 15:
            medical.update(w for w in phrase.split(" ") if not w.isdigit())

    table = json.load(open(vectors_file, encoding="utf8"))
    known = table["vectors"]
    ranked = [w for w in table["words"] if not any(c.isdigit() for c in w) and len(tokenize(w)) == 1]
    vocabulary = ["<pad>", "<unk>"] + ["<d%d>" % n for n in range(1, 7)]
    chosen = set(vocabulary)

    def take(words):
        for w in words:
            if w not in chosen and len(vocabulary) < VOCABULARY:
                chosen.add(w)
                vocabulary.append(w)

    take(w for w, n in trained.items() if n >= 2 or w in known)
    take(w for w in medical if w in known)
    print("of corpora and codes", len(vocabulary), flush=True)
    take(ranked)

    rng = np.random.default_rng(1)
    vectors = rng.uniform(-0.3, 0.3, (len(vocabulary), 100)).astype(np.float32)
    vectors[0] = 0
    for i, w in enumerate(vocabulary):
        if w in known:
            vectors[i] = known[w][:100]
    for n in range(1, 7):
        same = [known[w][:100] for w in table["words"] if w.isdigit() and min(len(w), 6) == n][:200]
        if same:
            vectors[1 + n] = np.mean(same, 0)
    covered = sum(trained[w] for w in trained if w in known) / sum(trained.values())
    print("vocabulary", len(vocabulary), "tokens with a vector %.4f" % covered, flush=True)

    characters = Counter(c for v in groups.values() for s in v for w in s.words for c in w)
    alphabet = ["<pad>", "<unk>"] + sorted(c for c, n in characters.items() if n >= 8)
    matcher = gazetteer.Matcher(phrases)
    forms = {}
    ids = {w: i for i, w in enumerate(vocabulary)}
    for sentences in groups.values():
        for i, s in enumerate(sentences):
            bits = np.zeros((len(s.words), 3 * len(gazetteer.CATEGORIES)), np.uint8)
            matcher.bits(s.words, bits)
            words = np.array([ids.get(normal(w), 1) for w in s.words], np.int32)
            shapes = np.array([forms.setdefault(w, len(forms)) for w in s.words], np.int32)
            sentences[i] = (s, words, shapes, bits)
    letters = {c: i for i, c in enumerate(alphabet)}
    rows = np.zeros((len(forms), CHARACTERS), np.int32)
    for word, i in forms.items():
        kept = word if len(word) <= CHARACTERS else word[: CHARACTERS // 2] + word[-CHARACTERS // 2 :]
        rows[i, : len(kept)] = [letters.get(c, 1) for c in kept]
    with open(out, "wb") as f:
        pickle.dump({"groups": groups, "vocabulary": vocabulary, "vectors": vectors, "alphabet": alphabet, "rows": rows,
                     "phrases": phrases, "counts": dict(trained)}, f, protocol=4)


if __name__ == "__main__":
    main(*sys.argv[1:5])
