using MedLedger.Crypto.Poseidon;

namespace MedLedger.Tests.Contracts;

/// <summary>That the contracts hash as circomlib does is tested by forge (<c>Poseidon.t.sol</c>).</summary>
public sealed class SolidityPoseidonTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Committed_contract_is_what_the_generator_writes(int inputs) =>
        Golden.AssertFile(Golden.PoseidonFile(inputs), SolidityPoseidon.Generate(inputs));

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Refuses_numbers_of_inputs_whose_sums_it_has_not_bounded(int inputs) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SolidityPoseidon.Generate(inputs));
}
