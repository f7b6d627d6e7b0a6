using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// Makes the Solidity contract that verifies Groth16 proofs under one verifying key, from snarkjs's
/// <c>verification_key.json</c>. The contract implements <c>contracts/src/interfaces/IAnalysisVerifier.sol</c>: it
/// answers only when the pairing was computed, everything else reverts.
/// </summary>
public static class SolidityVerifier
{
    /// <summary>Generates the source text.</summary>
    /// <param name="verificationKeyJson">The file's bytes; their SHA-256 becomes <c>verifyingKeyHash()</c>.</param>
    /// <param name="contractName">Name of the contract.</param>
    /// <param name="sourceRoot">Where <c>interfaces/</c> and <c>libraries/</c> are, seen from the contract's file.</param>
    /// <param name="source">The contract, lines ended by LF, or null.</param>
    /// <returns>
    /// False when the bytes are no verifying key for BN254 in snarkjs's form, or a key under which proofs could be
    /// forged: a point at infinity (also an IC point: its signal would be unconstrained), a point of G1 off the curve,
    /// delta equal to gamma (no phase-2 contribution).
    /// </returns>
    public static bool TryGenerate(
        ReadOnlySpan<byte> verificationKeyJson,
        string contractName,
        string sourceRoot,
        [NotNullWhen(true)] out string? source
    )
    {
        source = null;
        if (VerificationKeyFile.TryParse(verificationKeyJson) is not { } key)
            return false;
        source = Write(key, contractName, sourceRoot, Convert.ToHexStringLower(SHA256.HashData(verificationKeyJson)));
        return true;
    }

    private static string Write(VerificationKeyFile key, string name, string root, string hash)
    {
        var text = new StringBuilder();
        var signals = key.Ic.Count - 1;
        text.Append(
            CultureInfo.InvariantCulture,
            $$"""
            // SPDX-License-Identifier: Apache-2.0
            // Generated from a verification_key.json by Crypto/Groth16/SolidityVerifier.cs: do not edit.
            pragma solidity 0.8.37;

            import {IAnalysisVerifier, Proof} from "{{root}}/interfaces/IAnalysisVerifier.sol";
            import {Bn254} from "{{root}}/libraries/Bn254.sol";
            import {Field} from "{{root}}/libraries/Field.sol";
            import {ProofPoints} from "{{root}}/libraries/ProofPoints.sol";

            /// @dev e(A, B) = e(alpha, beta) e(IC[0] + sum of signal[i] IC[i + 1], gamma) e(C, delta).
            contract {{name}} is IAnalysisVerifier {

            """
        );
        Constant(text, "ALPHA_X", key.Alpha.X);
        Constant(text, "ALPHA_Y", key.Alpha.Y);
        Constants(text, "BETA", key.Beta);
        Constants(text, "GAMMA", key.Gamma);
        Constants(text, "DELTA", key.Delta);
        for (var i = 0; i <= signals; i++)
        {
            Constant(text, Invariant($"IC{i}_X"), key.Ic[i].X);
            Constant(text, Invariant($"IC{i}_Y"), key.Ic[i].Y);
        }
        text.Append(
            CultureInfo.InvariantCulture,
            $$"""

                /// @inheritdoc IAnalysisVerifier
                function verifyingKeyHash() external pure returns (bytes32) {
                    return 0x{{hash}};
                }

                /// @inheritdoc IAnalysisVerifier
                function verify(Proof calldata proof, uint256[{{signals}}] calldata signals) external view returns (bool) {
                    for (uint256 i = 0; i < {{signals}}; ++i) {
                        if (signals[i] >= Field.R) revert SignalOutOfField(i);
                    }
                    ProofPoints.requireWellFormed(proof);

                    uint256[2] memory sum = [IC0_X, IC0_Y];

            """
        );
        for (var i = 0; i < signals; i++)
            Line(text, Invariant($"        Bn254.addScaled(sum, IC{i + 1}_X, IC{i + 1}_Y, signals[{i}]);"));
        text.Append(
            """

                    uint256[24] memory pairs;
                    (pairs[0], pairs[1]) = (proof.a[0], Bn254.negateY(proof.a[1]));
                    (pairs[2], pairs[3], pairs[4], pairs[5]) = (proof.b[0][0], proof.b[0][1], proof.b[1][0], proof.b[1][1]);
                    (pairs[6], pairs[7]) = (ALPHA_X, ALPHA_Y);
                    (pairs[8], pairs[9], pairs[10], pairs[11]) = (BETA_X1, BETA_X0, BETA_Y1, BETA_Y0);
                    (pairs[12], pairs[13]) = (sum[0], sum[1]);
                    (pairs[14], pairs[15], pairs[16], pairs[17]) = (GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0);
                    (pairs[18], pairs[19]) = (proof.c[0], proof.c[1]);
                    (pairs[20], pairs[21], pairs[22], pairs[23]) = (DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0);
                    return Bn254.pairingIsOne(pairs);
                }
            }

            """
        );
        return text.Replace("\r\n", "\n").ToString();
    }

    private static void Constants(StringBuilder text, string name, VerificationKeyFile.G2 point)
    {
        Constant(text, name + "_X1", point.X1);
        Constant(text, name + "_X0", point.X0);
        Constant(text, name + "_Y1", point.Y1);
        Constant(text, name + "_Y0", point.Y0);
    }

    private static void Constant(StringBuilder text, string name, Fq value) =>
        Line(text, Invariant($"    uint256 private constant {name} = {value};"));

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
