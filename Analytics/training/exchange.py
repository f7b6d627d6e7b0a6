"""
More case reports out of the same ones: copies of sentences in which mentions stand in for others of the same fine type
(mention replacement, Dai and Adel 2020). Only sentences that are trained on lend and borrow.
"""
import random

import numpy as np

import gazetteer
from corpora import Sentence
from prepare import normal


def mentions(sentence):
    """[(first, end, case type, fine type)] where both heads draw the same borders."""
    fine, case = sentence.labels["aux-case"], sentence.labels["case"]
    found, first = [], 0
    for i, (a, b) in enumerate(zip(fine, case)):
        if a[0] in "BS":
            first = i
        if a[0] in "ES" and b[0] == a[0] and case[first][0] == fine[first][0]:
            found.append((first, i + 1, b[2:], a[2:]))
    return found


def row(count, kind):
    """BIOES labels of one mention."""
    return ["S-" + kind] if count == 1 else ["B-" + kind] + ["I-" + kind] * (count - 2) + ["E-" + kind]


def exchanged(items, prepared, copies, share, seed):
    """`copies` versions of each sentence with mentions, each mention another one with probability `share`."""
    rng = random.Random(seed)
    ids = {w: i for i, w in enumerate(prepared["vocabulary"])}
    matcher = gazetteer.Matcher(prepared["phrases"])
    forms, pool = {}, {}
    for s, _, shapes, _ in items:
        forms.update(zip(s.words, shapes))
        for first, end, _, fine in mentions(s):
            pool.setdefault(fine, []).append(s.words[first:end])
    result = []
    for _ in range(copies):
        for s, *_ in items:
            words, case, fine, asserted, at = [], [], [], [], 0
            for first, end, kind, exact in [*mentions(s), (len(s.words), len(s.words), "", "")]:
                words += s.words[at:first]
                case += s.labels["case"][at:first]
                fine += s.labels["aux-case"][at:first]
                asserted += s.labels["assertion"][at:first]
                at = end
                if first == end:
                    break
                other = rng.choice(pool[exact]) if rng.random() < share else s.words[first:end]
                words += other
                case += row(len(other), kind)
                fine += row(len(other), exact)
                asserted += [s.labels["assertion"][first]] * len(other)
            if words == s.words:
                continue
            bits = np.zeros((len(words), 3 * len(gazetteer.CATEGORIES)), np.uint8)
            matcher.bits(words, bits)
            numbers = np.array([ids.get(normal(w), 1) for w in words], np.int32)
            copy = Sentence(words, {"case": case, "aux-case": fine, "assertion": asserted}, s.document)
            result.append((copy, numbers, np.array([forms[w] for w in words], np.int32), bits))
    return result
