using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// ONNX Runtime without its telemetry. Its official builds write an identifier of the machine to the user's cache and send
/// what they ran to their maker, unless they are told not to before their first use (on Linux and macOS by an environment
/// variable, on Windows by a call). Whatever uses ONNX Runtime takes it from here.
/// </summary>
public static partial class SilentRuntime
{
    private const string OptOut = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OrtEnv> Silenced = new(() =>
    {
        OptOutOfTelemetry();
        var environment = OrtEnv.Instance();
        environment.DisableTelemetryEvents();
        return environment;
    });

    /// <summary>The process's one environment of ONNX Runtime.</summary>
    /// <exception cref="InvalidOperationException">The telemetry could not be turned off; then nothing is run.</exception>
    internal static OrtEnv Environment => Silenced.Value;

    /// <summary>The version of ONNX Runtime.</summary>
    public static string Version => Environment.GetVersionString();

    /// <summary>
    /// Sets the variable in the environment of native code (what .NET sets stays inside .NET there); before other threads read it.
    /// </summary>
    internal static void OptOutOfTelemetry()
    {
        if (!OperatingSystem.IsWindows() && SetVariable(OptOut, "1", 1) != 0)
            throw new InvalidOperationException("The telemetry of ONNX Runtime could not be turned off.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
