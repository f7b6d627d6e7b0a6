using System.Data;
using MedLedger.Consent.Vault;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace MedLedger.Api.Persistence;

/// <summary>
/// The database: sealed rows, keyed hashes, commitments. No name, code, date, note or FHIR id of anybody stands in it
/// in clear. SQLite in WAL mode, foreign keys on, deleted content overwritten. One that came from a
/// <see cref="ContextPool"/> goes back there when it is disposed.
/// </summary>
internal sealed class LedgerContext(DbContextOptions<LedgerContext> options) : DbContext(options)
{
    private ContextPool? _pool;
    private int _isLent;
    private readonly Dictionary<string, PreparedStatement> _statements = new(StringComparer.Ordinal);
    private SqliteTransaction? _plain;

    /// <summary>What records that are read here are held against; null where none are read.</summary>
    public Records.RecordRoots? Roots { get; init; }

    /// <summary>What was prepared on its connection; null where the connection is not kept.</summary>
    public PreparedCommands? Prepared { get; private set; }

    public DbSet<PatientRow> Patients => Set<PatientRow>();

    public DbSet<Segment> Segments => Set<Segment>();

    public DbSet<KeyStanza> Stanzas => Set<KeyStanza>();

    public DbSet<KeyEncapsulation> Encapsulations => Set<KeyEncapsulation>();

    public DbSet<RecordRow> Records => Set<RecordRow>();

    public DbSet<CompartmentRow> Compartments => Set<CompartmentRow>();

    public DbSet<LeafRow> Leaves => Set<LeafRow>();

    public DbSet<TokenRow> Tokens => Set<TokenRow>();

    public DbSet<SearchRow> Search => Set<SearchRow>();

    public DbSet<SettingRow> Settings => Set<SettingRow>();

    public DbSet<AnchorRow> Anchors => Set<AnchorRow>();

    public DbSet<TransactionRow> Transactions => Set<TransactionRow>();

    /// <summary>Options for the database file of a data folder.</summary>
    public static DbContextOptions<LedgerContext> For(string databaseFile) =>
        new DbContextOptionsBuilder<LedgerContext>()
            .UseSqlite(
                $"Data Source={databaseFile};Foreign Keys=True;Pooling=True;Default Timeout=30",
                // A list is one parameter, so that a query has one text and is prepared once, whatever is in it.
                sqlite => sqlite.UseParameterizedCollectionMode(ParameterTranslationMode.Parameter)
            )
            .AddInterceptors(SqlitePragmas.Instance, PreparedQueries.Instance)
            .Options;

    /// <summary>Makes it the pool's, with a connection that stays open.</summary>
    public LedgerContext Lend(ContextPool pool)
    {
        if (Database.GetDbConnection().State == ConnectionState.Closed)
            Database.OpenConnection();
        Prepared ??= new PreparedCommands();
        (_pool, _isLent) = (pool, 1);
        return this;
    }

    /// <summary>Forgets what was done with it; false when something is not finished.</summary>
    public bool TryReset()
    {
        if (Transaction is not null || Database.GetDbConnection().State != ConnectionState.Open)
            return false;
        ChangeTracker.Clear();
        ChangeTracker.AutoDetectChangesEnabled = true;
        return true;
    }

    /// <summary>The transaction that is open on the connection; null when none is.</summary>
    public SqliteTransaction? Transaction =>
        _plain ?? (SqliteTransaction?)Database.CurrentTransaction?.GetDbTransaction();

    /// <summary>
    /// Begins a transaction of <see cref="Statement"/>s alone, in which nothing that is tracked is saved. It is rolled back
    /// unless it is committed before it is disposed.
    /// </summary>
    public PlainTransaction BeginPlain()
    {
        if (Transaction is not null)
            throw new InvalidOperationException("A transaction is open already.");
        _plain = ((SqliteConnection)Database.GetDbConnection()).BeginTransaction(deferred: false);
        return new PlainTransaction(this, _plain);
    }

    /// <summary>
    /// Begins to read: what is asked until it is disposed is of one moment, and SQLite looks once whether somebody wrote
    /// meanwhile, not for each question. Nothing is awaited inside, and nothing written.
    /// </summary>
    public Snapshot BeginReading()
    {
        if (Transaction is not null)
            return default;
        Command("BEGIN", 0).ExecuteNonQuery();
        return new Snapshot(this);
    }

