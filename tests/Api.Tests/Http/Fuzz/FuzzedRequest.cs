using System.Globalization;
using System.Text;
using MedLedger.Api.Http.Rest;

namespace MedLedger.Api.Tests.Http.Fuzz;

/// <summary>One request, made from a seed and a number alone.</summary>
/// <param name="Method">The method as sent.</param>
/// <param name="Target">The target as sent.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="IsCut">Whether its framing is wrong, so that the connection may end without an answer.</param>
internal sealed record FuzzedRequest(string Method, string Target, byte[] Bytes, bool IsCut)
{
    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "HEAD",
        "OPTIONS",
        "TRACE",
        "get",
        "FOO",
    ];

    private static readonly (string Method, string Path)[] Beside =
    [
        ("GET", "/connect/authorize"),
        ("POST", "/connect/authorize"),
        ("POST", "/connect/token"),
        ("POST", "/connect/logout"),
        ("GET", "/connect/userinfo"),
        ("POST", "/account/login"),
        ("GET", "/account/login"),
        ("POST", "/account/password"),
        ("POST", "/account/logout"),
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/fhir/.well-known/smart-configuration"),
        ("POST", "/import"),
        ("GET", "/consents"),
        ("POST", "/consents"),
        ("DELETE", "/consents/{id}"),
        ("GET", "/uses"),
        ("GET", "/receipt"),
        ("POST", "/analyses"),
        ("GET", "/analyses/{id}"),
        ("GET", "/analyses/{id}/report"),
        ("GET", "/analyses/{id}/evidence"),
        ("GET", "/audit"),
        ("POST", "/emergencies"),
        ("GET", "/emergencies"),
        ("POST", "/emergencies/{id}/review"),
        ("DELETE", "/emergencies/{id}"),
        ("GET", "/delegations"),
        ("POST", "/delegations"),
        ("DELETE", "/delegations"),
        ("GET", "/log/checkpoint"),
        ("GET", "/log/tile/{id}/{version}"),
        ("GET", "/log/receipts/{id}"),
        ("GET", "/health/ready"),
        ("GET", "/openapi/v1.json"),
        ("GET", "/{type}"),
    ];

    private static readonly (string Method, string Path)[] Fhir =
    [
        .. FhirRoutes.All.Select(route => (route.Method, "/fhir" + route.Path.TrimEnd('/'))),
        ("PATCH", "/fhir/{type}/{id}"),
        ("PUT", "/fhir/{type}"),
        ("GET", "/fhir/{type}/{id}/{version}"),
        ("POST", "/fhir/{id}"),
    ];

    /// <summary>The request with this number of this seed.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="number">From zero.</param>
    /// <param name="host">Host and port of the server.</param>
    /// <param name="tokens">Bearer tokens of callers.</param>
    public static FuzzedRequest Make(ulong seed, int number, string host, IReadOnlyList<string> tokens)
    {
        var dice = new Dice(unchecked(seed * 1_000_003 + (ulong)number));
        for (var warm = 0; warm < 4; warm++)
            dice.Next(2);
        var (method, template) = dice.OneIn(3) ? dice.Pick(Beside) : dice.Pick(Fhir);
        if (dice.OneIn(8))
            method = dice.Pick(Methods);
        var target = Fill(dice, template) + Query(dice);

        var head = new StringBuilder();
        head.Append(
            CultureInfo.InvariantCulture,
            $"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        );
        if (!dice.OneIn(12))
            head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {dice.Pick(tokens)}\r\n");
        var isFramed = false;
        for (var more = dice.Next(4); more > 0; more--)
        {
            var (name, values) = dice.Pick(Nasty.Headers);
            var isFraming = name is "Transfer-Encoding" or "Content-Length";
            if (isFraming && !dice.OneIn(8))
                continue;
            isFramed |= isFraming;
            head.Append(CultureInfo.InvariantCulture, $"{name}: {dice.Pick(values)}\r\n");
        }
        byte[] body = method is "GET" or "HEAD" or "OPTIONS" && !dice.OneIn(20) ? [] : FuzzedBody.Make(dice);
        if (template == "/import") // whoever may import may replace what is there
            body = Encoding.Latin1.GetBytes(
                Encoding.Latin1.GetString(body).Replace("fuzz-planted", "fuzz-else", StringComparison.Ordinal)
            );
        if (body.Length > 0)
        {
            var isForm =
                template.StartsWith("/connect", StringComparison.Ordinal)
                || template.StartsWith("/account", StringComparison.Ordinal)
                || template.EndsWith("_search", StringComparison.Ordinal);
            var type =
                dice.OneIn(4) ? dice.Pick(Nasty.ContentTypes)
                : isForm ? "application/x-www-form-urlencoded"
                : "application/fhir+json";
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        }
        if (!isFramed)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        head.Append("\r\n");
        return new(method, target, [.. Encoding.Latin1.GetBytes(head.ToString()), .. body], isFramed);
    }

    private static string Fill(Dice dice, string template)
    {
        var path = template
            .Replace("{type}", Known(dice, "Observation", "Patient"), StringComparison.Ordinal)
            .Replace("{id}", Known(dice, "sample-a", "fuzz-planted"), StringComparison.Ordinal)
            .Replace("{version}", Known(dice, "1", "2"), StringComparison.Ordinal);
        return dice.OneIn(25) ? path + "/" + dice.Pick(Nasty.Segments) : path;
    }

    private static string Known(Dice dice, params string[] usual) =>
        dice.Next(10) switch
        {
            < 5 => dice.Pick(usual),
            < 9 => dice.Pick(Nasty.Segments),
            _ => Escape(dice, dice.Pick(Nasty.Texts)),
        };

    private static string Query(Dice dice)
    {
        if (dice.OneIn(2))
            return "";
        var pairs = Enumerable
            .Range(0, 1 + dice.Next(dice.OneIn(30) ? 200 : 4))
            .Select(_ => dice.Pick(Nasty.Parameters) + "=" + Escape(dice, dice.Pick(Nasty.Texts)));
        return "?" + string.Join('&', pairs);
    }

    /// <summary>As a client escapes it, or now and then as it is, as far as a line of a request can hold it.</summary>
    private static string Escape(Dice dice, string text) =>
        dice.OneIn(15)
            ? string.Concat(text.Where(c => c is > ' ' and < '\u007f'))
            : string.Concat(Encoding.UTF8.GetBytes(text).Select(value => Escape(value)));

    private static string Escape(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) ? ((char)value).ToString() : $"%{value:X2}";
}
