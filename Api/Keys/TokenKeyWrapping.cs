using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Crypto.Sealing;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using ISession = Net.Pkcs11Interop.HighLevelAPI.ISession;

namespace MedLedger.Api.Keys;

/// <summary>
/// Under an AES-256 key in a PKCS#11 token (OASIS PKCS#11 2.40), sensitive and not extractable: each key file is encrypted
/// and decrypted by the token (AES-GCM, the file's name as associated data). Who has the files without the token has nothing.
/// </summary>
internal sealed class TokenKeyWrapping : IKeyWrapping
{
    private const string KeyLabel = "medledger-master-key";
    private const int NonceSize = 12;
    private const int TagSize = 16;

    // Pkcs11Interop asks for libdl by a name that only development packages install.
    static TokenKeyWrapping() =>
        NativeLibrary.SetDllImportResolver(
            typeof(Pkcs11InteropFactories).Assembly,
            (name, _, _) =>
                name == "libdl" && OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libdl.so.2", out var library)
                    ? library
                    : IntPtr.Zero
        );

    private readonly Lock _gate = new();
    private readonly IPkcs11Library _library;
    private readonly ISession _session;
    private readonly IObjectHandle _key;

    private TokenKeyWrapping(IPkcs11Library library, ISession session, IObjectHandle key) =>
        (_library, _session, _key) = (library, session, key);

    /// <summary>Opens the key of a token; made there when there is none and <paramref name="create"/> is set.</summary>
    /// <param name="module">The token's PKCS#11 library.</param>
    /// <param name="token">The token's label.</param>
    /// <param name="pin">The user's PIN.</param>
    /// <param name="create">Whether a first start may make it.</param>
    public static TokenKeyWrapping Open(string module, string token, ReadOnlySpan<byte> pin, bool create)
    {
        if (pin.IsEmpty)
            throw CommandFailure.Usage("The master key is in a token: give its PIN as --passphrase-file.");
        IPkcs11Library? library = null;
        ISession? session = null;
        var secret = pin.ToArray();
        try
        {
            var factories = new Pkcs11InteropFactories();
            library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, module, AppType.MultiThreaded);
            var slot =
                library
                    .GetSlotList(SlotsType.WithTokenPresent)
                    .FirstOrDefault(s => string.Equals(s.GetTokenInfo().Label.Trim(), token, StringComparison.Ordinal))
                ?? throw CommandFailure.Machine($"The token {token} is not there.");
            session = slot.OpenSession(create ? SessionType.ReadWrite : SessionType.ReadOnly);
            session.Login(CKU.CKU_USER, secret);
            var key = create ? Create(session, token) : Find(session, token);
            return new TokenKeyWrapping(library, session, key);
        }
        catch (Exception failure) when (failure is Pkcs11Exception or UnmanagedException)
        {
            session?.Dispose();
            library?.Dispose();
            var why = failure is Pkcs11Exception known ? known.RV.ToString() : "the library cannot be loaded";
            throw CommandFailure.Machine($"The token {token} does not open with {module}: {why}.", failure);
        }
        catch
        {
            session?.Dispose();
            library?.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    public byte[] Wrap(string name, SecretKey key)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceSize);
        var clear = Encoding.ASCII.GetBytes(MasterKeyFile.Write(key));
        try
        {
            lock (_gate)
            {
                using var mechanism = Mechanism(nonce, name);
                return [.. nonce, .. _session.Encrypt(mechanism, _key, clear)];
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <inheritdoc/>
    public SecretKey? Unwrap(string name, byte[] file)
    {
        if (file.Length <= NonceSize + TagSize)
            return null;
        byte[] clear;
        try
        {
            lock (_gate)
            {
                using var mechanism = Mechanism(file[..NonceSize], name);
                clear = _session.Decrypt(mechanism, _key, file[NonceSize..]);
            }
        }
        catch (Pkcs11Exception refused)
            when (refused.RV
                    is CKR.CKR_ENCRYPTED_DATA_INVALID
                        or CKR.CKR_ENCRYPTED_DATA_LEN_RANGE
                        or CKR.CKR_GENERAL_ERROR
            )
        {
            return null; // SoftHSM answers a wrong tag with a general error
        }
        try
        {
            return MasterKeyFile.TryOpen(Encoding.ASCII.GetString(clear), []);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _library.Dispose();
    }

    private static IObjectHandle Create(ISession session, string token)
    {
        // A first start that was cut off leaves a key that nothing is under yet.
        if (Keys(session).Count > 0)
            return Find(session, token);
        var attributes = session.Factories.ObjectAttributeFactory;
        using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
        return session.GenerateKey(
            mechanism,
            [
                attributes.Create(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY),
                attributes.Create(CKA.CKA_KEY_TYPE, CKK.CKK_AES),
                attributes.Create(CKA.CKA_LABEL, KeyLabel),
                attributes.Create(CKA.CKA_VALUE_LEN, (ulong)SecretKey.Size),
                attributes.Create(CKA.CKA_TOKEN, true),
                attributes.Create(CKA.CKA_PRIVATE, true),
                attributes.Create(CKA.CKA_SENSITIVE, true),
                attributes.Create(CKA.CKA_EXTRACTABLE, false),
                attributes.Create(CKA.CKA_ENCRYPT, true),
                attributes.Create(CKA.CKA_DECRYPT, true),
            ]
        );
    }

    private static IObjectHandle Find(ISession session, string token) =>
        Keys(session) is [var key]
            ? key
            : throw CommandFailure.Refused($"The token {token} does not have one {KeyLabel}.");

    private static List<IObjectHandle> Keys(ISession session)
    {
        var attributes = session.Factories.ObjectAttributeFactory;
        return session.FindAllObjects([
            attributes.Create(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY),
            attributes.Create(CKA.CKA_LABEL, KeyLabel),
        ]);
    }

    private IMechanism Mechanism(byte[] nonce, string name)
    {
        var parameters = _session.Factories.MechanismParamsFactory.CreateCkGcmParams(
            nonce,
            8 * NonceSize,
            Encoding.UTF8.GetBytes("medledger/v1/key-file/" + name),
            8 * TagSize
        );
        return _session.Factories.MechanismFactory.Create(CKM.CKM_AES_GCM, parameters);
    }
}
