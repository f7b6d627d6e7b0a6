using System.Text.Encodings.Web;

namespace MedLedger.Api.Http.Connect;

/// <summary>The few pages of login and consent to clients: plain HTML without scripts.</summary>
internal static class Page
{
    /// <summary>The style sheet, which the content security policy wants in a file of its own.</summary>
    public const string Style = """
        body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
        label { display: block; margin-top: 1rem; } input, button { font: inherit; padding: .5rem; }
        input[type=text], input[type=password] { width: 100%; box-sizing: border-box; border: 1px solid #555; }
        button { margin: 1.5rem .5rem 0 0; } :focus-visible { outline: 3px solid #0b57d0; }
        .problem { color: #8c1d18; font-weight: 600; } code { word-break: break-all; }
        """;

    /// <summary>Text that is safe inside HTML and attributes.</summary>
    public static string Text(string? value) => HtmlEncoder.Default.Encode(value ?? "");

    /// <summary>A hidden field.</summary>
    public static string Hidden(string name, string? value) =>
        $"""<input type="hidden" name="{Text(name)}" value="{Text(value)}">""";

    /// <summary>A page; a problem stands above the body and is read first.</summary>
    public static IResult Of(string title, string body, string? problem = null, int status = 200)
    {
        var told = problem is null ? "" : $"""<p class="problem" role="alert">{Text(problem)}</p>""";
        return Results.Content(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(title)} - MedLedger</title><link rel="stylesheet" href="/account/style.css"></head>
            <body><main><h1>{Text(title)}</h1>{told}{body}</main></body></html>
            """,
            "text/html; charset=utf-8",
            statusCode: status
        );
    }
}
