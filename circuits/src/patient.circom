// Who the patient is, and that the patient signed.
pragma circom 2.2.0;
include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "circomlib/circuits/poseidon.circom";
include "tags.circom";
include "trees.circom";

// The patient's key signed the message: EdDSA with Poseidon over Baby Jubjub (circomlib).
// Stops grants that anybody else has put into the consent tree, which takes leaves from everybody.
template SignedBy() {
    signal input publicKey[2];
    signal input r[2];
    signal input s;
    signal input message;
    // Stops points off the curve, on which the addition law is not complete and divides by zero, so that its result
    // would be the prover's choice. circomlib's verifier assumes these two checks and makes neither; with them R8 lies
    // in the subgroup because S*B8 - 8*h*A does. It does refuse a key of small order and S not below the order.
    BabyCheck()(publicKey[0], publicKey[1]);
    BabyCheck()(r[0], r[1]);
    EdDSAPoseidonVerifier()(1, publicKey[0], publicKey[1], s, r[0], r[1], message);
}

// P, the patient commitment that everything else names.
template PatientCommitment() {
    signal input publicKey[2];
    signal input salt;
    signal output out <== Poseidon(5)([TAG_PATIENT(), publicKey[0], publicKey[1], salt, 0]);
}

// Root of the enrolment tree with E at the patient's index. Stops an operator that invents a patient key for a person's
// records, and a prover that misstates who holds the key.
template EnrolmentRoot(DEPTH) {
    signal input patient;
    signal input custody;
    signal input index[2 * DEPTH];
    signal input children[DEPTH][4];
    signal output root;
    signal leaf <== Poseidon(5)([TAG_ENROLMENT(), patient, custody, 0, 0]);
    root <== QuaternaryRoot(DEPTH)(leaf, index, children);
}

// Root of the global record tree with L at the same index. Stops the use of another patient's records.
template PatientRecordsRoot(DEPTH) {
    signal input patient;
    signal input patRoot;
    signal input index[2 * DEPTH];
    signal input children[DEPTH][4];
    signal output root;
    signal leaf <== Poseidon(3)([TAG_PATIENT_RECORDS(), patient, patRoot]);
    root <== QuaternaryRoot(DEPTH)(leaf, index, children);
}
