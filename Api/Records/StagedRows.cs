using MedLedger.Api.Persistence;

namespace MedLedger.Api.Records;

/// <summary>
/// The rows of which a write has many, kept until all of them are inserted by prepared statements: five for each resource,
/// which change tracking would make the dearest part of a write.
/// </summary>
internal sealed class StagedRows
{
    private const string InsertRecord =
        "INSERT INTO records (RecordKey, Version, Content, Written, IsDeleted) VALUES ($0, $1, $2, $3, $4)";
    private const string InsertCompartment = """
        INSERT INTO compartments
            (RecordKey, Version, PatientKey, EncapsulationId, Sequence, KeyShare, Facts, ContentTag)
        VALUES ($0, $1, $2, $3, $4, $5, $6, $7)
        """;
    private const string InsertToken = "INSERT INTO tokens (Token, RecordKey) VALUES ($0, $1)";
    private const string PutSearch = """
        INSERT INTO search (PatientKey, RecordKey, Tokens) VALUES ($0, $1, $2)
        ON CONFLICT (PatientKey, RecordKey) DO UPDATE SET Tokens = excluded.Tokens
        """;
    private const string DeleteTokens = "DELETE FROM tokens WHERE RecordKey = $0";
    private const string DeleteSearch = "DELETE FROM search WHERE RecordKey = $0";

    private readonly List<RecordRow> _records = [];
    private readonly HashSet<(string Token, string RecordKey)> _tokens = [];
    private readonly Dictionary<(string PatientKey, string RecordKey), byte[]> _search = [];
    private readonly HashSet<string> _unfound = new(StringComparer.Ordinal);

    /// <summary>A version of a record with its compartments.</summary>
    public void Add(RecordRow record) => _records.Add(record);

    /// <summary>What a record is found by in one compartment from now on.</summary>
    public void Find(string patientKey, string recordKey, byte[] tokens) => _search[(patientKey, recordKey)] = tokens;

    /// <summary>The token of a new record's type.</summary>
    public void AddToken(string token, string recordKey) => _tokens.Add((token, recordKey));

    /// <summary>A record is found by nothing any more.</summary>
    public void Unfind(string recordKey)
    {
        _unfound.Add(recordKey);
        _tokens.RemoveWhere(one => one.RecordKey == recordKey);
        foreach (var key in _search.Keys.Where(key => key.RecordKey == recordKey).ToList())
            _search.Remove(key);
    }

    /// <summary>Inserts everything, in the transaction of the context.</summary>
    public void Insert(LedgerContext context)
    {
        var record = new Statement(context, InsertRecord, 5);
        var compartment = new Statement(context, InsertCompartment, 8);
        foreach (var row in _records)
        {
            record.Run(row.RecordKey, row.Version, row.Content, row.Written, row.IsDeleted);
            foreach (var c in row.Compartments)
            {
                compartment.Run(
                    c.RecordKey,
                    c.Version,
                    c.PatientKey,
                    c.EncapsulationId,
                    c.Sequence,
                    c.KeyShare,
                    c.Facts,
                    c.ContentTag
                );
            }
        }
        foreach (var sql in (string[])[DeleteTokens, DeleteSearch])
        {
            var delete = new Statement(context, sql, 1);
            foreach (var recordKey in _unfound)
                delete.Run(recordKey);
        }
        var token = new Statement(context, InsertToken, 2);
        foreach (var (value, recordKey) in _tokens)
            token.Run(value, recordKey);
        var search = new Statement(context, PutSearch, 3);
        foreach (var ((patientKey, recordKey), tokens) in _search)
            search.Run(patientKey, recordKey, tokens);
    }
}
