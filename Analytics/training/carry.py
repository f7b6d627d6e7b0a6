"""Carries trained weights over to another preparation: rows of the word and letter tables by what they stand for."""
import pickle
import sys

import torch

from network import Network


def main(old_prepared, weights, new_prepared, out):
    old, new = (pickle.load(open(p, "rb")) for p in (old_prepared, new_prepared))
    saved = torch.load(weights)
    bits = new["groups"]["cdr"][0][3].shape[1]
    net = Network(torch.from_numpy(new["vectors"]), len(new["alphabet"]), bits, saved["hidden"])
    state = net.state_dict()
    for name, value in saved["state"].items():
        if name == "words.weight" or name == "characters.weight":
            key = "vocabulary" if name == "words.weight" else "alphabet"
            rows = {x: i for i, x in enumerate(old[key])}
            for i, x in enumerate(new[key]):
                if x in rows:
                    state[name][i] = value[rows[x]]
        elif name in state and state[name].shape == value.shape:
            state[name] = value
    torch.save({"state": state, "hidden": saved["hidden"], "step": saved["step"], "final": False}, out)


if __name__ == "__main__":
    main(*sys.argv[1:5])
