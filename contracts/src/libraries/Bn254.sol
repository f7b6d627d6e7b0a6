// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisVerifier} from "../interfaces/IAnalysisVerifier.sol";
import {Field} from "./Field.sol";

/// @notice The precompiled contracts of EIP-196 and EIP-197. One that fails, for lack of gas or because a point is in
/// no group, reverts: its failure must never read as "false".
library Bn254 {
    /// @notice sum + scalar * (x, y), into `sum`.
    function addScaled(uint256[2] memory sum, uint256 x, uint256 y, uint256 scalar) internal view {
        bool success;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, x)
            mstore(add(p, 0x20), y)
            mstore(add(p, 0x40), scalar)
            success := and(eq(returndatasize(), 0x40), staticcall(gas(), 7, p, 0x60, p, 0x40))
            mstore(add(p, 0x40), mload(sum))
            mstore(add(p, 0x60), mload(add(sum, 0x20)))
            success := and(success, and(eq(returndatasize(), 0x40), staticcall(gas(), 6, p, 0x80, sum, 0x40)))
        }
        if (!success) revert IAnalysisVerifier.PrecompileFailed();
    }

    /// @notice The negative of a point other than infinity.
    function negateY(uint256 y) internal pure returns (uint256) {
        return Field.Q - y;
    }

    /// @notice Whether the product of four pairings is one. Words: G1 x, y, G2 x1, x0, y1, y0, four times.
    function pairingIsOne(uint256[24] memory input) internal view returns (bool) {
        bool success;
        uint256 result;
        assembly ("memory-safe") {
            success := and(eq(returndatasize(), 0x20), staticcall(gas(), 8, input, 0x300, 0, 0x20))
            result := mload(0)
        }
        if (!success) revert IAnalysisVerifier.PrecompileFailed();
        return result == 1;
    }
}
