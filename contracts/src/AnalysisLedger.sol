// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisLedger} from "./interfaces/IAnalysisLedger.sol";
import {IAnalysisVerifier} from "./interfaces/IAnalysisVerifier.sol";
import {INullifierSet} from "./interfaces/INullifierSet.sol";
import {LedgerAdmission} from "./LedgerAdmission.sol";
import {LedgerWord} from "./libraries/LedgerWord.sol";
import {ProofPoints} from "./libraries/ProofPoints.sol";

/// @dev Nothing but one word a nullifier is stored (and a word for an analysis of several parts that is verified part
/// by part). What a step needs of earlier ones is shown again by the caller and compared with the word's hash.
contract AnalysisLedger is IAnalysisLedger, LedgerAdmission {
    using LedgerWord for uint256;

    uint256 public constant MAX_PARTS = 64;
    uint256 public constant MAX_PARTS_VERIFIED_AT_ONCE = 16;
    uint40 public constant PROVEN_WITHIN = 1 days;
    /// @dev Eleven multiplications and a pairing of four take 0.26M.
    uint256 public constant VERIFY_GAS = 400_000;

    /// @notice The set of all versions: this contract, when it is the first.
    INullifierSet public immutable nullifiers;
    IAnalysisVerifier public immutable verifier;
    uint256 public immutable circuitVersion;
    /// @notice Seconds for which a reservation holds.
    uint40 public immutable reservationPeriod;

    mapping(bytes32 entry => uint256 parts) private _verifiedParts;

    /// @param admin names publishers and guardians, admits consent registries
    /// @param nullifiers_ the first ledger, which must admit this one; 0 for the first itself
    /// @param verifier_ for the circuit's key
    /// @param circuitVersion_ goes into the signal `context`
    /// @param reservationPeriod_ seconds between reserve and publish, at most
    /// @param roots the anchor and the registries of models and enrolments, and the first of consents
    constructor(
        address admin,
        INullifierSet nullifiers_,
        IAnalysisVerifier verifier_,
        uint256 circuitVersion_,
        uint40 reservationPeriod_,
        RootSources memory roots
    ) LedgerAdmission(admin, roots) {
        nullifiers = address(nullifiers_) == address(0) ? this : nullifiers_;
        verifier = verifier_;
        circuitVersion = circuitVersion_;
        reservationPeriod = reservationPeriod_;
    }

    /// @inheritdoc IAnalysisLedger
    function reserve(uint256 nullifier, uint256 requestCommitment) external {
        _reserve(nullifier, requestCommitment, msg.sender);
    }

    /// @inheritdoc IAnalysisLedger
    function reserveAfter(uint256 nullifier, uint256 requestCommitment, address former) external {
        _reserve(nullifier, requestCommitment, former);
    }

    /// @inheritdoc IAnalysisLedger
    function publish(
        uint256 nullifier,
        Statement calldata statement,
        Appearances calldata appearances,
        Part[] calldata parts
    ) external whenOpen {
        uint256 before = _record(nullifier, msg.sender, statement, appearances, parts, Status.Published);
        _requireReserved(before, nullifier, statement, msg.sender);
    }

    /// @inheritdoc IAnalysisLedger
    function publishVerified(
        uint256 nullifier,
        address publisher,
        Statement calldata statement,
        Appearances calldata appearances,
        Part[] calldata parts,
        bytes32 replacedBody
    ) external whenOpen {
        if (parts.length > MAX_PARTS_VERIFIED_AT_ONCE) revert WrongPartCount(parts.length);
        uint256 word = _record(nullifier, publisher, statement, appearances, parts, Status.Verified);
        Status status = Status(word.status());
        if (status == Status.Reserved) {
            _requireReserved(word, nullifier, statement, publisher);
        } else if (status == Status.Published || status == Status.Refuted) {
            bytes32 entry = _entry(_reservation(nullifier, publisher, statement), replacedBody);
            if (word.hash() != _cut(entry)) revert NotAsPublished(nullifier);
        } else {
            revert CannotReplace(nullifier);
        }
        for (uint256 i = 0; i < parts.length; ++i) {
            if (!_holds(nullifier, statement, uint8(i), parts.length, parts[i])) revert ProofDoesNotHold(uint8(i));
        }
        emit Verified(nullifier, uint40(block.timestamp));
    }

    /// @inheritdoc IAnalysisLedger
    function verify(
        uint256 nullifier,
        address publisher,
        Statement calldata statement,
        uint8 part,
        Part calldata shown,
        bytes32[] calldata otherParts
    ) external returns (bool holds) {
        uint256 parts = otherParts.length + 1;
        if (part >= parts) revert WrongPartCount(parts);
        bytes32[] memory hashes = new bytes32[](parts);
        for (uint256 i = 0; i < parts; ++i) {
            hashes[i] = i == part ? partHash(shown) : otherParts[i < part ? i : i - 1];
        }
        bytes32 entry = _entry(_reservation(nullifier, publisher, statement), _body(statement, hashes));
        uint256 word = nullifiers.wordOf(nullifier);
        Status status = Status(word.status());
        if (word.hash() != _cut(entry) || uint8(status) < uint8(Status.Published)) revert NotAsPublished(nullifier);

        holds = _holds(nullifier, statement, part, parts, shown);
        if (status != Status.Published) return holds; // verified and refuted are final
        if (!holds) {
            _store(nullifier, uint40(block.timestamp), Status.Refuted, word.hash());
            emit Refuted(nullifier, part, uint40(block.timestamp));
            return false;
        }
        emit PartVerified(nullifier, part);
        uint256 done = 1 << part;
        if (parts > 1) {
            done |= _verifiedParts[entry];
            _verifiedParts[entry] = done;
        }
        if (done != (1 << parts) - 1) return true;
        _store(nullifier, uint40(block.timestamp), Status.Verified, word.hash());
        emit Verified(nullifier, uint40(block.timestamp));
    }

    /// @inheritdoc IAnalysisLedger
    function entryOf(uint256 nullifier) external view returns (Entry memory entry) {
        uint256 word = nullifiers.wordOf(nullifier);
        entry = Entry(Status(word.status()), word.ledger(), word.time(), word.hash());
        if (entry.ledger != nullifiers.numberOf(address(this))) return entry;
        if (entry.status == Status.Reserved && _expired(word)) entry.status = Status.Expired;
        if (entry.status == Status.Published && block.timestamp > uint256(entry.time) + PROVEN_WITHIN) {
            entry.status = Status.Unproven;
        }
    }

    /// @inheritdoc IAnalysisLedger
    function partHash(Part calldata part) public pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // a part stands in calldata as its ABI encoding
            let p := mload(0x40)
            calldatacopy(p, part, 288)
            hash := keccak256(p, 288)
        }
    }

    /// @inheritdoc IAnalysisLedger
    function context() public view returns (uint256) {
        return uint256(sha256(abi.encodePacked("medledger.context", block.chainid, address(this), circuitVersion))) >> 8;
    }

    /// @dev An expired reservation returns only to the request it was made for: a use that was reserved for one
    /// request, and perhaps opened records, is never counted for another.
    function _reserve(uint256 nullifier, uint256 requestCommitment, address former)
        private
        whenOpen
        onlyPublisher
    {
        _requireField(nullifier);
        _requireField(requestCommitment);
        _requireNoPendingRevocation();
        uint40 time = uint40(block.timestamp);
        uint208 holder = _holder(requestCommitment, msg.sender);
        uint256 word = _store(nullifier, time, Status.Reserved, holder);
        if (word != 0) {
            bool renewable = word.status() == uint8(Status.Reserved) && _expired(word)
                && word.hash() == _holder(requestCommitment, former);
            if (!renewable) revert NullifierTaken(nullifier);
        }
        emit Reserved(nullifier, requestCommitment, msg.sender, time);
    }

    function _requireReserved(uint256 word, uint256 nullifier, Statement calldata statement, address publisher)
        private
        view
    {
        if (
            word.status() != uint8(Status.Reserved) || word.time() != statement.asOf || _expired(word)
                || word.hash() != _holder(statement.requestCommitment, publisher)
        ) revert NotReserved(nullifier);
    }

    /// @dev The parts share every signal but their result and their number, so that they belong to one analysis.
    /// @return before the word that stood there; the caller reverts when it should not have
    function _record(
        uint256 nullifier,
        address publisher,
        Statement calldata statement,
        Appearances calldata appearances,
        Part[] calldata parts,
        Status status
    ) private returns (uint256 before) {
        if (parts.length == 0 || parts.length > MAX_PARTS) revert WrongPartCount(parts.length);
        if (statement.asOf >= block.timestamp) revert TooEarly();
        _requireField(nullifier);
        _requireRoots(statement, appearances);
        bytes32[] memory hashes = new bytes32[](parts.length);
        for (uint256 i = 0; i < parts.length; ++i) {
            _requireField(parts[i].resultCommitment);
            ProofPoints.requireWellFormed(parts[i].proof);
            hashes[i] = partHash(parts[i]);
        }
        bytes32 body = _body(statement, hashes);
        uint40 time = uint40(block.timestamp);
        bytes32 entry = _entry(_reservation(nullifier, publisher, statement), body);
        before = _store(nullifier, time, status, _cut(entry));
        emit Published(nullifier, publisher, statement, parts, body, time);
    }

    /// @dev A call within the contract in the first ledger, which keeps the set.
    function _store(uint256 nullifier, uint40 time, Status status, uint208 hash) private returns (uint256 before) {
        return
            address(nullifiers) == address(this)
                ? _write(FIRST, nullifier, time, uint8(status), hash)
                : nullifiers.write(nullifier, time, uint8(status), hash);
    }

    function _holds(uint256 nullifier, Statement calldata statement, uint8 part, uint256 parts, Part calldata shown)
        private
        view
        returns (bool)
    {
        if (gasleft() < VERIFY_GAS) revert GasFloor(VERIFY_GAS);
        uint256 shape = part | (parts << 8) | (uint256(statement.custody) << 16);
        return verifier.verify(
            shown.proof,
            [
                statement.consentRoot,
                statement.recordRoot,
                statement.modelRoot,
                statement.enrolRoot,
                statement.asOf,
                nullifier,
                shown.resultCommitment,
                statement.requestCommitment,
                statement.registryId,
                context(),
                shape
            ]
        );
    }

    function _expired(uint256 word) private view returns (bool) {
        return block.timestamp > uint256(word.time()) + reservationPeriod;
    }

    function _holder(uint256 requestCommitment, address publisher) private pure returns (uint208) {
        return _cut(keccak256(abi.encode(requestCommitment, publisher)));
    }

    function _reservation(uint256 nullifier, address publisher, Statement calldata statement)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(nullifier, statement.requestCommitment, publisher, statement.asOf));
    }

    /// @dev keccak256(abi.encode(statement, partHashes)). Who calls reads or encodes `custody`, which refuses stray bits.
    function _body(Statement calldata statement, bytes32[] memory partHashes) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, statement, 256)
            mstore(add(p, 256), 288) // where the hashes begin
            let size := shl(5, add(mload(partHashes), 1))
            for { let i := 0 } lt(i, size) { i := add(i, 32) } {
                mstore(add(add(p, 288), i), mload(add(partHashes, i)))
            }
            hash := keccak256(p, add(size, 288))
        }
    }

    /// @dev keccak256(abi.encode(reservation, body)).
    function _entry(bytes32 reservation, bytes32 body) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, reservation)
            mstore(32, body)
            hash := keccak256(0, 64)
        }
    }

    function _cut(bytes32 hash) private pure returns (uint208) {
        return uint208(uint256(hash));
    }
}
