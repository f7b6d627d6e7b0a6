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
from onnx import TensorProto, helper, numpy_helper

import gazetteer
from network import ASSERTIONS, SHIPPED, Network, forbidden, labels


# Of the training texts' inputs 0.05 percent are beyond it; a wider one makes the int8 steps of all others coarser.
RANGE = 3.0
BEYOND = 1.0001


def gates(matrix):
    """PyTorch's order of gates (i, f, g, o) to ONNX's (i, o, f, c)."""
    i, f, g, o = np.split(matrix, 4)
    return np.concatenate([i, o, f, g])


def widened(matrix, columns):
    """[4H, I] -> [4(H + 2), columns]: rows for two more units and columns for what they and the constants feed; all zero."""
    parts = [np.pad(m, ((0, 2), (0, 0))) for m in np.split(matrix, 4)]
    return np.pad(np.concatenate(parts), ((0, 0), (0, columns - matrix.shape[1])))


def saturated(bias):
    """[4H] -> [4(H + 2)]: two units whose output is 1 and -1 as fast as any unit's can be."""
    signs = (np.array([30, 30]), np.array([30, 30]), np.array([30, -30]), np.array([30, 30]))
    return np.concatenate([np.concatenate([m, x]) for m, x in zip(np.split(bias, 4), signs)])


def layer(state, number, hidden, columns, place):
    """The weights of one bidirectional layer; `place` moves the columns of its input to where the graph has them."""
    w, r, b = [], [], []
    for suffix in ("", "_reverse"):
        get = lambda kind: state["lstm.%s_l%d%s" % (kind, number, suffix)].numpy()
        w.append(gates(widened(place(get("weight_ih")), columns)))
        r.append(gates(widened(get("weight_hh"), hidden + 2)))
        b.append(np.concatenate([gates(saturated(get("bias_ih") + get("bias_hh"))), np.zeros(4 * (hidden + 2))]))
    return [np.stack(x).astype(np.float32) for x in (w, r, b)]


