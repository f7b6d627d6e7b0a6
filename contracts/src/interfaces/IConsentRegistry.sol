// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootWindows} from "./IRootWindows.sol";

/// @notice The tree of grant commitments `G = H(tag, Gi, controller, registryId)`: who granted what to whom stays
/// hidden; that a grant exists and was not revoked can be proven against a root.
interface IConsentRegistry is IRootWindows {
    /// @dev Each leaf goes through these states in one direction and never back.
    enum LeafState {
        Unknown, // never seen
        Live, // in the tree
        Pending, // revoked, still in the tree; while there is one, no root is valid from now on
        Removed, // revoked, its position is 0
        Barred // revoked before it was inserted; can never be inserted
    }

    struct Leaf {
        LeafState state;
        uint32 index; // position in the tree
        uint40 grantedAt; // block time, 0 when barred
        uint40 revokedAt; // block time, 0 while live
    }

    /// @notice Leaves were appended at `firstIndex`, `firstIndex + 1`, ...; `root` is the root with them.
    event Granted(uint32 indexed firstIndex, uint256[] leaves, uint256 root);

    /// @notice Somebody wants a leaf in the tree; from `readyAt` on anybody can insert it.
    event Proposed(uint256 indexed leaf, uint40 readyAt);

    /// @notice The controller has revoked. `inTree` is false when the leaf was never inserted.
    event Revoked(uint256 indexed leaf, bool inTree, uint40 time);

    /// @notice The revoked leaf is out of the tree; `root` is the root without it.
    event RevocationApplied(uint256 indexed leaf, uint32 index, uint256 root);

    /// @notice A value that must be a field element (below r, a leaf also not 0) is none.
    error OutOfField(uint256 value);
    /// @notice All 2^20 positions are used; a new registry is needed.
    error TreeFull();
    /// @notice The leaf is known already, or proposed already.
    error CannotPropose(uint256 leaf);
    /// @notice The leaf was not proposed, or its delay has not passed.
    error NotReady(uint256 leaf, uint40 readyAt);
    /// @notice As many leaves as a day allows came in by the slow lane today.
    error SlowLaneFull();
    /// @notice Revocations wait to be applied; nothing is granted before.
    error RevocationsPending(uint256 count);
    /// @notice The signature is not the controller's.
    error NotTheController();
    /// @notice The signed revocation had a deadline, and it has passed.
    error DeadlinePassed(uint256 deadline);
    /// @notice The leaf is not waiting to be removed.
    error NothingToApply(uint256 leaf);
    /// @notice The siblings do not lead from the leaf to the current root.
    error StalePath(uint256 leaf);
    /// @notice Leaves and paths differ in number.
    error LengthMismatch();

    /// @notice Appends the leaves that are unknown, in order; known ones are skipped, whatever their state.
    /// Only relayers; the circuit demands the patient's signature of a leaf, so that a made-up leaf is of no use.
    function grant(uint256[] calldata leaves) external;

    /// @notice The slow lane, for patients whom no relayer serves: anybody proposes a leaf. The delay and the daily cap
    /// keep strangers from filling the tree.
    function propose(uint256 leaf) external;

    /// @notice Inserts leaves that were proposed a day ago or earlier; anybody. Those that a relayer inserted meanwhile,
    /// and those that were revoked, are skipped.
    function grantProposed(uint256[] calldata leaves) external;

    /// @notice From when on a proposed leaf can be inserted; 0 when it was not proposed.
    function readyAt(uint256 leaf) external view returns (uint40);

    /// @notice Revokes the grant whose inner commitment and controller are given, from this second on.
    /// Needs no tree path, so nobody can race it; anybody may send it. Revoking twice is success.
    /// @param inner Gi
    /// @param controller the account of this grant alone; it signs `Revocation(uint256 leaf,uint256 deadline)`
    /// (EIP-712, by key or ERC-1271), or sends the transaction itself
    /// @param deadline Unix seconds; the greatest number for a revocation without expiry
    /// @param signature 65 bytes r, s, v, or what the ERC-1271 account wants; unused when the controller sends
    function revoke(uint256 inner, address controller, uint256 deadline, bytes calldata signature) external;

    /// @notice Takes revoked leaves out of the tree; anybody. Leaves that are out already are skipped.
    /// @param paths for each leaf its 20 siblings, from the leaf up, in the tree as the leaves before it leave it
    function applyRevocation(uint256[] calldata leaves, uint256[20][] calldata paths) external;

    /// @notice `revoke`, and at once `applyRevocation` unless the path is stale.
    /// @return applied false when the path was stale, and the removal still has to be applied
    function revokeAndApply(
        uint256 inner,
        address controller,
        uint256 deadline,
        bytes calldata signature,
        uint256[20] calldata path
    ) external returns (bool applied);

    /// @notice Revoked leaves that are still in the tree.
    function pending() external view returns (uint32);

    /// @notice Positions used so far.
    function size() external view returns (uint32);

    /// @notice The root of the tree as it is; valid only when `rootValidAt` says so.
    function root() external view returns (uint256);

    /// @notice What is known of a leaf.
    function leafOf(uint256 leaf) external view returns (Leaf memory);

    /// @notice Chain id x 2^160 + this address: the third part of every leaf here.
    function registryId() external view returns (uint256);

    /// @notice The EIP-712 digest that the controller of a leaf signs to revoke it.
    function revocationDigest(uint256 leaf, uint256 deadline) external view returns (bytes32);
}
