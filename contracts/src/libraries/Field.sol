// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The two primes of BN254.
library Field {
    /// @notice Order of the groups; field of the circuit's signals and of Poseidon.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// @notice Field of the points' coordinates.
    uint256 internal constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @notice Whether x can be a leaf or a root: an element of the scalar field that is not the empty leaf.
    function isCommitment(uint256 x) internal pure returns (bool) {
        return x != 0 && x < R;
    }
}
