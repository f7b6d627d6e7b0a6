// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Heads of the audit log (RFC 6962 tree), so that two readers cannot be shown two logs.
interface IAuditAnchor {
    struct Head {
        bytes32 root; // RFC 6962 Merkle tree hash
        uint64 size; // entries
        uint40 time; // block time
    }

    event HeadAnchored(uint64 indexed size, bytes32 root, uint40 time);

    /// @notice A log only grows, and a size has one root for ever.
    error SizeNotGrown(uint64 size, uint64 newSize);

    /// @notice Anchors a head. Only the operator.
    function anchor(bytes32 root, uint64 size) external;

    /// @notice How many heads are anchored.
    function count() external view returns (uint256);

    /// @notice The n-th anchored head, from 0.
    function headAt(uint256 n) external view returns (Head memory);

    /// @notice The newest head; all zero before the first.
    function latest() external view returns (Head memory);
}
