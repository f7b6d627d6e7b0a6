"""What the unquantized network says of sentences of our own, for the test that compares it with the shipped one in C#."""
import json
import pickle
import sys

import numpy as np
import torch

import gazetteer
from network import SHIPPED, Network
from prepare import CHARACTERS, normal
from tokens import tokenize

SENTENCES = [
    "The patient denies fever, chills or cough.",
    "Warfarin-induced bleeding was treated with 5 mg of vitamin K.",
    "CT of the chest showed a 3.5-cm mass in the left upper lobe (Figure 1A).",
    "Hereditary nonpolyposis colorectal cancer (HNPCC) is caused by MSH2 mutations.",
    "Mr. Kingsley was seen on 03/14/2019 at Lakeside General Hospital.",
    "Serum creatinine rose to 2.1 mg/dL after methotrexate.",
    "No evidence of pulmonary embolism; possible pneumonia.",
    "5-HT1A receptor agonists reduced haloperidol-induced catalepsy in rats.",
]


def main(prepared_file, weights_file, out):
    prepared = pickle.load(open(prepared_file, "rb"))
    saved = torch.load(weights_file)
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), 3 * len(gazetteer.CATEGORIES), saved["hidden"])
    net.load_state_dict(saved["state"])
    net.eval()
    parts = [net.heads[h] for h in SHIPPED] + [net.assertion]
    ids = {w: i for i, w in enumerate(prepared["vocabulary"])}
    letters = {c: i for i, c in enumerate(prepared["alphabet"])}
    matcher = gazetteer.Matcher(prepared["phrases"])
    rows = []
    for text in SENTENCES:
        words = [text[s:e] for s, e in tokenize(text)]
        bits = np.zeros((len(words), 3 * len(gazetteer.CATEGORIES)), np.float32)
        matcher.bits(words, bits)
        spelled = np.zeros((len(words), CHARACTERS), np.int64)
        for i, w in enumerate(words):
            kept = w if len(w) <= CHARACTERS else w[: CHARACTERS // 2] + w[-CHARACTERS // 2 :]
            spelled[i, : len(kept)] = [letters.get(c, 1) for c in kept]
        with torch.no_grad():
            numbers = torch.tensor([[ids.get(normal(w), 1) for w in words]])
            hidden = net.encode(numbers, net.spell(torch.from_numpy(spelled))[None], torch.from_numpy(bits)[None])[0]
            emissions = torch.cat([p(hidden) for p in parts], 1)
        rows.append({"text": text, "tokens": len(words), "emissions": [round(float(v), 2) for v in emissions.flatten()]})
    with open(out, "w", newline="\n") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
