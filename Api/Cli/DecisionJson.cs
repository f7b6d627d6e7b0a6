using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Consent.Directives;

namespace MedLedger.Api.Cli;

/// <summary>Decisions as JSON, one object a line. Members may be added, never renamed.</summary>
internal static class DecisionJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>A decision with its trace.</summary>
    public static string Write(Evaluation evaluation) =>
        Text(writer =>
        {
            Decision(writer, evaluation);
            writer.WriteString("summary", evaluation.Trace.Summary);
            writer.WriteStartArray("trace");
            foreach (var step in evaluation.Trace.Steps)
                Step(writer, step);
            writer.WriteEndArray();
            writer.WriteStartArray("whatIf");
            foreach (var change in evaluation.Trace.WhatWouldChangeIt)
                writer.WriteStringValue(change);
            writer.WriteEndArray();
        });

    /// <summary>A decision of a batch, without its trace.</summary>
    public static string WriteLine(string name, Evaluation evaluation) =>
        Text(writer =>
        {
            writer.WriteString("case", name);
            Decision(writer, evaluation);
        });

    /// <summary>The denial of what cannot be read.</summary>
    public static string Unreadable(string? name, string what) =>
        Text(writer =>
        {
            if (name is not null)
                writer.WriteString("case", name);
            writer.WriteString("decision", "deny");
            writer.WriteString("reason", "unreadable-" + what);
        });

    private static void Decision(Utf8JsonWriter writer, Evaluation evaluation)
    {
        writer.WriteString("decision", evaluation.Permitted ? "permit" : "deny");
        writer.WriteString("reason", evaluation.Reason is { } reason ? Kebab(reason.ToString()) : "permitted");
        writer.WriteString("consent", evaluation.Consent);
        writer.WriteString("provision", evaluation.Provision);
        writer.WriteStartArray("obligations");
        foreach (var obligation in evaluation.Obligations)
            writer.WriteStringValue(obligation);
        writer.WriteEndArray();
    }

    private static void Step(Utf8JsonWriter writer, TraceStep step)
    {
        writer.WriteStartObject();
        writer.WriteString("consent", step.Consent);
        writer.WriteString("provision", step.Provision);
        writer.WriteString("effect", step.Effect);
        writer.WriteString("outcome", step.Outcome);
        writer.WriteString("words", step.Words);
        writer.WriteStartArray("criteria");
        foreach (var criterion in step.Criteria)
        {
            writer.WriteStartObject();
            writer.WriteString("name", criterion.Name);
            writer.WriteString("outcome", Kebab(criterion.Outcome.ToString()));
            writer.WriteBoolean("inherited", criterion.Inherited);
            writer.WriteString("words", criterion.Words);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>NoConsent becomes no-consent.</summary>
    private static string Kebab(string name) =>
        string.Concat(
            name.Select(
                (letter, at) =>
                    char.IsAsciiLetterUpper(letter)
                        ? (at == 0 ? "" : "-") + char.ToLowerInvariant(letter)
                        : letter.ToString()
            )
        );

    private static string Text(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
