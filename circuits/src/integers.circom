// Integers inside the field. circomlib's LessThan and LessEqThan are not used: they are wrong for inputs that nobody
// has range-checked. Here a comparison is a difference that must itself be small and not negative.
pragma circom 2.2.0;
include "circomlib/circuits/bitify.circom";

// 0 <= in < 2^BITS. Stops wrapping round r: below 254 bits the sum of the bits cannot reach r, so the bits are unique.
template InRange(BITS) {
    assert(BITS < 254);
    signal input in;
    signal bits[BITS] <== Num2Bits(BITS)(in);
}

// The integer of COUNT boolean signals, lowest first. The caller has constrained the bits.
template Word(COUNT) {
    assert(COUNT < 254);
    signal input bits[COUNT];
    signal output out;
    var sum = 0;
    for (var i = 0; i < COUNT; i++) { sum += bits[i] * (1 << i); }
    out <== sum;
}

// values[index] for an index given as boolean signals, lowest first, which the caller has constrained.
// Stored as a heap: the chosen one of each pair of neighbours is appended until one is left.
template Select(LEVELS) {
    var COUNT = 1 << LEVELS;
    signal input values[COUNT];
    signal input index[LEVELS];
    signal output out;
    signal node[2 * COUNT - 1];
    for (var i = 0; i < COUNT; i++) { node[i] <== values[i]; }
    var pair = 0;
    for (var level = 0; level < LEVELS; level++) {
        for (var i = 0; i < (COUNT >> (level + 1)); i++) {
            node[COUNT + pair] <== node[2 * pair] + index[level] * (node[2 * pair + 1] - node[2 * pair]);
            pair++;
        }
    }
    out <== node[2 * COUNT - 2];
}

// values[index], where index is a number below 2^LEVELS. Stops an index outside the table.
template SelectAt(LEVELS) {
    signal input values[1 << LEVELS];
    signal input index;
    signal output out;
    signal bits[LEVELS] <== Num2Bits(LEVELS)(index);
    out <== Select(LEVELS)(values, bits);
}
