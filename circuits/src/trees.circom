// Roots of Merkle trees of fixed depth with untagged inner nodes. What stops an inner node from passing as a leaf is
// that the depth is fixed and that no leaf has the arity of the nodes above it (COMMITMENTS.md).
pragma circom 2.2.0;
include "circomlib/circuits/poseidon.circom";

// position[] are boolean signals, leaf level first, which the caller has constrained (Num2Bits of the position):
// another value than 0 or 1 would mix the two children into a node of the prover's choice.
template BinaryRoot(DEPTH) {
    signal input leaf;
    signal input position[DEPTH];
    signal input siblings[DEPTH];
    signal output root;
    signal node[DEPTH + 1];
    signal swap[DEPTH];
    node[0] <== leaf;
    for (var i = 0; i < DEPTH; i++) {
        swap[i] <== position[i] * (siblings[i] - node[i]);
        node[i + 1] <== Poseidon(2)([node[i] + swap[i], siblings[i] - swap[i]]);
    }
    root <== node[DEPTH];
}

// children[i] are all four children of level i; the one at the position must be the node below it. Stops a path whose
// levels do not hang together. Two boolean signals a level, low bit first, constrained by the caller as above.
template QuaternaryRoot(DEPTH) {
    signal input leaf;
    signal input position[2 * DEPTH];
    signal input children[DEPTH][4];
    signal output root;
    signal node[DEPTH + 1];
    signal lower[DEPTH];
    signal upper[DEPTH];
    signal chosen[DEPTH];
    node[0] <== leaf;
    for (var i = 0; i < DEPTH; i++) {
        lower[i] <== children[i][0] + position[2 * i] * (children[i][1] - children[i][0]);
        upper[i] <== children[i][2] + position[2 * i] * (children[i][3] - children[i][2]);
        chosen[i] <== lower[i] + position[2 * i + 1] * (upper[i] - lower[i]);
        chosen[i] === node[i];
        node[i + 1] <== Poseidon(4)(children[i]);
    }
    root <== node[DEPTH];
}
