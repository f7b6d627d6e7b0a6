// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice When which root of a tree was valid: half-open windows of block time, [opened, closed).
/// A root may return (a leaf set back to 0 restores an older tree), so its appearances are numbered from 0.
interface IRootWindows {
    /// @param root the root that is valid from now on
    /// @param n the number of this appearance of the root
    /// @param epoch the epoch that closes this window when it ends
    event WindowOpened(uint256 indexed root, uint32 n, uint64 indexed epoch, uint40 time);

    /// @notice Every window of the epoch ends, for good.
    event WindowsClosed(uint64 indexed epoch, uint40 time);

    /// @notice Whether the n-th appearance of the root was valid at a moment.
    /// @dev The answer for a moment is final once the block time is greater than it.
    /// @param time Unix seconds
    function rootValidAt(uint256 root, uint32 n, uint256 time) external view returns (bool);

    /// @notice How often the root has appeared so far; the newest appearance is one less.
    function appearances(uint256 root) external view returns (uint32);

    /// @notice The epoch in which windows are opened now.
    function currentEpoch() external view returns (uint64);
}
