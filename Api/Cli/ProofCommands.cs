using System.CommandLine;
using System.Globalization;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>witness</c>, <c>prove</c> and <c>verify-proof</c>: the Groth16 engine on snarkjs's files. No host, store, chain or log.
/// Outputs are written only when everything went well, under a temporary name renamed at the end.
/// </summary>
internal static class ProofCommands
{
    private const long MaxJson = 64 << 20;

    internal static Command CreateWitness()
    {
        var wasm = Required("--wasm", "The circuit's WebAssembly as circom 2 writes it.");
        var input = Required("--input", "The inputs as JSON.");
        var output = Required("--out", "Where the witness (.wtns) is written.");
        var command = new Command("witness", "Compute a circuit's witness.") { wasm, input, output };
        command.Handle(
            (context, cancel) =>
            {
                var inputs = WitnessInputs.TryParse(ReadSmall(context, input));
                if (inputs is null)
                    throw CommandFailure.Refused("The inputs are no JSON object of integers below r.");
                using var calculator = Open(context, wasm, path => WitnessCalculator.Load(path));
                using var witness = Refusing(() => calculator.Calculate(inputs, cancel));
                WriteAll((Path(context, output), witness.Write));
                Answer(context, new { ok = true, signals = witness.Count });
                return Task.FromResult(ExitCode.Good);
            }
        );
        return command;
    }

    internal static Command CreateProve()
    {
        var zkey = Required("--zkey", "The proving key.");
        var witnessFile = Required("--witness", "The witness (.wtns).");
        var proofFile = Required("--proof", "Where proof.json is written.");
        var publicFile = Required("--public", "Where public.json is written.");
        var r1cs = new Option<string?>("--r1cs") { Description = "The constraints: names the one that fails." };
        var symbols = new Option<string?>("--sym") { Description = "Names of signals, for --r1cs." };
        var threads = CreateThreads();
        var command = new Command("prove", "Prove with Groth16 over BN254.")
        {
            zkey,
            witnessFile,
            proofFile,
            publicFile,
            r1cs,
            symbols,
            threads,
        };
        command.Handle(
            async (context, cancel) =>
            {
                using var key = Open(context, zkey, ProvingKey.Load);
                using var witness = Open(context, witnessFile, Witness.Load);
                if (context.Arguments.GetValue(r1cs) is not null)
                    CheckConstraints(context, r1cs, symbols, witness);
                if (witness.Count != key.SignalCount)
                    throw CommandFailure.Refused(
                        $"The witness has {witness.Count} signals, the key's circuit {key.SignalCount}."
                    );
                var count = context.Arguments.GetValue(threads) ?? 0;
                var proof =
                    await context.Terminal.RunAsync(
                        "Proving",
                        progress => Refusing(() => Prover.Prove(key, witness, progress, count, cancel))
                    )
                    ?? throw CommandFailure.Refused(
                        "The witness does not satisfy the key's circuit. With --r1cs FILE the constraint is named."
                    );
                var inputs = witness.PublicInputs(key.PublicCount);
                WriteAll(
                    (Path(context, proofFile), stream => stream.Write(SnarkJsonWriter.WriteProof(proof))),
                    (Path(context, publicFile), stream => stream.Write(SnarkJsonWriter.WritePublicInputs(inputs)))
                );
                Answer(
                    context,
                    new
                    {
                        ok = true,
                        signals = key.SignalCount,
                        publicInputs = inputs.Length,
                    }
                );
                return ExitCode.Good;
            }
        );
        return command;
    }

