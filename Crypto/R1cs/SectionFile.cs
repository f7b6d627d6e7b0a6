using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;

namespace MedLedger.Crypto.R1cs;

/// <summary>
/// The container of circom's and snarkjs's binary files (r1cs, wtns, zkey, ptau): four letters, version, number of sections,
/// then each section as type (4 bytes), size (8 bytes) and content, little-endian. The file is memory-mapped: nothing is
/// allocated for what it claims to hold, and every section is checked to lie inside it.
/// </summary>
internal sealed unsafe partial class SectionFile : IDisposable
{
    private const int MaxSections = 64;
    private const int DontNeed = 4; // MADV_DONTNEED: of a mapping that nobody writes, nothing is lost

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<uint, (long Offset, int Size)> _sections = [];
    private readonly byte* _start;
    private bool _disposed;

    private SectionFile(string path, string magic, uint version)
    {
        var length = new FileInfo(path).Length;
        if (length < 12)
            throw new InvalidDataException($"This is no {magic} file: it is too short.");
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            ReadSections(length, magic, version);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Maps a file and reads its table of sections.</summary>
    /// <exception cref="InvalidDataException">Other letters or version, or a section that is cut, doubled or too large.</exception>
    public static SectionFile Open(string path, string magic, uint version)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        return new SectionFile(path, magic, version);
    }

    /// <summary>The content of a section.</summary>
    /// <exception cref="InvalidDataException">The file has no such section.</exception>
    public ReadOnlySpan<byte> Section(uint type)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_sections.TryGetValue(type, out var section))
            throw new InvalidDataException($"Section {type} is missing.");
        return new ReadOnlySpan<byte>(_start + section.Offset, section.Size);
    }

    /// <summary>
    /// Tells the system that the memory of a section is not wanted for now; what reads it later finds it in the file again.
    /// Only Linux is told.
    /// </summary>
    public void Release(uint type)
    {
        if (!OperatingSystem.IsLinux() || !_sections.TryGetValue(type, out var section))
            return;
        var page = Environment.SystemPageSize;
        var from = ((nint)(_start + section.Offset) + page - 1) / page * page;
        var to = (nint)(_start + section.Offset + section.Size) / page * page;
        if (from < to)
            _ = Advise(from, to - from, DontNeed);
    }

    public bool Has(uint type) => _sections.ContainsKey(type);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private void ReadSections(long length, string magic, uint version)
    {
        var header = new ReadOnlySpan<byte>(_start, 12);
        if (!header[..4].SequenceEqual(Encoding.ASCII.GetBytes(magic)))
            throw new InvalidDataException($"This is no {magic} file: it starts with other letters.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != version)
            throw new InvalidDataException($"This is no {magic} file of version {version}.");
        var count = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (count > MaxSections)
            throw new InvalidDataException("The file claims too many sections.");
        var offset = 12L;
        for (var i = 0; i < count; i++)
        {
            if (length - offset < 12)
                throw new InvalidDataException("The file ends inside its table of sections.");
            var entry = new ReadOnlySpan<byte>(_start + offset, 12);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            var size = BinaryPrimitives.ReadUInt64LittleEndian(entry[4..]);
            offset += 12;
            if (size > (ulong)(length - offset))
                throw new InvalidDataException($"Section {type} is longer than the file.");
            if (size > int.MaxValue)
                throw new InvalidDataException($"Section {type} is larger than 2 GiB.");
            if (!_sections.TryAdd(type, (offset, (int)size)))
                throw new InvalidDataException($"Section {type} occurs twice.");
            offset += (long)size;
        }
        if (offset != length)
            throw new InvalidDataException("Bytes follow the last section.");
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nint length, int advice);
}
