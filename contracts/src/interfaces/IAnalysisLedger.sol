// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proof} from "./IAnalysisVerifier.sol";

/// @notice Every analysis, named by its nullifier U: reserved before a record is opened, published with its proofs,
/// verified by whoever wants to. One word of storage each; everything else stands in events.
interface IAnalysisLedger {
    enum Status {
        None,
        Reserved,
        Published, // not verified on this chain yet
        Verified, // every part's pairing was computed and holds
        Refuted, // a part's pairing was computed and does not hold
        Expired, // derived: reserved and not published in time
        Unproven // derived: published and not verified within a day
    }

    /// @notice The public signals that all parts share. The others are U, the result commitment, the context (this
    /// ledger, this chain, this circuit) and the shape.
    struct Statement {
        uint256 consentRoot;
        uint256 recordRoot;
        uint256 modelRoot;
        uint256 enrolRoot;
        uint256 asOf; // block time of the reservation
        uint256 requestCommitment; // Q
        uint256 registryId; // names the consent registry of consentRoot
        uint8 custody; // who keeps the patient's key
    }

    /// @notice Which appearance of each root is meant (see IRootWindows).
    struct Appearances {
        uint32 consent;
        uint32 record;
        uint32 model;
        uint32 enrolment;
    }

    struct Part {
        Proof proof;
        uint256 resultCommitment; // O
    }

    struct Entry {
        Status status; // with the derived ones
        uint8 ledger; // number in the nullifier set; statuses are derived only for this ledger's own
        uint40 time; // block time of the last change
        uint208 hash;
    }

    event Reserved(uint256 indexed nullifier, uint256 requestCommitment, address indexed publisher, uint40 time);
    /// @param publisher holder of the reservation
    /// @param body what `publishVerified` must show to replace this entry
    event Published(
        uint256 indexed nullifier, address indexed publisher, Statement statement, Part[] parts, bytes32 body, uint40 time
    );
    event PartVerified(uint256 indexed nullifier, uint8 part);
    event Verified(uint256 indexed nullifier, uint40 time);
    event Refuted(uint256 indexed nullifier, uint8 part, uint40 time);
    event RegistryAdmitted(address indexed registry);
    event Closed(address indexed by);
    event Reopened(address indexed by);

    error LedgerClosed();
    error OutOfField(uint256 value);
    /// @notice The nullifier is reserved, or used; an expired reservation returns only to the same request.
    error NullifierTaken(uint256 nullifier);
    /// @notice A consent registry has revocations that are not applied yet.
    error RevocationsPending(address registry);
    /// @notice There is no unexpired reservation of this request by this publisher at this time.
    error NotReserved(uint256 nullifier);
    /// @notice The reservation stands in this second still; a revocation may follow in the same.
    error TooEarly();
    /// @notice The signal registryId names no admitted registry of this chain.
    error UnknownRegistry(uint256 registryId);
    error ConsentRootNotValid();
    error RecordRootNotValid();
    error ModelRootNotValid();
    error EnrolRootNotValid();
    error WrongPartCount(uint256 parts);
    /// @notice What was shown is not what was published.
    error NotAsPublished(uint256 nullifier);
    /// @notice The entry is verified, or there is nothing to replace.
    error CannotReplace(uint256 nullifier);
    /// @notice A proof does not hold, so nothing is published.
    error ProofDoesNotHold(uint8 part);
    /// @notice With less gas the answer would say nothing of the proof.
    error GasFloor(uint256 needed);
    error CannotAdmit(address registry);

    /// @notice Reserves a use before any record is opened; its block time is the analysis's `asOf`. Only publishers.
    /// The publisher's own expired reservation of the same request is renewed.
    function reserve(uint256 nullifier, uint256 requestCommitment) external;

    /// @notice Reserves again what another publisher let expire, for the same request. Only publishers.
    function reserveAfter(uint256 nullifier, uint256 requestCommitment, address former) external;

    /// @notice Publishes the reserved analysis in 1 to 64 parts, without verifying. Only the reservation's publisher.
    function publish(
        uint256 nullifier,
        Statement calldata statement,
        Appearances calldata appearances,
        Part[] calldata parts
    ) external;

    /// @notice Publishes and verifies in one, 1 to 16 parts; anybody, for a reservation. Replaces an entry of the
    /// same reservation that is not verified.
    /// @param publisher holder of the reservation
    /// @param replacedBody `body` of the entry to replace; 0 when the nullifier is only reserved
    function publishVerified(
        uint256 nullifier,
        address publisher,
        Statement calldata statement,
        Appearances calldata appearances,
        Part[] calldata parts,
        bytes32 replacedBody
    ) external;

    /// @notice Verifies one part of a published analysis; anybody, for ever. Reverts unless the pairing was computed.
    /// @param otherParts hashes of the other parts (`partHash`), in order
    /// @return holds false when this part is refuted, and the analysis with it
    function verify(
        uint256 nullifier,
        address publisher,
        Statement calldata statement,
        uint8 part,
        Part calldata shown,
        bytes32[] calldata otherParts
    ) external returns (bool holds);

    function entryOf(uint256 nullifier) external view returns (Entry memory);

    /// @notice keccak256 of a part's ABI encoding.
    function partHash(Part calldata part) external pure returns (bytes32);

    /// @notice The signal `context`: first 248 bits of SHA-256("medledger.context", chain id, ledger, circuit version).
    function context() external view returns (uint256);

    /// @notice Adds a consent registry, for ever. Only the administrator.
    function admitRegistry(address registry) external;

    /// @notice Stops reserve and publish, never verify. Only guardians.
    function close() external;

    /// @notice Ends the stop. Only the administrator.
    function reopen() external;

    function closed() external view returns (bool);
}