    internal static Command CreateVerifyProof()
    {
        var vkey = Required("--vkey", "The verifying key (verification_key.json).");
        var proofFile = Required("--proof", "The proof (proof.json).");
        var publicFile = Required("--public", "The public inputs (public.json).");
        var command = new Command("verify-proof", "Verify a Groth16 proof over BN254.") { vkey, proofFile, publicFile };
        command.Handle(
            (context, _) =>
            {
                var key =
                    SnarkJson.TryReadVerifyingKey(ReadSmall(context, vkey))
                    ?? throw CommandFailure.Refused("The verifying key is malformed or refused.");
                var proof =
                    SnarkJson.TryReadProof(ReadSmall(context, proofFile))
                    ?? throw CommandFailure.Refused("The proof is malformed.");
                var inputs =
                    SnarkJson.TryReadPublicInputs(ReadSmall(context, publicFile))
                    ?? throw CommandFailure.Refused("The public inputs are malformed.");
                var valid = Verifier.Verify(new PreparedVerifyingKey(key), proof, inputs);
                if (!valid)
                    throw CommandFailure.Refused("The proof is not valid for this key and these public inputs.");
                Answer(context, new { ok = true, valid = true });
                return Task.FromResult(ExitCode.Good);
            }
        );
        return command;
    }

    private static void CheckConstraints(
        CommandContext context,
        Option<string?> r1cs,
        Option<string?> symbols,
        Witness witness
    )
    {
        var system = Open(context, r1cs, ConstraintSystem.Load);
        if (witness.Count != system.SignalCount)
            throw CommandFailure.Refused(
                $"The witness has {witness.Count} signals, the constraint system {system.SignalCount}."
            );
        if (system.FirstViolation(witness) is not { } violated)
            return;
        var names = context.Arguments.GetValue(symbols) is null ? null : Open(context, symbols, SignalNames.Load);
        var involved = system.SignalsOf(violated).Select(signal => names is null ? $"signal {signal}" : names[signal]);
        throw CommandFailure.Refused(
            $"The witness does not satisfy constraint {violated} over {string.Join(", ", involved.Take(32))}."
        );
    }

    /// <summary>A number from 1 to 1024.</summary>
    internal static Option<int?> CreateThreads()
    {
        var threads = new Option<int?>("--threads")
        {
            Description = "Threads to use, 1 to 1024 (default: one per processor).",
            HelpName = "N",
        };
        threads.Validators.Add(result =>
        {
            var text = result.Tokens is [var token] ? token.Value : null;
            if (int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is < 1 or > 1024)
                result.AddError("--threads takes a number from 1 to 1024.");
        });
        return threads;
    }

    private static Option<string> Required(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "FILE",
            Required = true,
        };

    private static string Path(CommandContext context, Option<string> option) =>
        System.IO.Path.GetFullPath(context.Arguments.GetValue(option)!);

    /// <summary>Opens a file; one that is not there is a wrong flag (2), one that is damaged is refused (1).</summary>
    private static T Open<T>(CommandContext context, Option option, Func<string, T> open)
    {
        var path = System.IO.Path.GetFullPath(context.Arguments.GetValue<string>(option.Name)!);
        if (!File.Exists(path))
            throw CommandFailure.Usage($"There is no file {path}.");
        try
        {
            return open(path);
        }
        catch (InvalidDataException exception)
        {
            throw CommandFailure.Refused($"{path}: {exception.Message}");
        }
    }

    private static ReadOnlyMemory<byte> ReadSmall(CommandContext context, Option option) =>
        Open(
            context,
            option,
            path =>
                new FileInfo(path).Length <= MaxJson
                    ? File.ReadAllBytes(path)
                    : throw new InvalidDataException("The file is too large.")
        );

    private static T Refusing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidDataException exception)
        {
            throw CommandFailure.Refused(exception.Message);
        }
    }

    /// <summary>Writes all files or none: each under another name first, then renamed.</summary>
    private static void WriteAll(params ReadOnlySpan<(string Path, Action<Stream> Write)> files)
    {
        var written = new List<(string Temporary, string Path)>();
        try
        {
            foreach (var (path, write) in files)
            {
                var temporary = $"{path}.{Environment.ProcessId}.tmp";
                written.Add((temporary, path));
                using var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write);
                write(stream);
            }
            foreach (var (temporary, path) in written)
                File.Move(temporary, path, overwrite: true);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw CommandFailure.Usage(exception.Message);
        }
        finally
        {
            foreach (var (temporary, _) in written)
                File.Delete(temporary);
        }
    }

    private static void Answer<T>(CommandContext context, T answer)
    {
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(answer);
        else
            context.Terminal.Error.WriteLine("ok");
    }
}
