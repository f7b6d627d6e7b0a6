// AnalysisPolicy, circuit version 1: an analysis used these committed records, this grantee, purpose, action and model
// inside a grant that an enrolled patient signed and that stood in the consent tree, at this time, counted once.
// STATEMENT.md says it in plain words; COMMITMENTS.md has every hash and packed word.
//
// Public signals, in this order: consentRoot, recordRoot, modelRoot, enrolRoot, asOf, nullifier, resultCommitment,
// requestCommitment, registryId, context, shape.
pragma circom 2.2.0;
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "grant.circom";
include "integers.circom";
include "patient.circom";
include "record.circom";
include "request.circom";
include "tags.circom";
include "trees.circom";

template AnalysisPolicy(RECORDS, RECORD_DEPTH, PATIENT_DEPTH, CONSENT_DEPTH, MODEL_DEPTH) {
    signal input consentRoot, recordRoot, modelRoot, enrolRoot, asOf, nullifier;
    signal input resultCommitment, requestCommitment, registryId, context, shape;

    signal input publicKey[2], patientSalt, custody, patientIndex, signatureR[2], signatureS;
    signal input enrolmentPath[PATIENT_DEPTH][4], patientPath[PATIENT_DEPTH][4], patRoot;
    signal input grantee, masks1, masks2, window, termsDigest, grantSecret, controller;
    signal input grantIndex, grantPath[CONSENT_DEPTH];
    signal input modelDigest, modelClass, modelIndex, modelPath[MODEL_DEPTH];
    signal input purpose, action, requestId, slot;
    signal input resultDigest, resultSalt, part, parts;
    signal input active[RECORDS], meta[RECORDS], contentDigest[RECORDS], recordSalt[RECORDS];
    signal input position[RECORDS], recordPath[RECORDS][RECORD_DEPTH][4];

    // The patient is enrolled, and the records are that patient's: one index leads to both leaves. Stops a patient that
    // no authority enrolled, and records of another patient.
    signal patient <== PatientCommitment()(publicKey, patientSalt);
    signal index[2 * PATIENT_DEPTH] <== Num2Bits(2 * PATIENT_DEPTH)(patientIndex);
    signal enrolled <== EnrolmentRoot(PATIENT_DEPTH)(patient, custody, index, enrolmentPath);
    enrolled === enrolRoot;
    signal anchored <== PatientRecordsRoot(PATIENT_DEPTH)(patient, patRoot, index, patientPath);
    anchored === recordRoot;

    // The patient signed the grant, and it stands in the consent tree, where a revoked leaf is 0. Stops grants that the
    // patient never gave, took back, or gave to another registry.
    signal grant <== GrantCommitment()(
        patient, grantee, masks1, masks2, window, termsDigest, grantSecret, controller, registryId);
    SignedBy()(publicKey, signatureR, signatureS, grant);
    signal grantBits[CONSENT_DEPTH] <== Num2Bits(CONSENT_DEPTH)(grantIndex);
    signal consented <== BinaryRoot(CONSENT_DEPTH)(grant, grantBits, grantPath);
    consented === consentRoot;

    // notBefore <= asOf < notAfter. Stops a grant used before its time or from the second at which it ends.
    component terms = GrantTerms();
    terms.masks1 <== masks1;
    terms.masks2 <== masks2;
    terms.window <== window;
    InRange(40)(asOf);
    InRange(40)(asOf - terms.notBefore);
    InRange(40)(terms.notAfter - 1 - asOf);

    // Stops another purpose, action or class of model than the patient agreed to, and a model nobody approved.
    signal purposeAllowed <== SelectAt(6)(terms.purposes, purpose);
    purposeAllowed === 1;
    signal actionAllowed <== SelectAt(3)(terms.actions, action);
    actionAllowed === 1;
    signal classAllowed <== SelectAt(4)(terms.modelClasses, modelClass);
    classAllowed === 1;
    signal model <== Poseidon(3)([TAG_MODEL(), modelDigest, modelClass]);
    signal modelBits[MODEL_DEPTH] <== Num2Bits(MODEL_DEPTH)(modelIndex);
    signal approved <== BinaryRoot(MODEL_DEPTH)(model, modelBits, modelPath);
    approved === modelRoot;

    // One use, which the ledger counts by its nullifier, for the one request that was reserved. Stops uses beyond
    // maxUses, and an answer to another grantee's request or under another purpose, action or model.
    signal use <== UseNullifier()(grantSecret, slot, terms.maxUses);
    use === nullifier;
    signal request <== RequestCommitment()(grantee, purpose, action, model, requestId, grantSecret, slot);
    request === requestCommitment;

    // Every record is the patient's and inside the grant; all of them, in order, are what the result is bound to.
    // Stops records outside the grant, and a result, part or custody other than the published one.
    signal leaves[RECORDS];
    for (var i = 0; i < RECORDS; i++) {
        leaves[i] <== RecordInGrant(RECORD_DEPTH)(active[i], meta[i], contentDigest[i], recordSalt[i], position[i],
            recordPath[i], patRoot, terms.typeWords, terms.labels, terms.dataFrom, terms.dataTo);
    }
    SlotsInOrder(RECORDS, 2 * RECORD_DEPTH)(active, position);
    signal parted <== Shape()(part, parts, custody);
    parted === shape;
    signal result <== ResultCommitment(RECORDS)(resultDigest, leaves, model, part, parts, resultSalt);
    result === resultCommitment;

    // Stops the proof from being carried to another chain, ledger or circuit version: a signal in no constraint would
    // have the point at infinity in the verifying key, and any value would pass.
    signal contextSquared <== context * context;
}

component main {public [consentRoot, recordRoot, modelRoot, enrolRoot, asOf, nullifier, resultCommitment,
    requestCommitment, registryId, context, shape]} = AnalysisPolicy(14, 7, 12, 20, 8);
