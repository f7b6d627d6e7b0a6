namespace MedLedger.Consent.Access;

/// <summary>Why the gate refused. The names are what the log and the command line show; they carry no content.</summary>
public enum DenyReason
{
    /// <summary>No active consent, or none that permits.</summary>
    NoConsent,

    /// <summary>A consent forbids it.</summary>
    Forbidden,

    /// <summary>The consent permits, but no active on-chain grant covers the request.</summary>
    NoGrant,

    /// <summary>The grant that would cover the request was revoked.</summary>
    Revoked,

    /// <summary>The grant or the consent is not yet, or no longer, valid.</summary>
    OutsideValidity,

    /// <summary>The grant's uses are counted up.</summary>
    UsesExhausted,

    /// <summary>The request names no purpose, action, time or patient, or one that is unknown.</summary>
    IncompleteRequest,

    /// <summary>The chain cannot be read, or its head is too old to decide on.</summary>
    ChainUnavailable,

    /// <summary>Keys of the patient are erased or cannot be had.</summary>
    KeysUnavailable,

    /// <summary>The software that asks was not allowed to ask for this (SMART scopes, launch context).</summary>
    OutsideScope,

    /// <summary>Who asks did not prove who they are: a wrong password, code, key or grant.</summary>
    NotAuthenticated,
}

/// <summary>What a permit rests on.</summary>
public enum PermitBasis
{
    /// <summary>The patient's consent, with an active on-chain grant.</summary>
    Consent,

    /// <summary>The patient reads, exports or erases what is theirs (GDPR 15, 17, 20; HIPAA 164.524).</summary>
    Subject,

    /// <summary>A declared emergency (v3-ActReason BTG), short, logged first and reviewed after.</summary>
    BreakGlass,

    /// <summary>A resource of no patient (Organization, Practitioner).</summary>
    Organization,
}

/// <summary>
/// The gate's answer for one record. <see cref="Permit"/> cannot be made outside this assembly, nor copied with
/// other values, nor serialized: the compiler, not a filter, keeps unauthorized data out.
/// </summary>
public abstract record AccessDecision
{
    private AccessDecision() { }

    /// <summary>The right to open one version of one record, once decided, for a few seconds.</summary>
    public sealed record Permit : AccessDecision
    {
        internal Permit(
            string patientKey,
            string recordKey,
            int version,
            string action,
            string grantee,
            PermitBasis basis,
            ulong block,
            DateTimeOffset expires,
            IReadOnlyList<string> obligations
        )
        {
            PatientKey = patientKey;
            RecordKey = recordKey;
            Version = version;
            Action = action;
            Grantee = grantee;
            Basis = basis;
            Block = block;
            Expires = expires;
            Obligations = obligations;
        }

        /// <summary>
        /// The opaque key of the compartment that permits (<c>RecordVault.PatientKey</c>): one patient's, or the
        /// organization's. A record of several patients opens with one permit for each.
        /// </summary>
        public string PatientKey { get; }

        /// <summary>The opaque storage key of the record (keyed hash of Type/id, hexadecimal), never its FHIR id.</summary>
        public string RecordKey { get; }

        /// <summary>The version of the record, from 1.</summary>
        public int Version { get; }

        /// <summary>The consent action (access, use, ...).</summary>
        public string Action { get; }

        /// <summary>
        /// Reference of who may read: the grantee as the consent names it (the caller, or what the caller acts for), whose
        /// stanza opens the segment; the caller itself when the basis is another.
        /// </summary>
        public string Grantee { get; }

        /// <summary>What the permit rests on.</summary>
        public PermitBasis Basis { get; }

        /// <summary>The block at which consent was read; 0 when the basis needs no chain.</summary>
        public ulong Block { get; }

        /// <summary>After this moment the vault refuses the permit.</summary>
        public DateTimeOffset Expires { get; }

        /// <summary>What must be done with the content before it leaves (codes of v3-ActCode, for example <c>DEID</c>).</summary>
        public IReadOnlyList<string> Obligations { get; }
    }

    /// <summary>Refused, with the reason that the log and the patient see.</summary>
    public sealed record Deny(DenyReason Reason) : AccessDecision;
}
