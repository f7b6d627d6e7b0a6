"""The corpora of the data folder as sentences of (text, start, end) tokens with labels, split by document."""
import glob
import hashlib
import json
import os
import re

from tokens import sentences, tokenize

CASE_TYPES = {
    "Sign_symptom": "Problem", "Disease_disorder": "Problem", "Diagnostic_procedure": "Test",
    "Therapeutic_procedure": "Treatment", "Medication": "Drug", "Dosage": "Dosage",
    "Lab_value": "LabValue", "Biological_structure": "Anatomy",
}
ALL_CASE_TYPES = [
    "Diagnostic_procedure", "Sign_symptom", "Biological_structure", "Detailed_description", "Lab_value", "Disease_disorder",
    "Therapeutic_procedure", "Medication", "Date", "Clinical_event", "Severity", "History", "Dosage",
    "Nonbiological_location", "Coreference", "Duration", "Age", "Sex", "Administration", "Distance", "Activity",
    "Family_history", "Other",
]
POLARITY = {"NEG": "negated", "MAYBE_NEG": "negated", "UNCERTAIN": "uncertain", "MAYBE_POS": "uncertain"}


def held_back(document):
    """One document in ten is never trained on: the first byte of SHA-256 of its id decides."""
    return hashlib.sha256(document.encode()).digest()[0] < 26


def for_calibration(document):
    """One document in twelve is kept from the networks that scores are calibrated on; never one that is held back."""
    return 26 <= hashlib.sha256(document.encode()).digest()[0] < 47


class Sentence:
    """Words with, for each head, one BIOES label a token (or a masked None)."""

    __slots__ = ("words", "labels", "document", "text_start", "offsets")

    def __init__(self, words, labels, document, offsets=None):
        self.words, self.labels, self.document, self.offsets = words, labels, document, offsets


def flat(spans):
    """Non-overlapping spans: the longer one of those that start first."""
    kept, last = [], -1
    for span in sorted(spans, key=lambda x: (x[0], -(x[1] - x[0]))):
        if span[0] >= last:
            kept.append(span)
            last = span[1]
    return kept


def bioes(tokens, spans):
    labels = ["O"] * len(tokens)
    for start, end, kind in spans:
        inside = [i for i, (s, e) in enumerate(tokens) if s < end and e > start]
        if not inside or labels[inside[0]] != "O":
            continue
        if len(inside) == 1:
            labels[inside[0]] = "S-" + kind
            continue
        for i in inside:
            labels[i] = "I-" + kind
        labels[inside[0]], labels[inside[-1]] = "B-" + kind, "E-" + kind
    return labels


def document_sentences(document, text, heads, assertions=()):
    """heads: {head: [(start, end, type)]}; assertions: [(start, end, value)]."""
    tokens = tokenize(text)
    heads = {k: flat(v) for k, v in heads.items()}
    for first, last in sentences(text, tokens):
        part = tokens[first:last]
        low, high = part[0][0], part[-1][1]
        labels = {k: bioes(part, [s for s in v if low <= s[0] < high]) for k, v in heads.items()}
        if assertions:
            row = [None] * len(part)
            for start, end, value in assertions:
                if low <= start < high:
                    for i, (s, e) in enumerate(part):
                        if s < end and e > start:
                            row[i] = value
            labels["assertion"] = row
        yield Sentence([text[s:e] for s, e in part], labels, document, part)


def bc5cdr_documents(folder):
    for part in ("Training", "Development"):
        text, spans = {}, {}
        for line in open(os.path.join(folder, "bc5cdr-pubtator", part + ".txt"), encoding="utf8"):
            line = line.rstrip("\n")
            m = re.match(r"(\d+)\|([ta])\|(.*)", line)
            if m:
                text.setdefault(m[1], []).append(m[3])
                continue
            p = line.split("\t")
            if len(p) >= 6 and p[4] in ("Chemical", "Disease"):
                spans.setdefault(p[0], []).append((int(p[1]), int(p[2]), p[4]))
        for k in text:
            yield "cdr-" + k, " ".join(text[k]), spans.get(k, [])


def bc5cdr(folder):
    for document, text, spans in bc5cdr_documents(folder):
        yield from document_sentences(document, text, {
            "chemical": [s for s in spans if s[2] == "Chemical"],
            "disease": [s for s in spans if s[2] == "Disease"],
        })


