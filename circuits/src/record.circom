// One slot of a proof: a record of the patient that lies inside the grant, or nothing at all.
pragma circom 2.2.0;
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "integers.circom";
include "tags.circom";
include "trees.circom";

// out = R when active, else 0. The grant's fields come from GrantTerms, which has range-checked them.
template RecordInGrant(DEPTH) {
    signal input active;
    signal input meta; // type 8 bits, labels 32, day 24
    signal input contentDigest;
    signal input recordSalt;
    signal input position;
    signal input children[DEPTH][4];
    signal input patRoot;
    signal input typeWords[16];
    signal input labels[32];
    signal input dataFrom;
    signal input dataTo;
    signal output out;

    // Stops a slot that is half active: every use of the flag below is a product.
    active * (active - 1) === 0;
    // Stops an inactive slot from carrying data that no check has seen.
    (1 - active) * meta === 0;
    (1 - active) * contentDigest === 0;
    (1 - active) * recordSalt === 0;
    (1 - active) * position === 0;

    // Stops a record that the patient's tree does not hold: R at the position leads to patRoot.
    signal leaf <== Poseidon(5)([TAG_RECORD(), meta, contentDigest, recordSalt, 0]);
    signal positionBits[2 * DEPTH] <== Num2Bits(2 * DEPTH)(position);
    signal root <== QuaternaryRoot(DEPTH)(leaf, positionBits, children);
    active * (root - patRoot) === 0;

    // Stops a type that the grant does not list: bit `type` of the 256, as bit type mod 16 of word type div 16.
    signal bits[64] <== Num2Bits(64)(meta);
    signal typeWord <== Select(4)(typeWords, [bits[4], bits[5], bits[6], bits[7]]);
    signal typeBits[16] <== Num2Bits(16)(typeWord);
    signal typeAllowed <== Select(4)(typeBits, [bits[0], bits[1], bits[2], bits[3]]);
    active * (1 - typeAllowed) === 0;

    // Stops a label that the grant does not list (the upper eight are the patient's exception classes).
    for (var i = 0; i < 32; i++) { bits[8 + i] * (1 - labels[i]) === 0; }

    // Stops a day outside the data period, and day 0 (unknown) in a grant that has one, since that starts at day 1 or
    // later. All three are below 2^24, so a negative difference is a huge field element and fails the range.
    component word = Word(24);
    for (var i = 0; i < 24; i++) { word.bits[i] <== bits[40 + i]; }
    InRange(24)(active * (word.out - dataFrom));
    InRange(24)(active * (dataTo - word.out));

    out <== active * leaf;
}

// Active slots come first and their positions increase strictly. Stops one record counted twice, a permutation that
// gives a second inputsDigest for the same records, gaps, and an analysis of nothing.
template SlotsInOrder(SLOTS, POSITION_BITS) {
    signal input active[SLOTS]; // boolean, by RecordInGrant
    signal input position[SLOTS]; // below 2^POSITION_BITS, by RecordInGrant
    active[0] === 1;
    for (var i = 1; i < SLOTS; i++) {
        active[i] * (1 - active[i - 1]) === 0;
        InRange(POSITION_BITS)(active[i] * (position[i] - position[i - 1] - 1));
    }
}
