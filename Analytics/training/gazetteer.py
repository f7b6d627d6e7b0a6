"""Phrases by category, the bits that the network reads, and their file."""
import json
import re

import codes
from tokens import tokenize

CATEGORIES = ["chemical", "disease", "anatomy", "procedure", "first", "last", "place", "cue"]
LONGEST = 8
# Names that are everyday words in notes: as bits they would mislead more than they help.
COMMON = set(
    "a an the of and or in on at to no not with for from by is was are he she it his her they who may will june april "
    "august mark grace hope faith joy art bill rose dawn pat sue drew chance major young old long short small large brown "
    "white black green gray grey bush rice field page price day may case love best good rich poor strong hand foot head "
    "ray chase lane hill wood stone rock park street west east north south bay man woman ward nurse doctor van von de la le".split()
)


def key(text):
    return " ".join(text[s:e].lower() for s, e in tokenize(text))


def _forms(name):
    yield name
    parts = name.split(", ")
    if len(parts) > 1:
        yield " ".join(reversed(parts))


def build(folder, names_file, cues):
    """{phrase of lower-case tokens: bit mask}"""
    phrases = {}

    def add(name, category):
        phrase = key(name)
        if len(phrase) > 2 and phrase.count(" ") < LONGEST:
            phrases[phrase] = phrases.get(phrase, 0) | 1 << CATEGORIES.index(category)
            if phrase.endswith("s") and len(phrase) > 6 and category in ("chemical", "disease", "anatomy"):
                phrases[phrase[:-1]] = phrases.get(phrase[:-1], 0) | 1 << CATEGORIES.index(category)

    letters = {"D": "chemical", "C": "disease", "F03": "disease", "A": "anatomy", "E": "procedure"}
    for _, name, trees in codes.mesh(folder):
        for start, category in letters.items():
            if any(t.startswith(start) for t in trees) and not any(t.startswith("A11") for t in trees):
                for form in _forms(name):
                    add(form, category)
    for _, name, exact, _ in codes.disease_ontology(folder):
        for form in (name, *exact):
            for flipped in _forms(form):
                add(flipped, "disease")
    for _, description in codes.icd10cm(folder):
        name = re.sub(r", (unspecified|not elsewhere classified|initial encounter|sequela|subsequent encounter)$", "", description)
        if len(name) < 40 and "," not in name and not re.search(r"\b(encounter|exposure|contact|due to|with|by|in)\b", name):
            add(name, "disease")
    for category, names in json.load(open(names_file, encoding="utf8")).items():
        for name in names:
            if name.lower() not in COMMON and len(name) > 2:
                add(name, category)
    for cue in cues:
        add(cue, "cue")
    return phrases


class Matcher:
    """Longest match per category, as Analytics/Inference/Gazetteer.cs does it."""

    def __init__(self, phrases):
        self.phrases = phrases
        self.prefixes = set()
        for phrase in phrases:
            words = phrase.split(" ")
            for n in range(1, len(words)):
                self.prefixes.add(" ".join(words[:n]))

    def bits(self, words, rows):
        """Sets begin, inside, end of each category in rows[token][3 * category]."""
        lower = [w.lower() for w in words]
        reach = [0] * len(CATEGORIES)
        for i in range(len(lower)):
            found, phrase = {}, ""
            for n in range(i, min(i + LONGEST, len(lower))):
                phrase = lower[n] if n == i else phrase + " " + lower[n]
                mask = self.phrases.get(phrase, 0)
                for c in range(len(CATEGORIES)):
                    if mask >> c & 1 and reach[c] <= i:
                        found[c] = n + 1
                if phrase not in self.prefixes:
                    break
            for c, end in found.items():
                reach[c] = end
                rows[i][3 * c] = 1
                for j in range(i + 1, end):
                    rows[j][3 * c + 1] = 1
                rows[end - 1][3 * c + 2] = 1
