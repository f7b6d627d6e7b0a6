using System.Globalization;

namespace MedLedger.Crypto.R1cs;

/// <summary>The names of signals from circom's .sym file: lines of label, signal (or -1 when optimized away), component, name.</summary>
public sealed class SignalNames
{
    private readonly Dictionary<int, string> _names;

    private SignalNames(Dictionary<int, string> names) => _names = names;

    /// <summary>Reads a .sym file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line has another shape.</exception>
    public static SignalNames Load(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        var names = new Dictionary<int, string> { [0] = "one" };
        foreach (var line in File.ReadLines(path))
        {
            var parts = line.Split(',', 4);
            if (
                parts.Length != 4
                || !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signal)
                || parts[3].Any(char.IsControl) // would be printed
            )
                throw new InvalidDataException("This is no .sym file of circom.");
            if (signal > 0)
                names.TryAdd(signal, parts[3]);
        }
        return new SignalNames(names);
    }

    /// <summary>The name of a signal, or its number when it has none.</summary>
    public string this[int signal] =>
        _names.GetValueOrDefault(signal, "signal " + signal.ToString(CultureInfo.InvariantCulture));
}