    /// <summary>See <see cref="BeginReading"/>.</summary>
    public readonly struct Snapshot(LedgerContext context) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => context?.Command("COMMIT", 0).ExecuteNonQuery();
    }

    /// <summary>See <see cref="BeginPlain"/>.</summary>
    public readonly struct PlainTransaction(LedgerContext context, SqliteTransaction transaction) : IDisposable
    {
        /// <summary>Makes it durable.</summary>
        public void Commit() => transaction.Commit();

        /// <inheritdoc/>
        public void Dispose()
        {
            context._plain = null;
            transaction.Dispose();
        }
    }

    /// <summary>A command of the connection, which is opened for as long as the context lives; prepared once where it is kept. The context's to dispose.</summary>
    /// <param name="sql">With parameters <c>$0</c>, <c>$1</c> ...; never made of values.</param>
    /// <param name="parameters">How many.</param>
    public SqliteCommand Command(string sql, int parameters)
    {
        var connection = (SqliteConnection)Database.GetDbConnection();
        if (connection.State == ConnectionState.Closed)
            Database.OpenConnection();
        return Prepared?.Take(connection, sql, parameters) ?? PreparedCommands.Make(connection, sql, parameters);
    }

    /// <summary>A statement of the open connection, prepared once as long as that one is kept; the context's to dispose.</summary>
    /// <param name="sql">Never made of values.</param>
    public PreparedStatement Prepare(string sql)
    {
        var connection = ((SqliteConnection)Database.GetDbConnection()).Handle!;
        if (_statements.TryGetValue(sql, out var known) && ReferenceEquals(known.Connection, connection))
            return known;
        known?.Dispose();
        return _statements[sql] = new PreparedStatement(connection, sql);
    }

    private void EndStatements()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (IsBack())
            return;
        EndStatements();
        Prepared?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        if (IsBack())
            return ValueTask.CompletedTask;
        EndStatements();
        Prepared?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Closes it for good, wherever it came from.</summary>
    public void End()
    {
        _pool = null;
        Dispose();
    }

    // Given back once, however often it is disposed.
    private bool IsBack() => _pool is { } pool && (Interlocked.Exchange(ref _isLent, 0) == 0 || pool.TryKeep(this));

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<PatientRow>(e =>
        {
            e.ToTable("patients").HasKey(p => p.PatientKey);
            e.HasIndex(p => p.Index).IsUnique();
            e.Property(p => p.Reference).IsRequired();
        });
        modelBuilder.Entity<Segment>(e =>
        {
            e.ToTable("segments").HasKey(s => s.Id);
            e.HasIndex(s => new { s.ClassKey, s.Epoch }).IsUnique();
            e.HasIndex(s => s.PatientKey);
            e.HasOne<PatientRow>().WithMany().HasForeignKey(s => s.PatientKey);
        });
        modelBuilder.Entity<KeyStanza>(e =>
        {
            e.ToTable("stanzas").HasKey(s => s.Tag);
            e.HasIndex(s => s.SegmentId);
            e.HasOne<Segment>().WithMany().HasForeignKey(s => s.SegmentId);
        });
        modelBuilder.Entity<KeyEncapsulation>(e =>
        {
            e.ToTable("encapsulations").HasKey(s => s.Id);
            e.HasOne<Segment>().WithMany().HasForeignKey(s => s.SegmentId);
        });
        modelBuilder.Entity<RecordRow>(e =>
        {
            e.ToTable("records").HasKey(r => new { r.RecordKey, r.Version });
            e.HasMany(r => r.Compartments).WithOne().HasForeignKey(c => new { c.RecordKey, c.Version });
        });
        modelBuilder.Entity<CompartmentRow>(e =>
        {
            e.ToTable("compartments")
                .HasKey(c => new
                {
                    c.RecordKey,
                    c.Version,
                    c.PatientKey,
                });
            e.HasIndex(c => new { c.EncapsulationId, c.Sequence }).IsUnique();
            e.HasIndex(c => c.PatientKey);
            e.HasOne<KeyEncapsulation>().WithMany().HasForeignKey(c => c.EncapsulationId);
            e.HasOne<PatientRow>().WithMany().HasForeignKey(c => c.PatientKey);
        });
        // Leaves, tokens and search rows are WITHOUT ROWID, which a migration has to keep.
        modelBuilder.Entity<LeafRow>(e =>
        {
            e.ToTable("leaves")
                .HasKey(l => new
                {
                    l.PatientKey,
                    l.Position,
                    l.Since,
                });
            e.HasOne<PatientRow>().WithMany().HasForeignKey(l => l.PatientKey);
        });
        modelBuilder.Entity<TokenRow>(e =>
        {
            e.ToTable("tokens").HasKey(t => new { t.Token, t.RecordKey });
            e.HasIndex(t => t.RecordKey);
        });
        modelBuilder.Entity<SearchRow>(e =>
        {
            e.ToTable("search").HasKey(s => new { s.PatientKey, s.RecordKey });
            e.HasIndex(s => s.RecordKey);
        });
        modelBuilder.Entity<SettingRow>().ToTable("settings").HasKey(s => s.Name);
        modelBuilder.Entity<AnchorRow>(e =>
        {
            e.ToTable("anchors").HasKey(a => a.Number);
            e.Property(a => a.Number).ValueGeneratedNever();
        });
        modelBuilder.Entity<TransactionRow>(e =>
        {
            e.ToTable("transactions").HasKey(t => t.Number);
            e.HasIndex(t => t.Hash).IsUnique();
            e.HasIndex(t => new { t.ChainId, t.State });
        });
        modelBuilder.UseOpenIddict();
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(LedgerContext).Assembly);
    }
}
