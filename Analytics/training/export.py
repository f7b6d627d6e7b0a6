"""Writes the shipped files from trained weights: encoder.onnx (int8), tables, manifest. Run after train.py."""
import gzip
import hashlib
import json
import os
import pickle
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import gazetteer
from network import ASSERTIONS, SHIPPED, Network, forbidden, labels


class Shipped(nn.Module):
    """One sentence: words [T], characters [T, 16], bits [T, 24] -> emissions [T, K] of all shipped heads."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.lstm = nn.LSTM(net.lstm.input_size, net.lstm.hidden_size, 2, bidirectional=True)
        self.lstm.load_state_dict(net.lstm.state_dict())
        parts = [net.heads[h] for h in SHIPPED] + [net.assertion]
        self.out = nn.Linear(parts[0].in_features, sum(p.out_features for p in parts))
        with torch.no_grad():
            self.out.weight.copy_(torch.cat([p.weight for p in parts]))
            self.out.bias.copy_(torch.cat([p.bias for p in parts]))

    def forward(self, words, characters, bits):
        x = torch.cat([self.net.words(words), self.net.spell(characters), bits], 1)
        hidden, _ = self.lstm(x.unsqueeze(1))
        return self.out(hidden.squeeze(1))


def quantized(model):
    """Word table to int8 rows with one float16 scale each, LSTMs to DynamicQuantizeLSTM with a scale per output."""
    graph = model.graph
    values = {x.name: x for x in graph.initializer}
    nodes, added, gone = [], [], set()
    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] in values and len(values[node.input[0]].dims) == 2 and values[node.input[0]].dims[0] > 5000:
            table = numpy_helper.to_array(values[node.input[0]])
            scale = np.maximum(np.abs(table).max(1, keepdims=True) / 127, 1e-8).astype(np.float16)
            rows = np.clip(np.round(table / np.maximum(scale.astype(np.float32), 1e-8)), -127, 127).astype(np.int8)
            gone.add(node.input[0])
            added += [numpy_helper.from_array(rows, "words_int8"), numpy_helper.from_array(scale, "words_scale")]
            nodes += [
                helper.make_node("Gather", ["words_int8", node.input[1]], ["words_row"]),
                helper.make_node("Gather", ["words_scale", node.input[1]], ["words_row_scale"]),
                helper.make_node("Cast", ["words_row"], ["words_row_float"], to=TensorProto.FLOAT),
                helper.make_node("Cast", ["words_row_scale"], ["words_row_scale_float"], to=TensorProto.FLOAT),
                helper.make_node("Mul", ["words_row_float", "words_row_scale_float"], [node.output[0]]),
            ]
        elif node.op_type == "LSTM":
            names = []
            for which in (1, 2):
                weights = np.transpose(numpy_helper.to_array(values[node.input[which]]), (0, 2, 1)).copy()
                scale = (np.abs(weights).max(axis=1) / 127).astype(np.float32)
                whole = np.clip(np.round(weights / scale[:, None, :]), -127, 127).astype(np.int8)
                name = "%s_%d" % (node.name, which)
                added += [numpy_helper.from_array(whole, name), numpy_helper.from_array(scale, name + "_scale"),
                          numpy_helper.from_array(np.zeros_like(scale, dtype=np.int8), name + "_zero")]
                gone.add(node.input[which])
                names.append(name)
            state = [node.input[i] if len(node.input) > i else "" for i in range(3, 7)]
            inputs = [node.input[0], *names, *state, ""]
            for name in names:
                inputs += [name + "_scale", name + "_zero"]
            lstm = helper.make_node("DynamicQuantizeLSTM", inputs, list(node.output), domain="com.microsoft")
            lstm.attribute.extend(a for a in node.attribute if a.name in ("hidden_size", "direction"))
            nodes.append(lstm)
        else:
            nodes.append(node)
    kept = [x for x in graph.initializer if x.name not in gone]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept + added)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def packed(path, text):
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as g:
        g.write(text.encode("utf8"))


def rounded(array):
    return [[round(float(v), 4) for v in row] if np.ndim(row) else round(float(row), 4) for row in array]


def main(prepared_file, weights_file, folder, version):
    prepared = pickle.load(open(prepared_file, "rb"))
    saved = torch.load(weights_file)
    bits = 3 * len(gazetteer.CATEGORIES)
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), bits, saved["hidden"])
    net.load_state_dict(saved["state"])
    shipped = Shipped(net).eval()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "encoder.onnx")
    sample = (torch.randint(1, 900, (5,), dtype=torch.int32), torch.randint(0, 40, (5, 16), dtype=torch.int32), torch.zeros(5, bits))
    axes = {"words": {0: "T"}, "characters": {0: "T"}, "bits": {0: "T"}, "emissions": {0: "T"}}
    torch.onnx.export(shipped, sample, path + ".fp32", input_names=["words", "characters", "bits"], output_names=["emissions"],
                      dynamic_axes=axes, opset_version=15)
    model = quantized(onnx.load(path + ".fp32"))
    for field in ("producer_name", "producer_version", "doc_string"):
        model.ClearField(field)
    onnx.save(model, path)

    offset, heads = 0, []
    for head in SHIPPED:
        crf, (step, first, last) = net.crfs[head], forbidden(head)
        names = labels(head)
        heads.append({"name": head, "offset": offset, "labels": names,
                      "step": rounded(crf.step.detach().numpy() + step), "first": rounded(crf.first.detach().numpy() + first),
                      "last": rounded(crf.last.detach().numpy() + last)})
        offset += len(names)
    tables = {"characters": 16, "alphabet": prepared["alphabet"][2:], "categories": gazetteer.CATEGORIES, "heads": heads,
              "assertion": {"offset": offset, "labels": ASSERTIONS}, "emissions": offset + len(ASSERTIONS)}
    with open(os.path.join(folder, "heads.json"), "w", encoding="utf8", newline="\n") as f:
        f.write(json.dumps(tables, ensure_ascii=True) + "\n")
    packed(os.path.join(folder, "vocabulary.txt.gz"), "\n".join(prepared["vocabulary"]) + "\n")
    lines = ["%s\t%d" % x for x in sorted(prepared["phrases"].items())]
    packed(os.path.join(folder, "gazetteer.txt.gz"), "\n".join(lines) + "\n")
    write_manifest(folder, version)
    os.replace(path + ".fp32", os.path.join(os.path.dirname(prepared_file), "encoder.fp32.onnx"))


def write_manifest(folder, version):
    files = {}
    for name in sorted(os.listdir(folder)):
        if name not in ("manifest.json", "MODEL_CARD.md") and not name.endswith(".fp32"):
            files[name] = hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
    with open(os.path.join(folder, "manifest.json"), "w", newline="\n") as f:
        f.write(json.dumps({"name": "medledger-clinical", "version": version, "files": files}, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:5])
