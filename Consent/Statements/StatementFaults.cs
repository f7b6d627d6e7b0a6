using System.Numerics;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;

namespace MedLedger.Consent.Statements;

/// <summary>A rule of the circuit that a statement breaks.</summary>
public enum StatementFault
{
    /// <summary>The patient's key did not sign the grant.</summary>
    Signature,

    /// <summary>E does not lead to the enrolment root.</summary>
    Enrolment,

    /// <summary>L does not lead to the record root, or stands at another index than E.</summary>
    PatientRecords,

    /// <summary>G does not lead to the consent root: unknown or revoked.</summary>
    Consent,

    /// <summary>M does not lead to the model root.</summary>
    Model,

    /// <summary>asOf is before notBefore.</summary>
    NotYetValid,

    /// <summary>asOf is not before notAfter.</summary>
    Expired,

    /// <summary>The purpose is not in the grant.</summary>
    Purpose,

    /// <summary>The action is not in the grant.</summary>
    Action,

    /// <summary>The model's class is not in the grant.</summary>
    ModelClass,

    /// <summary>The slot is not below maxUses.</summary>
    Slot,

    /// <summary>No records, or more than 64 proofs cover.</summary>
    RecordCount,

    /// <summary>The positions do not increase strictly.</summary>
    RecordOrder,

    /// <summary>A record does not lead to the patient's root.</summary>
    Record,

    /// <summary>A record's type is not in the grant.</summary>
    RecordType,

    /// <summary>A record has a label that the grant does not list.</summary>
    RecordLabels,

    /// <summary>A record's day is outside the data period.</summary>
    RecordDay,
}

/// <summary>
/// The rules of the circuit in C#, so that what cannot be proven is named before a proof is tried: a root that moved, a
/// record that changed, a grant that ended.
/// </summary>
public static class StatementFaults
{
    /// <summary>The rules that the statement breaks, each once; empty when it can be proven.</summary>
    public static IReadOnlyList<StatementFault> Of(AnalysisStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var faults = new List<StatementFault>();
        AddGrant(faults, statement);
        AddUse(faults, statement);
        AddRecords(faults, statement);
        return [.. faults.Distinct()];
    }

    private static void AddGrant(List<StatementFault> faults, AnalysisStatement statement)
    {
        var (grant, roots) = (statement.Grant, statement.Roots);
        var patient = grant.Patient;
        var leaf = grant.Commitment.Leaf;
        Require(grant.PublicKey.Verify(leaf, grant.Signature), StatementFault.Signature);
        Require(
            Stands(
                4,
                CircuitInputs.PatientDepth,
                roots.Enrolment,
                statement.Enrolment,
                EnrolmentLeaf.Compute(patient, grant.Custody)
            ),
            StatementFault.Enrolment
        );
        Require(
            statement.PatientRecords.Index == statement.Enrolment.Index
                && Stands(
                    4,
                    CircuitInputs.PatientDepth,
                    roots.Records,
                    statement.PatientRecords,
                    PatientRecordsLeaf.Compute(patient, statement.PatRoot)
                ),
            StatementFault.PatientRecords
        );
        Require(Stands(2, CircuitInputs.ConsentDepth, roots.Consent, statement.Consent, leaf), StatementFault.Consent);
        Require(
            Stands(2, CircuitInputs.ModelDepth, roots.Models, statement.Model, statement.ModelCommitment),
            StatementFault.Model
        );

        void Require(bool holds, StatementFault fault) => AddUnless(faults, holds, fault);
    }

    private static void AddUse(List<StatementFault> faults, AnalysisStatement statement)
    {
        var terms = statement.Grant.Terms;
        AddUnless(faults, terms.NotBefore <= statement.AsOf, StatementFault.NotYetValid);
        AddUnless(faults, statement.AsOf < terms.NotAfter, StatementFault.Expired);
        AddUnless(faults, HasBit(terms.Purposes, statement.Purpose, 64), StatementFault.Purpose);
        AddUnless(faults, HasBit(terms.Actions, statement.Action, 8), StatementFault.Action);
        AddUnless(faults, HasBit(terms.ModelClasses, statement.ModelClass, 16), StatementFault.ModelClass);
        AddUnless(faults, statement.Slot >= 0 && statement.Slot < terms.MaxUses, StatementFault.Slot);
    }

    private static void AddRecords(List<StatementFault> faults, AnalysisStatement statement)
    {
        var terms = statement.Grant.Terms;
        AddUnless(faults, statement.Parts is >= 1 and <= Shape.MaxParts, StatementFault.RecordCount);
        long last = -1;
        foreach (var record in statement.Records)
        {
            AddUnless(faults, record.Place.Index > last, StatementFault.RecordOrder);
            last = record.Place.Index;
            AddUnless(
                faults,
                Stands(4, CircuitInputs.RecordDepth, statement.PatRoot, record.Place, record.Leaf),
                StatementFault.Record
            );
            AddUnless(faults, HasBit(terms.Types, record.Meta.Type, 256), StatementFault.RecordType);
            AddUnless(faults, (record.Meta.Labels & ~terms.Labels) == 0, StatementFault.RecordLabels);
            AddUnless(
                faults,
                record.Meta.Day >= terms.DataFrom && record.Meta.Day <= terms.DataTo,
                StatementFault.RecordDay
            );
        }
    }

    private static void AddUnless(List<StatementFault> faults, bool holds, StatementFault fault)
    {
        if (!holds)
            faults.Add(fault);
    }

    private static bool Stands(int arity, int depth, Fr root, TreePlace place, Fr leaf) =>
        place.Path.Count == depth && PoseidonTree.VerifyPath(arity, root, place.Index, leaf, place.Path);

    private static bool HasBit(BigInteger mask, int position, int width) =>
        position >= 0 && position < width && !((mask >> position) & BigInteger.One).IsZero;
}
