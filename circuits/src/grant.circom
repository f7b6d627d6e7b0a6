// The grant: what the patient signed, taken apart.
pragma circom 2.2.0;
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "integers.circom";
include "tags.circom";

// The packed words of a grant as its fields. Num2Bits of exactly the packed width stops fields that spill into their
// neighbours and masks with bits beyond the width; every width is below 254, so a word has one reading only.
template GrantTerms() {
    signal input masks1;
    signal input masks2;
    signal input window;
    signal output typeWords[16]; // 256 type bits as words of 16
    signal output labels[32];
    signal output purposes[64];
    signal output modelClasses[16];
    signal output actions[8];
    signal output maxUses;
    signal output notBefore;
    signal output notAfter;
    signal output dataFrom;
    signal output dataTo;

    signal bits1[224] <== Num2Bits(224)(masks1);
    signal bits2[169] <== Num2Bits(169)(masks2);
    signal bits3[128] <== Num2Bits(128)(window);
    component typeWord[16];
    for (var w = 0; w < 16; w++) {
        typeWord[w] = Word(16);
        for (var i = 0; i < 16; i++) {
            if (w < 8) { typeWord[w].bits[i] <== bits1[16 * w + i]; }
            else { typeWord[w].bits[i] <== bits2[16 * (w - 8) + i]; }
        }
        typeWords[w] <== typeWord[w].out;
    }
    for (var i = 0; i < 32; i++) { labels[i] <== bits1[128 + i]; }
    for (var i = 0; i < 64; i++) { purposes[i] <== bits1[160 + i]; }
    for (var i = 0; i < 16; i++) { modelClasses[i] <== bits2[128 + i]; }
    for (var i = 0; i < 8; i++) { actions[i] <== bits2[144 + i]; }
    component uses = Word(17);
    for (var i = 0; i < 17; i++) { uses.bits[i] <== bits2[152 + i]; }
    maxUses <== uses.out;
    component time[2];
    for (var t = 0; t < 2; t++) {
        time[t] = Word(40);
        for (var i = 0; i < 40; i++) { time[t].bits[i] <== bits3[40 * t + i]; }
    }
    notBefore <== time[0].out;
    notAfter <== time[1].out;
    component day[2];
    for (var d = 0; d < 2; d++) {
        day[d] = Word(24);
        for (var i = 0; i < 24; i++) { day[d].bits[i] <== bits3[80 + 24 * d + i]; }
    }
    dataFrom <== day[0].out;
    dataTo <== day[1].out;
}

// G. The controller (who may revoke it) and the registry are inside the leaf: else a revoked leaf, or one of another
// registry, would be inserted again under another controller. The controller has the size of an address: a grant that
// the registry cannot recompute could never be revoked.
template GrantCommitment() {
    signal input patient;
    signal input grantee;
    signal input masks1;
    signal input masks2;
    signal input window;
    signal input termsDigest;
    signal input grantSecret;
    signal input controller;
    signal input registryId;
    signal output out;
    InRange(160)(controller);
    signal inner <== Poseidon(8)([
        TAG_GRANT_INNER(), patient, grantee, masks1, masks2, window, termsDigest, grantSecret]);
    out <== Poseidon(4)([TAG_GRANT(), inner, controller, registryId]);
}
