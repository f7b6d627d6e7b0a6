// Domain tags: the big-endian integer of the ASCII text in the comment (COMMITMENTS.md).
// Stops one commitment from being opened as another kind: no two uses of Poseidon with the same arity share a tag.
pragma circom 2.2.0;

function TAG_PATIENT()         { return 0x6d65646c65646765722e70617469656e74; } // medledger.patient
function TAG_ENROLMENT()       { return 0x6d65646c65646765722e656e726f6c6d656e74; } // medledger.enrolment
function TAG_GRANT_INNER()     { return 0x6d65646c65646765722e6772616e742e696e6e6572; } // medledger.grant.inner
function TAG_GRANT()           { return 0x6d65646c65646765722e6772616e74; } // medledger.grant
function TAG_RECORD()          { return 0x6d65646c65646765722e7265636f7264; } // medledger.record
function TAG_PATIENT_RECORDS() { return 0x6d65646c65646765722e70617469656e742e7265636f726473; } // medledger.patient.records
function TAG_MODEL()           { return 0x6d65646c65646765722e6d6f64656c; } // medledger.model
function TAG_REQUEST()         { return 0x6d65646c65646765722e72657175657374; } // medledger.request
function TAG_REQUEST_SALT()    { return 0x6d65646c65646765722e726571756573742e73616c74; } // medledger.request.salt
function TAG_NULLIFIER()       { return 0x6d65646c65646765722e6e756c6c6966696572; } // medledger.nullifier
function TAG_RESULT()          { return 0x6d65646c65646765722e726573756c74; } // medledger.result
function TAG_INPUTS()          { return 0x6d65646c65646765722e696e70757473; } // medledger.inputs
