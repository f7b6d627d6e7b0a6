using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace MedLedger.Api.Cli;

/// <summary>
/// The two streams of a command. Results go to <see cref="Output"/>; with <c>--json</c> that is one JSON object as the
/// last line. Everything else (progress, hints, errors) goes to <see cref="Error"/>.
/// </summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    private readonly Lazy<IAnsiConsole> _screen;
    private readonly bool _outputRedirected;

    /// <summary>The streams of the process.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The one door to the console.")]
    public Terminal()
        : this(Console.Out, Console.Error, Console.IsErrorRedirected, Console.IsOutputRedirected) { }

    /// <summary>
    /// Any two writers; <paramref name="plain"/> turns colours and moving progress bars of standard error off, and
    /// <paramref name="outputRedirected"/> the colours of standard output.
    /// </summary>
    public Terminal(TextWriter output, TextWriter error, bool plain = true, bool outputRedirected = true)
    {
        _outputRedirected = outputRedirected;
        Output = output;
        Error = error;
        IsPlain = plain;
        // Made when first used: setting it up costs more than a small proof's start.
        _screen = new(() =>
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
                    Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
                    Out = new AnsiConsoleOutput(error),
                }
            )
        );
    }

    /// <summary>Standard output: results only.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error: everything else.</summary>
    public TextWriter Error { get; }

    /// <summary>True when standard error is no screen.</summary>
    public bool IsPlain { get; }

    /// <summary>Whether standard output shows colours.</summary>
    public bool HasColours =>
        !_outputRedirected
        && AnsiConsole
            .Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Output) })
            .Profile.Capabilities.Ansi;

    /// <summary>Spectre.Console on standard error, for tables, colours and progress bars.</summary>
    public IAnsiConsole Screen => _screen.Value;

    /// <summary>One line to standard error, as it stands (no markup).</summary>
    public void Say(string line)
    {
        if (IsPlain)
            Error.WriteLine(line);
        else
            Screen.WriteLine(line);
    }

    /// <summary>One JSON object as a line of standard output.</summary>
    public void WriteJson<T>(T value) =>
        Output.WriteLine(
            // A node needs no serializer, whose start takes longer than a short note.
            value is JsonNode node
                ? node.ToJsonString(JsonOptions)
                : JsonSerializer.Serialize(value, JsonOptions)
        );

    /// <summary>
    /// Runs <paramref name="work"/> under a progress bar. The bar moves on a screen; elsewhere one line is written at the end.
    /// </summary>
    public async Task<T> ProgressAsync<T>(string title, Func<IProgress<Progressed>, Task<T>> work)
    {
        if (IsPlain)
        {
            var last = new LastProgress();
            var value = await work(last);
            Error.WriteLine(last.Value is { } p ? $"{title}: {p.Done:N0} {p.Unit}" : title);
            return value;
        }

        return await Screen
            .Progress()
            .AutoClear(enabled: false)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new ElapsedTimeColumn(),
                new SpinnerColumn()
            )
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title));
                var value = await work(new BarProgress(bar, title));
                bar.Value = bar.MaxValue;
                return value;
            });
    }

    /// <summary>
    /// Runs computing <paramref name="work"/>: under a moving bar on a screen, which needs a thread of its own beside it; elsewhere
    /// on the calling thread, without a word.
    /// </summary>
    public async Task<T> RunAsync<T>(string title, Func<IProgress<double>?, T> work) =>
        IsPlain
            ? work(null)
            : await ProgressAsync(
                title,
                progress =>
                    Task.Factory.StartNew(
                        () => work(new Percentage(progress)),
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
            );

    private sealed class Percentage(IProgress<Progressed> bar) : IProgress<double>
    {
        public void Report(double value) => bar.Report(new(value, (long)(100 * value), "%"));
    }

    private sealed class LastProgress : IProgress<Progressed>
    {
        public Progressed? Value { get; private set; }

        public void Report(Progressed value) => Value = value;
    }

    private sealed class BarProgress(ProgressTask bar, string title) : IProgress<Progressed>
    {
        public void Report(Progressed value)
        {
            bar.Value = value.Fraction * bar.MaxValue;
            bar.Description = Markup.Escape($"{title} ({value.Done:N0} {value.Unit})");
        }
    }
}

/// <summary>How far a long step is: a fraction of 1, and a count with its unit (<c>records</c>).</summary>
internal readonly record struct Progressed(double Fraction, long Done, string Unit);
