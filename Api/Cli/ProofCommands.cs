using System.CommandLine;
using System.Globalization;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>witness</c>, <c>prove</c> and <c>verify-proof</c>: the Groth16 engine on snarkjs's files. No host, store, chain or log.
/// Outputs are written only when everything went well.
/// </summary>
internal static class ProofCommands
{
    private const int MaxNames = 32;

    internal static Command CreateWitness()
    {
        var wasm = Required("--wasm", "The circuit's WebAssembly as circom 2 writes it.");
        var input = Required("--input", "The inputs as JSON.");
        var output = Required("--out", "Where the witness (.wtns) is written.");
        var command = new Command("witness", "Compute a circuit's witness.") { wasm, input, output };
        command.Handle(
            (context, cancel) =>
            {
                var (module, inputFile, file) = (At(context, wasm)!, At(context, input)!, At(context, output)!);
                ProofFiles.CheckOutputs([file], module, inputFile);
                var inputs = ProofFiles.Parse(
                    inputFile,
                    WitnessInputs.TryParse,
                    "The inputs are no JSON object of integers whose absolute value is below r."
                );
                using var calculator = ProofFiles.Open(module, path => WitnessCalculator.Load(path));
                using var witness = calculator.Calculate(inputs, cancel);
                ProofFiles.WriteAll(secret: true, (file, witness.Write));
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
        command.Validators.Add(result =>
        {
            if (result.GetValue(symbols) is not null && result.GetValue(r1cs) is null)
                result.AddError("--sym names the signals of --r1cs: give both.");
        });
        command.Handle(
            async (context, cancel) =>
            {
                string[] outputs = [At(context, proofFile)!, At(context, publicFile)!];
                var (keyFile, witnessPath) = (At(context, zkey)!, At(context, witnessFile)!);
                ProofFiles.CheckOutputs(outputs, keyFile, witnessPath, At(context, r1cs), At(context, symbols));
                using var key = ProofFiles.Open(keyFile, ProvingKey.Load);
                using var witness = ProofFiles.Open(witnessPath, Witness.Load);
                if (At(context, r1cs) is { } constraints)
                    CheckConstraints(
                        ProofFiles.Open(constraints, ConstraintSystem.Load),
                        At(context, symbols),
                        key,
                        witness
                    );
                if (witness.Count != key.SignalCount)
                    throw CommandFailure.Refused(
                        $"The witness has {witness.Count} signals, the key's circuit {key.SignalCount}."
                    );
                var count = context.Arguments.GetValue(threads) ?? 0;
                var proof =
                    await context.Terminal.RunAsync(
                        "Proving",
                        progress => Prover.Prove(key, witness, progress, count, cancel)
                    )
                    ?? throw CommandFailure.Refused(
                        "The witness does not satisfy the key's circuit. With --r1cs FILE the constraint is named."
                    );
                var inputs = witness.PublicInputs(key.PublicCount);
                ProofFiles.WriteAll(
                    secret: false,
                    (outputs[0], stream => stream.Write(SnarkJsonWriter.WriteProof(proof))),
                    (outputs[1], stream => stream.Write(SnarkJsonWriter.WritePublicInputs(inputs)))
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
                var key = ProofFiles.Parse(
                    At(context, vkey)!,
                    SnarkJson.TryReadVerifyingKey,
                    "This is no verifying key for Groth16 over BN254 as snarkjs writes it, or one that proofs can be forged for: "
                        + "every point must be finite and in its group, delta neither gamma nor -gamma nor a generator."
                );
                var proof = ProofFiles.Parse(
                    At(context, proofFile)!,
                    SnarkJson.TryReadProof,
                    "This is no Groth16 proof over BN254 as snarkjs writes it: three finite points in their groups, "
                        + "coordinates in decimal below q."
                );
                var inputs = ProofFiles.Parse(
                    At(context, publicFile)!,
                    SnarkJson.TryReadPublicInputs,
                    "This is no JSON list of decimal strings below r."
                );
                if (inputs.Length != key.PublicInputCount)
                    throw CommandFailure.Refused(
                        $"The key has {key.PublicInputCount} public inputs, the file {inputs.Length}."
                    );
                var valid = Verifier.Verify(new PreparedVerifyingKey(key), proof, inputs);
                if (!valid)
                    throw CommandFailure.Refused("The proof is not valid for this key and these public inputs.");
                Answer(context, new { ok = true, valid = true });
                return Task.FromResult(ExitCode.Good);
            }
        );
        return command;
    }

    private static void CheckConstraints(ConstraintSystem system, string? symbols, ProvingKey key, Witness witness)
    {
        if (witness.Count != system.SignalCount)
            throw CommandFailure.Refused(
                $"The witness has {witness.Count} signals, the constraint system {system.SignalCount}."
            );
        if (key.PublicCount != system.PublicCount)
            throw CommandFailure.Refused(
                $"The key has {key.PublicCount} public signals, the constraint system {system.PublicCount}."
            );
        if (system.FirstViolation(witness) is not { } violated)
            return;
        var names = symbols is null ? null : ProofFiles.Open(symbols, SignalNames.Load);
        var signals = system.SignalsOf(violated);
        var involved = signals.Take(MaxNames).Select(signal => names is null ? $"signal {signal}" : names[signal]);
        var more = signals.Count > MaxNames ? $" and {signals.Count - MaxNames} more" : "";
        throw CommandFailure.Refused(
            $"The witness does not satisfy constraint {violated} over {string.Join(", ", involved)}{more}."
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

    /// <summary>The full path that an option names; null when it was not given.</summary>
    private static string? At(CommandContext context, Option option) =>
        context.Arguments.GetValue<string>(option.Name) is { } path ? Path.GetFullPath(path) : null;

    private static void Answer<T>(CommandContext context, T answer)
    {
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(answer);
        else
            context.Terminal.Error.WriteLine("ok");
    }
}