def encoder(net):
    """
    The network as a graph over a batch: words [T, B] (rows of the table), inputs [T, B, spelling + bits + 2], lengths [B]
    -> emissions [T, B, K] of all shipped heads. The last two inputs and two units of each layer are constants at the ends
    of the range, so that dynamic quantization has one scale whatever else is in the batch: a sentence's result does not
    depend on its neighbours.
    """
    state = net.state_dict()
    hidden, wide = net.lstm.hidden_size, net.lstm.hidden_size + 2
    words, spelled = net.words.embedding_dim, net.convolution.out_channels
    first = words + spelled + net.bits + 2

    def second(matrix):
        forward, backward = matrix[:, :hidden], matrix[:, hidden:]
        return np.concatenate([np.pad(forward, ((0, 0), (0, 2))), np.pad(backward, ((0, 0), (0, 2)))], 1)

    parts = [net.heads[h] for h in SHIPPED] + [net.assertion]
    out = np.concatenate([p.weight.detach().numpy() for p in parts])
    values = {"words_table": state["words.weight"].numpy(), "low": np.float32(-RANGE), "high": np.float32(RANGE),
              "out_weight": second(out).T.copy(), "out_bias": np.concatenate([p.bias.detach().numpy() for p in parts]),
              "shape": np.array([0, 0, -1], np.int64), "from": np.array([-2], np.int64), "to": np.array([2 ** 31 - 1], np.int64),
              "axis": np.array([2], np.int64), "shrink": np.float32(BEYOND / RANGE)}
    nodes = [helper.make_node("Gather", ["words_table", "words"], ["words_found"]),
             helper.make_node("Concat", ["words_found", "inputs"], ["features"], axis=2),
             helper.make_node("Clip", ["features", "low", "high"], ["x0"]),
             helper.make_node("Slice", ["inputs", "from", "to", "axis"], ["constants"]),
             helper.make_node("Mul", ["constants", "shrink"], ["ends"])]
    for n, (columns, place) in enumerate([(first, lambda m: m), (2 * wide + 2, second)]):
        for name, value in zip("wrb", layer(state, n, hidden, columns, place)):
            values["lstm%d_%s" % (n, name)] = value
        nodes += [helper.make_node("LSTM", ["x%d" % n, "lstm%d_w" % n, "lstm%d_r" % n, "lstm%d_b" % n, "lengths"], ["y%d" % n],
                                   name="lstm%d" % n, hidden_size=wide, direction="bidirectional"),
                  helper.make_node("Transpose", ["y%d" % n], ["t%d" % n], perm=[0, 2, 1, 3]),
                  helper.make_node("Reshape", ["t%d" % n, "shape"], ["h%d" % n])]
        if n == 0:
            nodes.append(helper.make_node("Concat", ["h0", "ends"], ["x1"], axis=2))
    nodes += [helper.make_node("MatMul", ["h1", "out_weight"], ["product"]),
              helper.make_node("Add", ["product", "out_bias"], ["emissions"])]
    graph = helper.make_graph(
        nodes, "encoder",
        [helper.make_tensor_value_info("words", TensorProto.INT32, ["T", "B"]),
         helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["T", "B", first - words]),
         helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"])],
        [helper.make_tensor_value_info("emissions", TensorProto.FLOAT, ["T", "B", len(out)])],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in values.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def spelling(net):
    """What each letter adds to the convolution at each of its three places, [3, alphabet, filters], then the bias."""
    table = np.einsum("oik,ci->kco", net.convolution.weight.detach().numpy(), net.characters.weight.detach().numpy())
    return np.concatenate([table.ravel(), net.convolution.bias.detach().numpy()]).astype("<f4").tobytes()


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
                scale = (np.maximum(np.abs(weights).max(axis=1) / 127, 1e-8)).astype(np.float32)
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


def main(prepared_file, weights_file, calibration_file, folder, version):
    calibration = json.load(open(calibration_file))
    prepared = pickle.load(open(prepared_file, "rb"))
    saved = torch.load(weights_file)
    bits = 3 * len(gazetteer.CATEGORIES)
    net = Network(torch.from_numpy(prepared["vectors"]), len(prepared["alphabet"]), bits, saved["hidden"])
    net.load_state_dict(saved["state"])
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "encoder.onnx")
    exact = encoder(net)
    onnx.save(exact, os.path.join(os.path.dirname(prepared_file), "encoder.fp32.onnx"))
    model = quantized(exact)
    onnx.save(model, path)
    with open(os.path.join(folder, "spelling.bin"), "wb") as f:
        f.write(spelling(net))

    offset, heads = 0, []
    for head in SHIPPED:
        crf, (step, first, last) = net.crfs[head], forbidden(head)
        names = labels(head)
        heads.append({"name": head, "offset": offset, "labels": names,
                      "step": rounded(crf.step.detach().numpy() + step), "first": rounded(crf.first.detach().numpy() + first),
                      "last": rounded(crf.last.detach().numpy() + last), "calibration": calibration[head]})
        offset += len(names)
    tables = {"characters": 16, "filters": net.convolution.out_channels, "range": RANGE, "alphabet": prepared["alphabet"][2:], "categories": gazetteer.CATEGORIES, "heads": heads,
              "assertion": {"offset": offset, "labels": ASSERTIONS}, "emissions": offset + len(ASSERTIONS)}
    with open(os.path.join(folder, "heads.json"), "w", encoding="utf8", newline="\n") as f:
        f.write(json.dumps(tables, ensure_ascii=True) + "\n")
    packed(os.path.join(folder, "vocabulary.txt.gz"), "\n".join(prepared["vocabulary"]) + "\n")
    lines = ["%s\t%d" % x for x in sorted(prepared["phrases"].items())]
    packed(os.path.join(folder, "gazetteer.txt.gz"), "\n".join(lines) + "\n")
    write_manifest(folder, version)


def write_manifest(folder, version):
    files = {}
    for name in sorted(os.listdir(folder)):
        if name not in ("manifest.json", "MODEL_CARD.md"):
            files[name] = hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
    with open(os.path.join(folder, "manifest.json"), "w", newline="\n") as f:
        f.write(json.dumps({"name": "medledger-clinical", "version": version, "files": files}, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:6])
