"""
Reads the weights of a released model back from its files, for training to go on from it or to learn from it. What was rounded
to int8 stays rounded; heads that are not shipped begin anew. Rows are found by word and letter, so that the preparation may
be another.
"""
import gzip
import json
import os
import pickle
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper

import gazetteer
from network import SHIPPED, Network


def gates(matrix):
    """ONNX's order of gates (i, o, f, c) to PyTorch's (i, f, g, o), without the two constant units of each."""
    i, o, f, c = (part[:-2] for part in np.split(matrix, 4))
    return np.concatenate([i, f, c, o])


def recurrent(values, number, hidden, state):
    """One bidirectional layer of the graph into the state."""
    wide = hidden + 2
    for direction, suffix in enumerate(("", "_reverse")):
        w, r = (
            (values["lstm%d_%d" % (number, k)][direction].astype(np.float32) * values["lstm%d_%d_scale" % (number, k)][direction]).T
            for k in (1, 2)
        )
        own = state["lstm.weight_ih_l%d%s" % (number, suffix)].shape[1]
        columns = w[:, :own] if number == 0 else np.concatenate([w[:, :hidden], w[:, wide : wide + hidden]], 1)
        for kind, value in (("weight_ih", gates(columns)), ("weight_hh", gates(r[:, :hidden])),
                            ("bias_ih", gates(values["lstm%d_b" % number][direction][: 4 * wide])), ("bias_hh", np.zeros(4 * hidden))):
            state["lstm.%s_l%d%s" % (kind, number, suffix)].copy_(torch.from_numpy(value.astype(np.float32).copy()))


def main(prepared_file, folder, out):
    prepared = pickle.load(open(prepared_file, "rb"))
    tables = json.load(open(os.path.join(folder, "heads.json"), encoding="utf8"))
    values = {x.name: numpy_helper.to_array(x) for x in onnx.load(os.path.join(folder, "encoder.onnx")).graph.initializer}
    hidden = values["lstm0_b"].shape[1] // 8 - 2
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), 3 * len(gazetteer.CATEGORIES), hidden)
    state = net.state_dict()

    # The shipped spelling table is letters by (place, filter), the product of two matrices: SVD takes it apart again.
    raw = np.fromfile(os.path.join(folder, "spelling.bin"), "<f4")
    filters, size = net.convolution.out_channels, net.characters.embedding_dim
    spelled = raw[:-filters].reshape(3, -1, filters).transpose(1, 0, 2).reshape(-1, 3 * filters)
    u, s, v = np.linalg.svd(spelled, full_matrices=False)
    root = np.sqrt(s[:size])
    state["convolution.weight"].copy_(torch.from_numpy((root[:, None] * v[:size]).reshape(size, 3, filters).transpose(2, 0, 1).copy()))
    state["convolution.bias"].copy_(torch.from_numpy(raw[-filters:].copy()))
    letters = u[:, :size] * root
    rows = {c: i for i, c in enumerate(["<pad>", "<unk>"] + tables["alphabet"])}
    for i, c in enumerate(prepared["alphabet"]):
        if c in rows:
            state["characters.weight"][i] = torch.from_numpy(letters[rows[c]].copy())

    words = values["words_int8"].astype(np.float32) * values["words_scale"].astype(np.float32)
    known = gzip.open(os.path.join(folder, "vocabulary.txt.gz"), "rt", encoding="utf8").read().split("\n")[:-1]
    rows = {w: i for i, w in enumerate(known)}
    found = 0
    for i, w in enumerate(prepared["vocabulary"]):
        if w in rows:
            state["words.weight"][i] = torch.from_numpy(words[rows[w]].copy())
            found += 1
    print("words found again", found, "of", len(prepared["vocabulary"]), flush=True)

    for number in (0, 1):
        recurrent(values, number, hidden, state)
    weight, bias = values["out_weight"].T, values["out_bias"]
    weight = np.concatenate([weight[:, :hidden], weight[:, hidden + 2 : 2 * hidden + 2]], 1)
    parts = [("heads." + h["name"], h["offset"], len(h["labels"])) for h in tables["heads"]]
    parts.append(("assertion", tables["assertion"]["offset"], len(tables["assertion"]["labels"])))
    for name, offset, count in parts:
        state[name + ".weight"].copy_(torch.from_numpy(weight[offset : offset + count].copy()))
        state[name + ".bias"].copy_(torch.from_numpy(bias[offset : offset + count].copy()))
    assert [h["name"] for h in tables["heads"]] == SHIPPED
    for head in tables["heads"]:
        for kind in ("step", "first", "last"):
            # What BIOES forbids carries -1e4 beside the weight.
            value = np.array(head[kind], np.float32)
            state["crfs.%s.%s" % (head["name"], kind)].copy_(torch.from_numpy(np.where(value < -5e3, value + 1e4, value)))
    torch.save({"state": state, "hidden": hidden, "step": 0, "final": True}, out)


if __name__ == "__main__":
    main(*sys.argv[1:4])
