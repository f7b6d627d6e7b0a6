using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Keys;
using MedLedger.Api.Records;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>A value of the deployment that is no secret.</summary>
internal sealed class SettingRow
{
    public required string Name { get; init; }

    public required string Value { get; set; }
}

/// <summary>A data folder with its keys, opened: database, custody and vault. One writer at a time holds it.</summary>
internal sealed class Store : IDbContextFactory<LedgerContext>, IDisposable
{
    private const string KeysSetting = "keys";
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);
    private readonly DbContextOptions<LedgerContext> _options;
    private readonly ContextPool _contexts;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly SecretKey _journalKey;

    private Store(DataFolder folder, FileKeyCustody custody, Settings settings, TimeProvider time)
    {
        Settings = settings;
        Folder = folder;
        Custody = custody;
        Time = time;
        Vault = new RecordVault(custody, folder.Id, time);
        _options = LedgerContext.For(folder.Database);
        _journalKey = custody.OpenOperatorKey("journal");
        Journal = new TransactionJournal(this, _journalKey);
        Roots = new RecordRoots(this);
        _contexts = new ContextPool(_options, Roots);
    }

    public DataFolder Folder { get; }

    public FileKeyCustody Custody { get; }

    public RecordVault Vault { get; }

    public TimeProvider Time { get; }

    /// <summary>The settings of the command that opened it.</summary>
    public Settings Settings { get; }

    /// <summary>The signed transactions, sealed.</summary>
    public TransactionJournal Journal { get; }

    /// <summary>What stored records are held against.</summary>
    public RecordRoots Roots { get; }

    /// <summary>Seals an entry of the program's own (a job, evidence), bound to its place.</summary>
    public byte[] SealEntry(string place, ReadOnlySpan<byte> entry) =>
        SealedJournal.Seal(_journalKey, Encoding.UTF8.GetBytes(place), entry);

    /// <summary>Opens it; null when it was not sealed here, for this place.</summary>
    public byte[]? OpenEntry(string place, ReadOnlySpan<byte> sealedEntry) =>
        SealedJournal.Open(_journalKey, Encoding.UTF8.GetBytes(place), sealedEntry);

    /// <summary>
    /// Opens the data folder of a command for writing. The first start makes the folder and the master key, and says where
    /// they lie. A key file that is not the one of this folder is refused (exit 1).
    /// </summary>
    public static Task<Store> OpenAsync(CommandContext command, string name, CancellationToken cancellation) =>
        OpenAsync(command, command.Settings.DataFolder, name, cancellation);

    /// <summary>The same for another folder than the command's.</summary>
    public static async Task<Store> OpenAsync(
        CommandContext command,
        string path,
        string name,
        CancellationToken cancellation
    )
    {
        var settings = command.Settings;
        var folder = DataFolder.OpenForWriting(path, name);
        try
        {
            var isNew = !File.Exists(folder.Database);
            var custody = OpenCustody(command, folder, isNew);
            custody.Recover();
            var store = new Store(folder, custody, settings, command.Time);
            try
            {
                await store.MigrateAsync(isNew, cancellation);
                await store.CheckClockAsync(cancellation);
                await store.ShredAgainAsync(cancellation);
                return store;
            }
            catch
            {
                store.Dispose();
                throw;
            }
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Whether the data folder of a command has a database.</summary>
    public static bool Exists(CommandContext command) =>
        File.Exists(Path.Combine(command.Settings.DataFolder, "medledger.db"));

    /// <summary>
    /// Opens a data folder beside the process that holds it, for what may change under that process: accounts and sessions.
    /// </summary>
    public static Store OpenBeside(CommandContext command)
    {
        var folder = DataFolder.OpenForReading(command.Settings.DataFolder);
        if (!File.Exists(folder.Database))
            throw CommandFailure.Usage($"There is no database in {folder.Path} yet.");
        var store = new Store(folder, OpenCustody(command, folder, isNew: false), command.Settings, command.Time);
        try
        {
            store.CheckKeys();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The turn to write records or to close an anchor: an anchor has exactly the leaves that were committed before it.
    /// </summary>
    public async Task<IDisposable> WritingAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        return new Turn(_writing);
    }

    /// <inheritdoc/>
    public LedgerContext CreateDbContext() => _contexts.Rent();

    /// <inheritdoc/>
    public void Dispose()
    {
        _contexts.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Vault.Dispose();
        _journalKey.Dispose();
        Custody.Dispose();
        Folder.Dispose();
        _writing.Dispose();
        Roots.Dispose();
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }

    /// <summary>Opens the keys of a folder that exists, beside the process that holds it.</summary>
    public static FileKeyCustody OpenCustody(CommandContext command, DataFolder folder) =>
        OpenCustody(command, folder, isNew: false);

    private static FileKeyCustody OpenCustody(CommandContext command, DataFolder folder, bool isNew)
    {
        var path = command.Settings.KeyFile ?? FileKeyCustody.DefaultKeyFile(folder.Id);
        var passphrase = ReadPassphrase(command.Settings.PassphraseFile);
        if (FileKeyCustody.Exists(path) || !isNew)
            return FileKeyCustody.Open(path, passphrase, TokenSettings.From(command.Settings));
        var created = FileKeyCustody.Create(path, passphrase, TokenSettings.From(command.Settings));
        command.Terminal.Say(created.Notice);
        return created;
    }

    /// <summary>Where the master key of a folder lies.</summary>
    public static string KeyFileOf(CommandContext command, DataFolder folder) =>
        command.Settings.KeyFile ?? FileKeyCustody.DefaultKeyFile(folder.Id);

    /// <summary>Opens the keys of a deployment whose folder is not there.</summary>
    public static FileKeyCustody OpenCustody(CommandContext command, string deployment) =>
        FileKeyCustody.Open(
            command.Settings.KeyFile ?? FileKeyCustody.DefaultKeyFile(deployment),
            ReadPassphrase(command.Settings.PassphraseFile),
            TokenSettings.From(command.Settings)
        );

    /// <summary>The first line of a file, UTF-8; empty for no file.</summary>
    public static byte[] ReadPassphrase(string? file)
    {
        if (file is null)
            return [];
        if (!File.Exists(file))
            throw CommandFailure.Usage($"The passphrase file {file} is not there.");
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadLine() is { Length: > 0 } line
            ? Encoding.UTF8.GetBytes(line)
            : throw CommandFailure.Usage($"The passphrase file {file} has an empty first line.");
    }

    private async Task MigrateAsync(bool isNew, CancellationToken cancellation)
    {
        await using var context = new LedgerContext(_options);
        try
        {
            await context.Database.MigrateAsync(cancellation);
        }
        catch (Microsoft.Data.Sqlite.SqliteException damaged) when (damaged.SqliteErrorCode is 11 or 26)
        {
            throw CommandFailure.Refused($"The database {Folder.Database} is damaged; restore it from the backup.");
        }
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Folder.Database, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var keys = await context.Settings.FindAsync([KeysSetting], cancellation);
        if (keys is null)
        {
            context.Settings.Add(new SettingRow { Name = KeysSetting, Value = Custody.Fingerprint });
            await context.SaveChangesAsync(cancellation);
        }
        else
            CheckKeys(keys);
    }

    // Entries are in the order of their times, and consents and grants hold for periods: on a clock that was set back what
    // has ended would be permitted again.
    private async Task CheckClockAsync(CancellationToken cancellation)
    {
        await using var context = CreateDbContext();
        var newest = await context
            .Set<LogEntryRow>()
            .OrderByDescending(e => e.Index)
            .Select(e => e.Entry)
            .FirstOrDefaultAsync(cancellation);
        if (newest is null || !Consent.Log.AuditEntry.TryDecode(newest, out var entry))
            return;
        var (now, last) = (Time.GetUtcNow(), DateTimeOffset.FromUnixTimeSeconds(entry.Time));
        if (last - now > ClockTolerance)
            throw CommandFailure.Machine(
                $"The clock of this machine says {now:u}, but the newest log entry is of {last:u}: it was set back. Set it "
                    + "right and start again; nothing was changed."
            );
    }

    // Keys that an older backup of the keys brought back.
    private async Task ShredAgainAsync(CancellationToken cancellation)
    {
        await using var context = CreateDbContext();
        var erased = await context
            .Patients.Where(p => p.Erased != null)
            .Where(p =>
                !context.Set<ErasureRow>().Any(e => e.PatientKey == p.PatientKey && e.State == ErasureState.Accepted)
            )
            .Select(p => p.PatientKey)
            .ToListAsync(cancellation);
        foreach (var patientKey in erased.Where(key => !Custody.IsShredded(key)))
            Custody.Shred(patientKey);
    }

    private void CheckKeys()
    {
        using var context = new LedgerContext(_options);
        try
        {
            if (context.Settings.Find(KeysSetting) is { } keys)
                CheckKeys(keys);
        }
        catch (Microsoft.Data.Sqlite.SqliteException damaged) when (damaged.SqliteErrorCode is 1 or 11 or 26)
        {
            throw CommandFailure.Refused($"The database {Folder.Database} is damaged; restore it from the backup.");
        }
    }

    private void CheckKeys(SettingRow keys)
    {
        if (keys.Value != Custody.Fingerprint)
            throw CommandFailure.Refused(
                $"The master key {Custody.KeyFilePath} is not the one of {Folder.Path}: its keys are {keys.Value}."
            );
    }
}

/// <summary>For the tool that writes migrations.</summary>
internal sealed class DesignTimeLedger : Microsoft.EntityFrameworkCore.Design.IDesignTimeDbContextFactory<LedgerContext>
{
    public LedgerContext CreateDbContext(string[] args) => new(LedgerContext.For("design.db"));
}
