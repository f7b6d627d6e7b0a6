// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IPoseidonT3, IPoseidonT5} from "./interfaces/IPoseidon.sol";
import {ControllerSignature} from "./libraries/ControllerSignature.sol";
import {Field} from "./libraries/Field.sol";
import {PoseidonTree} from "./libraries/PoseidonTree.sol";
import {RevocationDomain} from "./RevocationDomain.sol";
import {RootWindows} from "./RootWindows.sol";

/// @dev A revocation takes effect in two steps. The first needs no path, so that nobody can stop it by inserting
/// leaves before it; the second takes the leaf out, and until then no window is open.
contract ConsentRegistry is IConsentRegistry, AccessControl, RevocationDomain, RootWindows {
    bytes32 public constant RELAYER = keccak256("RELAYER");
    /// @notice How long a proposed leaf waits.
    uint40 public constant SLOW_LANE_DELAY = 1 days;
    /// @notice How many leaves a day come in by the slow lane: 2^20 positions last 44 years against them.
    uint32 public constant SLOW_LANE_PER_DAY = 64;
    /// @dev The ASCII bytes of "medledger.grant" as an integer.
    uint256 public constant TAG_GRANT = uint256(uint120(bytes15("medledger.grant")));

    IPoseidonT3 private immutable _t3;
    IPoseidonT5 private immutable _t5;

    /// @inheritdoc IConsentRegistry
    uint32 public size;
    /// @inheritdoc IConsentRegistry
    uint32 public pending;
    /// @inheritdoc IConsentRegistry
    uint256 public root;
    uint256[20] private _frontier;
    mapping(uint256 leaf => Leaf) private _leaves;
    /// @inheritdoc IConsentRegistry
    mapping(uint256 leaf => uint40) public readyAt;
    mapping(uint256 day => uint256 leaves) private _slowLane;

    /// @param admin gives out the role of relayer
    /// @param t3 the deployed Poseidon with two inputs
    /// @param t5 the deployed Poseidon with four inputs
    constructor(address admin, IPoseidonT3 t3, IPoseidonT5 t5) {
        _t3 = t3;
        _t5 = t5;
        root = PoseidonTree.hash(t3, PoseidonTree.emptyRoot(19), PoseidonTree.emptyRoot(19));
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IConsentRegistry
    function grant(uint256[] calldata leaves) external onlyRole(RELAYER) {
        _grant(leaves);
    }

    /// @inheritdoc IConsentRegistry
    function propose(uint256 leaf) external {
        if (!Field.isCommitment(leaf)) revert OutOfField(leaf);
        if (_leaves[leaf].state != LeafState.Unknown || readyAt[leaf] != 0) revert CannotPropose(leaf);
        uint40 time = uint40(block.timestamp) + SLOW_LANE_DELAY;
        readyAt[leaf] = time;
        emit Proposed(leaf, time);
    }

    /// @inheritdoc IConsentRegistry
    function grantProposed(uint256[] calldata leaves) external {
        for (uint256 i = 0; i < leaves.length; ++i) {
            uint40 ready = readyAt[leaves[i]];
            if (ready == 0 || block.timestamp < ready) revert NotReady(leaves[i], ready);
        }
        uint256 today = block.timestamp / 1 days;
        uint256 used = _slowLane[today] + _grant(leaves);
        if (used > SLOW_LANE_PER_DAY) revert SlowLaneFull();
        _slowLane[today] = used;
    }

    /// @inheritdoc IConsentRegistry
    function revoke(uint256 inner, address controller, uint256 deadline, bytes calldata signature) external {
        _revoke(inner, controller, deadline, signature);
    }

    /// @inheritdoc IConsentRegistry
    function applyRevocation(uint256[] calldata leaves, uint256[20][] calldata paths) external {
        if (leaves.length != paths.length) revert LengthMismatch();
        for (uint256 i = 0; i < leaves.length; ++i) {
            LeafState state = _leaves[leaves[i]].state;
            if (state == LeafState.Removed) continue;
            if (state != LeafState.Pending) revert NothingToApply(leaves[i]);
            if (!_tryApply(leaves[i], paths[i])) revert StalePath(leaves[i]);
        }
    }

    /// @inheritdoc IConsentRegistry
    function revokeAndApply(
        uint256 inner,
        address controller,
        uint256 deadline,
        bytes calldata signature,
        uint256[20] calldata path
    ) external returns (bool applied) {
        uint256 leaf = _revoke(inner, controller, deadline, signature);
        return _leaves[leaf].state != LeafState.Pending || _tryApply(leaf, path);
    }

    /// @inheritdoc IConsentRegistry
    function leafOf(uint256 leaf) external view returns (Leaf memory) {
        return _leaves[leaf];
    }

    /// @inheritdoc IConsentRegistry
    function registryId() public view returns (uint256) {
        return (block.chainid << 160) | uint160(address(this));
    }

    /// @inheritdoc IConsentRegistry
    function revocationDigest(uint256 leaf, uint256 deadline) public view returns (bytes32) {
        return _digestOf(leaf, deadline);
    }

    /// @return count how many were unknown before
    function _grant(uint256[] calldata leaves) private returns (uint256 count) {
        if (pending != 0) revert RevocationsPending(pending);
        uint32 first = size;
        uint256[] memory fresh = new uint256[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            uint256 leaf = leaves[i];
            if (!Field.isCommitment(leaf)) revert OutOfField(leaf);
            if (_leaves[leaf].state != LeafState.Unknown) continue;
            _leaves[leaf] = Leaf(LeafState.Live, first + uint32(count), uint40(block.timestamp), 0);
            fresh[count++] = leaf;
        }
        if (count == 0) return 0;
        if (first + count > 1 << PoseidonTree.DEPTH) revert TreeFull();
        assembly ("memory-safe") {
            mstore(fresh, count)
        }
        uint256[] memory nodes = _copy(fresh);
        uint256 newRoot = PoseidonTree.append(_t3, _frontier, first, nodes, count);
        size = first + uint32(count);
        root = newRoot;
        emit Granted(first, fresh, newRoot);
        _open(newRoot);
    }

    /// @dev The leaf is computed here, with this registry's id: a leaf has exactly one controller, and nobody can
    /// revoke under another.
    function _revoke(uint256 inner, address controller, uint256 deadline, bytes calldata signature)
        private
        returns (uint256 leaf)
    {
        if (inner >= Field.R) revert OutOfField(inner);
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        leaf = _t5.hash([TAG_GRANT, inner, uint160(controller), registryId()]);
        if (
            msg.sender != controller
                && !ControllerSignature.isValid(controller, revocationDigest(leaf, deadline), signature)
        ) revert NotTheController();

        Leaf storage entry = _leaves[leaf];
        bool inTree = entry.state == LeafState.Live;
        if (!inTree && entry.state != LeafState.Unknown) return leaf;
        entry.state = inTree ? LeafState.Pending : LeafState.Barred;
        entry.revokedAt = uint40(block.timestamp);
        if (inTree && pending++ == 0) _closeAll(); // with others pending, no window is open
        emit Revoked(leaf, inTree, uint40(block.timestamp));
    }

    function _tryApply(uint256 leaf, uint256[20] calldata path) private returns (bool) {
        Leaf storage entry = _leaves[leaf];
        uint32 index = entry.index;
        if (PoseidonTree.rootOf(_t3, index, leaf, path) != root) return false;
        uint256 newRoot = PoseidonTree.replace(_t3, _frontier, size, index, 0, path);
        entry.state = LeafState.Removed;
        root = newRoot;
        emit RevocationApplied(leaf, index, newRoot);
        if (--pending == 0) {
            _open(newRoot);
            _settleEnd(); // the next revocation shall not pay for it
        }
        return true;
    }

    function _copy(uint256[] memory source) private pure returns (uint256[] memory target) {
        target = new uint256[](source.length);
        for (uint256 i = 0; i < source.length; ++i) {
            target[i] = source[i];
        }
    }
}
