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
        var cancelled = 0;
        var disturbing = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                using var cancel = new CancellationTokenSource(millisecondsDelay: 5);
                try
                {
                    calculator.Calculate(inputs, cancel.Token).Dispose();
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                    done.Token.WaitHandle.WaitOne(20);
                }
            }
        });
        for (var i = 0; i < 5; i++)
        {
            using var witness = calculator.Calculate(inputs);
            Assert.Equal(expected[expected.Count - 1], witness[expected.Count - 1]);
        }
        await done.CancelAsync();
        await disturbing;
        Assert.True(cancelled > 0);
    }
}
