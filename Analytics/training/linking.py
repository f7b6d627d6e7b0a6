"""codes.txt.gz: concepts of MeSH, Disease Ontology and ICD-10-CM with the names that lead to them. Run before export.py's manifest.

A line: system (M, D, I), kind (c chemical, d disease), code, display, then names; `name^n` was n times a mention of it in
the training part of BC5CDR (never in what is held back)."""
import os
import re
import sys
from collections import Counter, defaultdict

import codes
from corpora import held_back
from export import packed, write_manifest


def mentions(folder):
    """{(mesh id, kind): Counter of mentions}"""
    found = defaultdict(Counter)
    for part in ("Training", "Development"):
        for line in open(os.path.join(folder, "bc5cdr-pubtator", part + ".txt"), encoding="utf8"):
            p = line.rstrip("\n").split("\t")
            if len(p) >= 6 and p[4] in ("Chemical", "Disease") and not held_back("cdr-" + p[0]):
                if p[5] != "-1" and "|" not in p[5] and "+" not in p[5]:
                    found[p[5], p[4][0].lower()][p[3].lower()] += 1
    return found


def flipped(name):
    parts = name.split(", ")
    return " ".join(reversed(parts)) if len(parts) > 1 else name


def clean(name):
    return re.sub(r"[\t^]", " ", name).strip()


def icd(folder):
    """Chapters A to T and Z; of an injury's encounters only the first, without the word."""
    seen = set()
    for code, description in codes.icd10cm(folder):
        if code[0] in "VWXY" or re.search(r"(subsequent encounter|sequela)", description):
            continue
        display = re.sub(r",? initial encounter( for .*)?$", "", description)
        if code[0] in "ST" and re.search(r"\b(right|left|unspecified) ", display):
            continue
        if display in seen:
            continue
        seen.add(display)
        short = re.sub(r",? (unspecified|not elsewhere classified|without complications?|NOS)$", "", display)
        short = re.sub(r"^(Unspecified|Other specified|Other) ", "", short)
        yield (code[:3] + "." + code[3:] if len(code) > 3 else code), display, short


def main(data, folder, version):
    said = mentions(data)
    rows = []
    synonyms = defaultdict(set)
    references = codes.disease_ontology_references(data)
    for doid, name, exact, related in codes.disease_ontology(data):
        rows.append(("D", "d", doid.replace("DOID:", ""), name, [*exact, *related]))
        for identifier in references[doid].get("MSH", []):
            synonyms[identifier].update([name, *exact, *related])
    for identifier, name, trees in codes.mesh(data):
        for kind, starts in (("c", ("D",)), ("d", ("C", "F"))):
            if any(t.startswith(starts) for t in trees):
                names = {flipped(name)} | (synonyms[identifier] if kind == "d" else set())
                counted = said.pop((identifier, kind), {})
                rows.append(("M", kind, identifier, name, sorted(names - {name}) + ["%s^%d" % x for x in sorted(counted.items())]))
    for (identifier, kind), counted in sorted(said.items()):
        display = counted.most_common(1)[0][0]
        rows.append(("M", kind, identifier, display, ["%s^%d" % x for x in sorted(counted.items())]))
    for code, display, short in icd(data):
        rows.append(("I", "d", code, display, [short] if short != display else []))
    lines = ["\t".join([s, k, c, clean(d), *[n if "^" in n else clean(n) for n in names]]) for s, k, c, d, names in rows]
    print(Counter(r[0] for r in rows), sum(map(len, lines)))
    packed(os.path.join(folder, "codes.txt.gz"), "\n".join(lines) + "\n")
    write_manifest(folder, version)


if __name__ == "__main__":
    main(*sys.argv[1:4])
