// What an analysis publishes: its use of the grant (U), the request (Q), the result (O) and its shape.
pragma circom 2.2.0;
include "circomlib/circuits/poseidon.circom";
include "integers.circom";
include "tags.circom";

// U. slot < maxUses. Stops more uses than the patient allowed and a second use of the same slot (the ledger keeps
// every U once). maxUses is below 2^17, by GrantTerms.
template UseNullifier() {
    signal input grantSecret;
    signal input slot;
    signal input maxUses;
    signal output out;
    InRange(16)(slot);
    InRange(17)(maxUses - 1 - slot);
    out <== Poseidon(3)([TAG_NULLIFIER(), grantSecret, slot]);
}

// Q. Stops a proof that answers another request, grantee, purpose, action or model than the one reserved before any
// record was opened. The salt follows from the grant's secret, so that the patient can open Q of every use.
template RequestCommitment() {
    signal input grantee;
    signal input purpose;
    signal input action;
    signal input model;
    signal input requestId;
    signal input grantSecret;
    signal input slot;
    signal output out;
    signal salt <== Poseidon(3)([TAG_REQUEST_SALT(), grantSecret, slot]);
    out <== Poseidon(7)([TAG_REQUEST(), grantee, purpose, action, model, requestId, salt]);
}

// O. Stops a result that is passed off as made from other records, by another model, or as another part. leaves[i] is
// R of slot i or 0; their number is fixed, so one digest has one list of records.
template ResultCommitment(RECORDS) {
    signal input resultDigest;
    signal input leaves[RECORDS];
    signal input model;
    signal input part;
    signal input parts;
    signal input resultSalt;
    signal output out;
    component inputs = Poseidon(RECORDS + 1);
    inputs.inputs[0] <== TAG_INPUTS();
    for (var i = 0; i < RECORDS; i++) { inputs.inputs[i + 1] <== leaves[i]; }
    out <== Poseidon(7)([TAG_RESULT(), resultDigest, inputs.out, model, part, parts, resultSalt]);
}

// part + 2^8 parts + 2^16 custody with 0 <= part < parts <= 64. Stops parts that overlap or are missing (the ledger
// builds shape for 0 to parts - 1 itself) and two readings of one number.
template Shape() {
    signal input part;
    signal input parts;
    signal input custody;
    signal output out;
    InRange(6)(part);
    InRange(6)(parts - 1);
    InRange(6)(parts - 1 - part);
    InRange(8)(custody);
    out <== part + (1 << 8) * parts + (1 << 16) * custody;
}
