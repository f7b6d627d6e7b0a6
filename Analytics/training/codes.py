"""The code tables of the data folder: MeSH 2015, Disease Ontology and ICD-10-CM FY2019 names."""
import lzma
import os
import re
from collections import defaultdict


def mesh(folder):
    """[(id, name, {tree letters and numbers})]"""
    trees = defaultdict(set)
    for line in open(os.path.join(folder, "codes", "mesh2015_tree_numbers.tsv"), encoding="utf8").readlines()[1:]:
        p = line.rstrip("\n").split("\t")
        trees[p[0]].add(p[-1])
    rows = []
    for line in open(os.path.join(folder, "codes", "mesh2015_terms.tsv"), encoding="utf8").readlines()[1:]:
        p = line.rstrip("\n").split("\t")
        rows.append((p[0], p[1], trees[p[0]]))
    return rows


def disease_ontology(folder):
    """[(doid, name, [exact synonyms], [related synonyms])], obsolete terms left out."""
    rows, term = [], None
    for line in [*open(os.path.join(folder, "codes", "disease_ontology_2015.obo"), encoding="utf8"), "[Term]"]:
        line = line.rstrip("\n")
        if line.startswith("["):
            if term and term["id"].startswith("DOID:") and term["name"] and not term["obsolete"]:
                rows.append((term["id"], term["name"], term["exact"], term["related"]))
            term = {"id": "", "name": "", "exact": [], "related": [], "obsolete": False}
            continue
        if term is None:
            continue
        if line.startswith("id: "):
            term["id"] = line[4:]
        elif line.startswith("name: "):
            term["name"] = line[6:].strip()
        elif line.startswith("is_obsolete: true"):
            term["obsolete"] = True
        elif m := re.match(r'synonym: "(.*?)" (EXACT|RELATED|NARROW|BROAD)', line):
            name = re.sub(r"\s*\((disorder|finding|morphologic abnormality)\)|\s*\[.*?\]|,? NOS$", "", m[1]).strip()
            if m[2] == "EXACT":
                term["exact"].append(name)
            elif m[2] == "RELATED":
                term["related"].append(name)
    return rows


def disease_ontology_references(folder):
    """{doid: {resource: [ids]}}"""
    found = defaultdict(lambda: defaultdict(list))
    for line in open(os.path.join(folder, "codes", "disease_ontology_xrefs.tsv"), encoding="utf8").readlines()[1:]:
        p = line.rstrip("\n").split("\t")
        found[p[0]][p[2]].append(p[3])
    return found


def icd10cm(folder):
    """[(code, description)]: a data frame inside an R serialisation (format XDR, version 2)."""
    data = lzma.open(os.path.join(folder, "codes", "icd10cm_fy2019.rda")).read()
    assert data[:7] == b"RDX2\nX\n"
    at = 7 + 12
    references = []

    def integer():
        nonlocal at
        value = int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
        return value

    def item():
        nonlocal at
        flags = integer()
        kind, attributes = flags & 255, bool(flags & 512)
        if kind == 254:
            return None
        if kind == 255:
            return references[(flags >> 8) - 1]
        if kind == 1:
            name = item()
            references.append(name)
            return name
        if kind == 2:
            if attributes:
                item()
            tag = item() if flags & 1024 else None
            head = item()
            tail = item()
            return [(tag, head), *(tail or [])]
        if kind == 9:
            length = integer()
            if length < 0:
                return None
            text = data[at : at + length].decode("utf8", "replace")
            at += length
            return text
        length = integer()
        if kind in (10, 13):
            value = [integer() for _ in range(length)]
        elif kind == 14:
            value = None
            at += 8 * length
        elif kind in (16, 19):
            value = [item() for _ in range(length)]
        else:
            raise ValueError("R type %d is not expected here" % kind)
        names = dict(item()) if attributes else {}
        return {"value": value, "attributes": names} if names else value

    def plain(column):
        if isinstance(column, dict):
            levels = column["attributes"].get("levels")
            return [levels[v - 1] if v and v > 0 else None for v in column["value"]] if levels else column["value"]
        return column

    for _, table in item():
        names = table["attributes"]["names"] if isinstance(table, dict) else ()
        if "icd10cm" in names and "description" in names:
            columns = dict(zip(names, map(plain, table["value"])))
            return list(zip(columns["icd10cm"], columns["description"]))
    raise ValueError("no table of codes and descriptions")
