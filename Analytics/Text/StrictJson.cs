using System.Text.Json;

namespace MedLedger.Analytics.Text;

/// <summary>
/// Reads the JSON of rules and model tables: a key that is not known, a key twice or a key that is missing is refused. Read
/// by hand, since a serializer's code is made anew at every start.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>
    /// Parses a file and reads its root. Throws <see cref="InvalidDataException"/> with <paramref name="what"/> when it is not
    /// of the form that <paramref name="read"/> expects.
    /// </summary>
    public static T Parse<T>(byte[] utf8, string what, Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Options);
            return read(json.RootElement);
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException(what, e);
        }
    }

    /// <summary>Throws <see cref="FormatException"/> when the object has a key that is not among <paramref name="known"/>.</summary>
    public static JsonElement Only(this JsonElement element, params ReadOnlySpan<string> known)
    {
        foreach (var member in element.EnumerateObject())
        {
            var found = false;
            foreach (var name in known)
                found |= member.NameEquals(name);
            if (!found)
                throw new FormatException("A key is not known.");
        }
        return element;
    }

    /// <summary>A text that must be there and not be null.</summary>
    public static string Text(this JsonElement element, string key) =>
        element.GetProperty(key).GetString() ?? throw new FormatException("A text is null.");

    /// <summary>An array of texts.</summary>
    public static string[] Texts(this JsonElement element, string key) =>
        element.GetProperty(key).Each(e => e.GetString() ?? throw new FormatException("A text is null."));

    /// <summary>An array of numbers.</summary>
    public static float[] Numbers(this JsonElement element)
    {
        var numbers = new float[element.GetArrayLength()];
        var i = 0;
        foreach (var item in element.EnumerateArray())
            numbers[i++] = item.GetSingle();
        return numbers;
    }

    /// <summary>Each item of an array, read.</summary>
    public static T[] Each<T>(this JsonElement element, Func<JsonElement, T> read)
        where T : class
    {
        var items = new T[element.GetArrayLength()];
        var i = 0;
        foreach (var item in element.EnumerateArray())
            items[i++] = read(item);
        return items;
    }
}
