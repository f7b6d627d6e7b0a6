// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Poseidon over the BN254 scalar field with circomlib's parameters, two inputs (state width 3).
interface IPoseidonT3 {
    /// @param inputs two field elements, left child first
    function hash(uint256[2] memory inputs) external pure returns (uint256);
}

/// @notice Poseidon over the BN254 scalar field with circomlib's parameters, four inputs (state width 5).
interface IPoseidonT5 {
    /// @param inputs four field elements, the tag first
    function hash(uint256[4] memory inputs) external pure returns (uint256);
}
