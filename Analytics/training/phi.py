"""Synthetic lines of clinical notes with personal data, from templates of our own."""
import json
import random
import string

from corpora import document_sentences

TEMPLATES = [line for line in open(__file__.replace("phi.py", "phi-templates.txt"), encoding="utf8").read().split("\n") if line]
HOSPITALS = "General Hospital|Medical Center|Regional Hospital|Clinic|Community Hospital|Health Center|Memorial Hospital|Children's Hospital|Nursing Home|Rehabilitation Center|University Hospital|Infirmary|Family Practice|Cancer Center".split("|")
TREES = "Maple Oak Elm Cedar Pine Willow Walnut Chestnut Main High Church Mill Park Lake River Hill Station School Market Bridge".split()
STREETS = "Street|St|St.|Avenue|Ave|Ave.|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Way|Place|Terrace|Close|Crescent|Parkway|Pkwy|Highway|Hwy|Square|Circle|Cir|Trail|Row".split("|")
MONTHS = "January February March April May June July August September October November December".split()
TYPES = {"name": "Name", "doctor": "Name", "first": "Name", "last": "Name", "caps": "Name", "reversed": "Name", "initials": "Name",
         "place": "Place", "hospital": "Place", "address": "Place", "zip": "Place", "date": "Date", "old": "Age",
         "phone": "Contact", "email": "Contact", "url": "Contact", "ip": "Contact", "id": "Id", "ssn": "Id", "vin": "Id", "plate": "Id"}