def maccrobat_documents(folder):
    for path in sorted(glob.glob(os.path.join(folder, "maccrobat", "*.txt"))):
        text = open(path, encoding="utf8").read()
        spans, events, values = {}, {}, {}
        for line in open(path[:-3] + "ann", encoding="utf8"):
            q = line.rstrip("\n").split("\t")
            if line[0] == "T" and ";" not in q[1]:
                kind, start, end = q[1].split()
                spans[q[0]] = (int(start), int(end), kind)
            elif line[0] == "E":
                events[q[0]] = q[1].split()[0].split(":")[1]
            elif line[0] == "A" and q[1].startswith("POLARITY"):
                p = q[1].split()
                values[p[1]] = POLARITY.get(p[2] if len(p) > 2 else "", "present")
        polarity = {events.get(k, k): v for k, v in values.items()}
        name = "mac-" + os.path.basename(path)[:-4]
        typed = [(s, e, CASE_TYPES[k]) for s, e, k in spans.values() if k in CASE_TYPES]
        asserted = [(s, e, polarity.get(i, "present")) for i, (s, e, k) in spans.items() if k in CASE_TYPES]
        every = [(s, e, k if k in ALL_CASE_TYPES else "Other") for s, e, k in spans.values()]
        yield name, text, typed, every, asserted


def maccrobat(folder):
    for document, text, spans, every, asserted in maccrobat_documents(folder):
        yield from document_sentences(document, text, {"case": spans, "aux-case": every}, asserted)


def iob(path, head, kind, name, keep=None, chunk=40):
    """A file of IOB tokens. Documents are not marked: `chunk` sentences count as one."""
    words, tags, number = [], [], 0
    for line in [*open(path, encoding="utf8"), ""]:
        line = line.rstrip("\n")
        if line.strip():
            p = line.split("\t")
            words.append(p[0])
            tags.append(p[-1])
            continue
        if words:
            yield _retokenized(words, tags, head, kind, "%s-%d" % (name, number // chunk), keep)
            number += 1
        words, tags = [], []


def _retokenized(words, tags, head, kind, document, keep):
    tokens, spans, at, open_span = [], [], 0, None
    for word, tag in zip(words, tags):
        on = tag != "O" and (keep is None or tag[2:] in keep)
        if open_span is not None and (not on or tag[0] == "B"):
            spans.append((open_span, at - 1, kind))
            open_span = None
        if on and open_span is None:
            open_span = at
        for s, e in tokenize(word):
            tokens.append((at + s, at + e, word[s:e]))
        at += len(word) + 1
    if open_span is not None:
        spans.append((open_span, at - 1, kind))
    positions = [(s, e) for s, e, _ in tokens]
    return Sentence([w for _, _, w in tokens], {head: bioes(positions, spans)}, document)


def ncbi(folder):
    for part in ("train", "devel"):
        for s in iob(os.path.join(folder, "ncbi-disease", part + ".tsv"), "disease-ncbi", "Disease", "ncbi-" + part):
            yield s


def auxiliary(folder):
    for name, head, kind in (
        ("AnatEM", "aux-anatomy", "Anatomy"), ("CRAFT-chem", "aux-chebi", "Chemical"),
        ("BioNLP13PC-chem", "aux-simple", "Chemical"), ("BioNLP13CG-chem", "aux-simple", "Chemical"),
    ):
        yield from iob(os.path.join(folder, "aux", name + ".tsv"), head, kind, name)


def negex(folder):
    """Sentence and concept pairs; the kit writes the concept in capitals, which is undone here."""
    for number, line in enumerate(open(os.path.join(folder, "negex", "annotations.tsv"), encoding="latin1")):
        p = line.rstrip("\r\n").split("\t")
        if number == 0 or len(p) < 4:
            continue
        text = p[2].strip('"')
        at = text.find(p[1].upper())
        at = text.lower().find(p[1].lower()) if at < 0 else at
        if at < 0:
            continue
        lowered = text[:at] + text[at : at + len(p[1])].lower() + text[at + len(p[1]) :]
        value = "negated" if p[3].strip() == "Negated" else "affirmed"
        for s in document_sentences("negex-" + p[0], lowered, {}, [(at, at + len(p[1]), value)]):
            if any(x is not None for x in s.labels["assertion"]):
                yield s


def presidio(folder):
    kinds = {
        "PERSON": "Name", "STREET_ADDRESS": "Place", "GPE": "Place", "ZIP_CODE": "Place", "DATE_TIME": "Date",
        "AGE": "Age", "PHONE_NUMBER": "Contact", "EMAIL_ADDRESS": "Contact", "DOMAIN_NAME": "Contact",
        "IP_ADDRESS": "Contact", "CREDIT_CARD": "Id", "US_SSN": "Id", "IBAN_CODE": "Id", "US_DRIVER_LICENSE": "Id",
    }
    rows = json.load(open(os.path.join(folder, "presidio-research", "synth_dataset_v2_first900.json"), encoding="utf8"))
    for number, row in enumerate(rows):
        spans = [(x["start_position"], x["end_position"], kinds[x["entity_type"]]) for x in row["spans"]
                 if x["entity_type"] in kinds]
        yield from document_sentences("presidio-%d" % number, row["full_text"], {"phi": spans})
