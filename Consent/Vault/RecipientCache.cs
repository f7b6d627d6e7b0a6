using System.Security.Cryptography;
using MedLedger.Crypto.Hpke;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Contexts of encapsulations that were opened in the last seconds: a decapsulation costs more than all else of a read.
/// What is lent is what the same rows would give again; a stanza that was deleted, or a row that was exchanged, is no
/// match. Zeroed when nobody asked for it for <see cref="Idle"/>, when a patient is forgotten, and at the end. Safe for
/// several threads.
/// </summary>
internal sealed class RecipientCache(TimeProvider time) : IDisposable
{
    private const int Most = 1024;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Encapsulation, SegmentReader Reader), Lease> _leases = [];
    private long _swept = time.GetTimestamp();

    /// <summary>The context that these rows gave to this reader; null when it is not here. The caller gives it back.</summary>
    public Lease? Rent(CompartmentKeys rows, SegmentReader reader)
    {
        lock (_gate)
        {
            Sweep();
            if (!_leases.TryGetValue((rows.Encapsulation.Id, reader), out var lease) || !lease.Fits(rows))
                return null;
            lease.Users++;
            lease.Used = time.GetTimestamp();
            return lease;
        }
    }

    /// <summary>Keeps a new context, which is this object's from then on, and lends it.</summary>
    public Lease Add(CompartmentKeys rows, SegmentReader reader, KeyStanza stanza, HpkeRecipient recipient)
    {
        lock (_gate)
        {
            if (_leases.Count >= Most)
                Retire(_ => true);
            var key = (rows.Encapsulation.Id, reader);
            if (_leases.Remove(key, out var former))
                former.Retire();
            var lease = new Lease(rows, stanza, recipient) { Users = 1, Used = time.GetTimestamp() };
            _leases.Add(key, lease);
            return lease;
        }
    }

    /// <summary>Ends a loan.</summary>
    public void Return(Lease lease)
    {
        lock (_gate)
        {
            lease.Users--;
            if (lease.IsRetired)
                lease.Retire();
        }
    }

    /// <summary>Zeroes what is kept of a compartment.</summary>
    public void Forget(string patientKey)
    {
        lock (_gate)
            Retire(lease => string.Equals(lease.PatientKey, patientKey, StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            Retire(_ => true);
    }

    private void Sweep()
    {
        if (time.GetElapsedTime(_swept) < Idle / 2)
            return;
        _swept = time.GetTimestamp();
        Retire(lease => time.GetElapsedTime(lease.Used) > Idle);
    }

    private void Retire(Func<Lease, bool> isOver)
    {
        foreach (var (key, lease) in _leases.Where(one => isOver(one.Value)).ToList())
        {
            _leases.Remove(key);
            lease.Retire();
        }
    }

    /// <summary>One context with the rows that gave it.</summary>
    internal sealed class Lease(CompartmentKeys rows, KeyStanza stanza, HpkeRecipient recipient)
    {
        /// <summary>The context; not to be used after it was given back.</summary>
        public HpkeRecipient Recipient => recipient;

        public string PatientKey => rows.Segment.PatientKey;

        public int Users { get; set; }

        public long Used { get; set; }

        public bool IsRetired { get; private set; }

        /// <summary>Zeroes it, as soon as nobody uses it.</summary>
        public void Retire()
        {
            IsRetired = true;
            if (Users == 0)
                recipient.Dispose();
        }

        /// <summary>Whether these rows would give the same context.</summary>
        public bool Fits(CompartmentKeys other) =>
            Same(rows.Segment, other.Segment)
            && rows.Encapsulation.Encapsulation.AsSpan().SequenceEqual(other.Encapsulation.Encapsulation)
            && other.Stanzas.Any(one =>
                string.Equals(one.Tag, stanza.Tag, StringComparison.Ordinal)
                && CryptographicOperations.FixedTimeEquals(one.Wrapped, stanza.Wrapped)
            );

        private static bool Same(Segment one, Segment other) =>
            string.Equals(one.Id, other.Id, StringComparison.Ordinal)
            && string.Equals(one.PatientKey, other.PatientKey, StringComparison.Ordinal)
            && string.Equals(one.ClassKey, other.ClassKey, StringComparison.Ordinal)
            && one.Epoch == other.Epoch
            && one.PublicKey.AsSpan().SequenceEqual(other.PublicKey)
            && one.Authenticator.AsSpan().SequenceEqual(other.Authenticator);
    }
}