class Source:
    def __init__(self, names_file, seed):
        self.names = json.load(open(names_file, encoding="utf8"))
        self.random = random.Random(seed)

    def digits(self, pattern):
        r = self.random
        return "".join(r.choice(string.digits) if c == "#" else r.choice(string.ascii_uppercase) if c == "?" else c for c in pattern)

    def value(self, kind):
        r, n = self.random, self.names
        first, last = r.choice(n["first"]), r.choice(n["last"])
        initial = r.choice(string.ascii_uppercase)
        if kind == "name":
            return r.choice([f"{first} {last}"] * 6 + [f"{first} {initial}. {last}", f"{first} {last}-{r.choice(n['last'])}", f"{first} {r.choice(n['first'])} {last}"])
        if kind == "doctor":
            return r.choice([last, last, f"{first} {last}", f"{initial}. {last}", f"{first[0]} {last}", f"O'{last}" if last[0] in "BCDHKLMNR" else last])
        if kind == "first":
            return first
        if kind == "last":
            return last
        if kind == "caps":
            return f"{first} {last}".upper()
        if kind == "reversed":
            return r.choice([f"{last}, {first}", f"{last}, {first} {initial}", f"{last.upper()}, {first.upper()}", f"{last}, {first} {initial}."])
        if kind == "initials":
            return r.choice([f"{first[0]}.{last[0]}.", f"{first[0]}{last[0]}"])
        if kind == "place":
            return r.choice(n["place"])
        if kind == "hospital":
            return f"{r.choice([r.choice(n['place']), last, 'St. ' + first, 'Mount ' + last])} {r.choice(HOSPITALS)}"
        if kind == "address":
            return self.address(first, last)
        if kind == "zip":
            return self.digits(r.choice(["#####", "#####-####"]))
        if kind == "date":
            y, m, d = r.randint(1925, 2026), r.randint(1, 12), r.randint(1, 28)
            month = MONTHS[m - 1]
            return r.choice([f"{m}/{d}/{y}", f"{m:02}/{d:02}/{y}", f"{m}/{d}/{y % 100:02}", f"{y}-{m:02}-{d:02}", f"{month} {d}, {y}", f"{d} {month} {y}",
                             f"{month[:3]} {d}, {y}", f"{d}-{month[:3]}-{y}", f"{month} {y}", f"{month} {d}", f"{d}.{m}.{y}", f"{month} {d}th", f"{m}/{d}", f"{month[:3]} {d} {y}", f"{d:02}{month[:3].upper()}{y}"])
        if kind == "old":
            return str(r.randint(90, 109))
        if kind == "phone":
            return self.digits(r.choice(["(###) ###-####", "###-###-####", "###.###.####", "+1 ### ### ####", "1-800-###-####", "### ### ####", "+44 20 #### ####", "(###)###-####", "###-####", "x####", "0## ### ####"]))
        if kind == "email":
            return f"{first}.{last}@{r.choice(['example.com', 'mail.org', 'clinic.net', 'hospital.edu'])}".lower().replace(" ", "")
        if kind == "url":
            return r.choice(["https://", "http://", "www."]) + f"{last.lower().replace(' ', '')}.{r.choice(['com', 'org', 'net'])}/{first.lower().replace(' ', '')}"
        if kind == "ip":
            return ".".join(str(r.randint(1, 254)) for _ in range(4))
        if kind == "ssn":
            return self.digits(r.choice(["###-##-####", "### ## ####", "#########"]))
        if kind == "id":
            return self.digits(r.choice(["#######", "########", "??######", "###-###-##", "?#######", "##-#####", "######", "MRN#######", "A##-###-###", "??-##-####", "####-####-####"]))
        if kind == "vin":
            return "".join(r.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17))
        if kind == "plate":
            return self.digits(r.choice(["???-####", "### ???", "??## ???", "#??####"]))
        raise ValueError(kind)

    def address(self, first, last):
        r, n = self.random, self.names
        town, state = r.choice(n["place"]), self.digits("??")
        way = r.choice([last, r.choice(n["place"]), first, f"{first} {last}", r.choice(TREES), r.choice(["1st", "2nd", "3rd", "5th", "42nd", "110th"])])
        side = r.choice(["", "", "", "North ", "S. ", "W ", "East ", "Old "])
        house = r.choice([str(r.randint(1, 9999)), str(r.randint(1, 300)), f"{r.randint(1, 99)}{r.choice('ABab')}", f"{r.randint(10, 99)}-{r.randint(10, 99)}"])
        unit = r.choice(["", "", f", Apt {r.randint(1, 99)}", f" Suite {r.randint(100, 999)}", f", Apt. {r.randint(1, 9)}B", f" # {r.randint(1, 400)}", f", Unit {r.randint(1, 40)}"])
        street = r.choice([
            f"{house} {side}{way} {r.choice(STREETS)}{unit}", f"{house} {side}{way} {r.choice(STREETS)}{unit}", f"{house} {side}{way} {r.choice(STREETS)}{unit}",
            f"Flat {r.randint(1, 40)}, {house} {way} {r.choice(STREETS)}", f"P.O. Box {r.randint(1, 9999)}", f"PO Box {r.randint(1, 9999)}",
            f"{last}{r.choice(['strasse', 'gasse', 'weg', 'straat', 'vej', 'gatan'])} {r.randint(1, 200)}", f"{r.choice(['Rue', 'Via', 'Calle', 'Rua', 'Avenida'])} {first} {last} {r.randint(1, 200)}",
            f"{house}, {way} {r.choice(STREETS)}", f"{house} {way}"])
        code = self.digits(r.choice(["#####", "#####", "#####-####", "?# #??", "??## #??", "?#? #?#", "####"]))
        gap = r.choice([", ", ", ", "\n"])
        return street + r.choice(["", "", f"{gap}{town}", f"{gap}{town}, {state} {code}", f"{gap}{town} {code}", f"{gap}{code} {town}", f"{gap}{town}, {state}"])

    def line(self, template):
        text, spans = "", []
        rest = template
        while "{" in rest:
            before, _, rest = rest.partition("{")
            kind, _, rest = rest.partition("}")
            text += before
            if kind == "n":
                text += "\n"
                continue
            value = self.value(kind)
            spans.append((len(text), len(text) + len(value), TYPES[kind]))
            text += value
        return text + rest, spans


def generate(names_file, count, seed):
    source = Source(names_file, seed)
    for i in range(count):
        text, spans = source.line(TEMPLATES[i % len(TEMPLATES)])
        yield from document_sentences("phi-%d-%d" % (seed, i), text, {"phi": spans})
