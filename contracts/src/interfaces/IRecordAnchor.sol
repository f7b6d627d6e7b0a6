// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootWindows} from "./IRootWindows.sol";

/// @notice Roots of the global tree of patients' records. Each anchor ends the one before: a proof can use only the
/// records as they stood.
interface IRecordAnchor is IRootWindows {
    /// @param size positions of the tree in use
    event Anchored(uint256 indexed root, uint64 size, uint40 time);

    /// @notice A root is 0 or not below r.
    error OutOfField(uint256 value);
    /// @notice A tree does not shrink; an erased patient's position becomes 0 and stays.
    error SizeShrank(uint64 size, uint64 newSize);

    /// @notice Anchors the tree as it is now. Only the operator.
    function anchor(uint256 newRoot, uint64 newSize) external;

    /// @notice The newest root.
    function root() external view returns (uint256);

    /// @notice Positions in use at the newest anchor.
    function size() external view returns (uint64);
}
