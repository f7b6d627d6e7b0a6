// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A Groth16 proof over BN254, affine coordinates.
/// @param b point of G2, in the order of EIP-197: imaginary part first, [[x1, x0], [y1, y0]]
struct Proof {
    uint256[2] a;
    uint256[2][2] b;
    uint256[2] c;
}

/// @notice Verifies proofs of the circuit `AnalysisPolicy` under one verifying key.
interface IAnalysisVerifier {
    /// @notice A public signal is not below r: it would be an alias of another.
    error SignalOutOfField(uint256 index);
    /// @notice A coordinate is not below q.
    error CoordinateOutOfField();
    /// @notice a or c is not a point of G1 other than infinity.
    error NotOnCurve();
    /// @notice A precompiled contract failed: too little gas, or b is not in the group. It says nothing of the proof.
    error PrecompileFailed();

    /// @notice Answers only when the pairing was computed; everything else reverts.
    function verify(Proof calldata proof, uint256[11] calldata signals) external view returns (bool);

    /// @notice SHA-256 of the file `verification_key.json` that this contract was made from.
    function verifyingKeyHash() external pure returns (bytes32);
}
