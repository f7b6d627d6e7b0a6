using MedLedger.Consent.Statements;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Circuits.Tests;

/// <summary>Calculations that run at once share an engine; cancelling one must not disturb another.</summary>
public sealed class WitnessCancellationTests
{
    [Fact]
    public async Task Cancelling_one_calculation_leaves_the_others_alone()
    {
        using var calculator = WitnessCalculator.Load(Path.Combine(CommittedKeys.Folder, CircuitManifest.WitnessFile));
        using var scenario = new Scenario().WithRecords(14);
        var inputs = CircuitInputs.Of(scenario.Build(), 0);
        using var expected = calculator.Calculate(inputs);

        using var done = new CancellationTokenSource();
        using var oneWasCancelled = new ManualResetEventSlim();
        var disturbing = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                // Some are cancelled before they begin, most in the middle.
                using var cancel = new CancellationTokenSource(millisecondsDelay: 5);
                try
                {
                    calculator.Calculate(inputs, cancel.Token).Dispose();
                }
                catch (OperationCanceledException)
                {
                    oneWasCancelled.Set();
                    done.Token.WaitHandle.WaitOne(20);
                }
            }
        });
        disturbing.Start();
        for (var i = 0; i < 5 || !oneWasCancelled.IsSet; i++)
        {
            using var witness = calculator.Calculate(inputs);
            Assert.Equal(expected[expected.Count - 1], witness[expected.Count - 1]);
        }
        await done.CancelAsync();
        disturbing.Join();
    }
}
