// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProposals} from "./IProposals.sol";

/// @notice Which ledger, and with it which circuit and verifying key, is in force. Ledgers are immutable; a new circuit
/// is a new ledger, and this points to it. Old ledgers stay readable and verifiable for ever.
interface ICircuitRegistry is IProposals {
    struct Version {
        address ledger;
        uint40 enactedAt; // block time
        uint40 withdrawnAt; // block time, 0 while in force
        uint256 circuitVersion;
        bytes32 verifyingKeyHash; // SHA-256 of verification_key.json
    }

    event VersionEnacted(
        uint16 indexed index, address indexed ledger, uint256 circuitVersion, bytes32 verifyingKeyHash, uint40 time
    );
    event VersionWithdrawn(uint16 indexed index, address indexed ledger, address indexed by, uint40 time);

    /// @notice No version is in force.
    error NothingInForce();

    /// @notice Proposes a ledger and approves it. Only officers.
    function propose(address ledger) external;

    /// @notice Approves a proposed ledger. Only officers, each once a round.
    function approve(address ledger) external;

    /// @notice Makes an accepted ledger the newest version after the delay; anybody.
    function enact(address ledger) external;

    /// @notice Ends a proposal. Only wardens.
    function veto(address ledger) external;

    /// @notice Takes a version out of force at once; the newest that is left is current again. Only wardens. To stop
    /// the ledger itself, its guardian closes it.
    function withdraw(address ledger) external;

    /// @notice The newest version in force.
    function current() external view returns (Version memory);

    /// @notice How many versions there have been.
    function count() external view returns (uint256);

    /// @notice The n-th version, from 0.
    function versionAt(uint256 n) external view returns (Version memory);

    function proposalOf(address ledger) external view returns (Proposal memory);
}
