// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPoseidonT3} from "../interfaces/IPoseidon.sol";

/// @notice Binary Poseidon trees of fixed depth with empty leaf 0. A fixed depth keeps an inner node from passing as
/// a leaf.
library PoseidonTree {
    uint256 internal constant DEPTH = 20;

    /// @dev Roots of the empty subtrees of depth 0 to 19; a test computes them again.
    bytes private constant EMPTY = hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"2098f5fb9e239eab3ceac3f27b81e481dc3124d55ffed523a839ee8446b64864"
        hex"1069673dcdb12263df301a6ff584a7ec261a44cb9dc68df067a4774460b1f1e1"
        hex"18f43331537ee2af2e3d758d50f72106467c6eea50371dd528d57eb2b856d238"
        hex"07f9d837cb17b0d36320ffe93ba52345f1b728571a568265caac97559dbc952a"
        hex"2b94cf5e8746b3f5c9631f4c5df32907a699c58c94b2ad4d7b5cec1639183f55"
        hex"2dee93c5a666459646ea7d22cca9e1bcfed71e6951b953611d11dda32ea09d78"
        hex"078295e5a22b84e982cf601eb639597b8b0515a88cb5ac7fa8a4aabe3c87349d"
        hex"2fa5e5f18f6027a6501bec864564472a616b2e274a41211a444cbe3a99f3cc61"
        hex"0e884376d0d8fd21ecb780389e941f66e45e7acce3e228ab3e2156a614fcd747"
        hex"1b7201da72494f1e28717ad1a52eb469f95892f957713533de6175e5da190af2"
        hex"1f8d8822725e36385200c0b201249819a6e6e1e4650808b5bebc6bface7d7636"
        hex"2c5d82f66c914bafb9701589ba8cfcfb6162b0a12acf88a8d0879a0471b5f85a"
        hex"14c54148a0940bb820957f5adf3fa1134ef5c4aaa113f4646458f270e0bfbfd0"
        hex"190d33b12f986f961e10c0ee44d8b9af11be25588cad89d416118e4bf4ebe80c"
        hex"22f98aa9ce704152ac17354914ad73ed1167ae6596af510aa5b3649325e06c92"
        hex"2a7c7c9b6ce5880b9f6f228d72bf6a575a526f29c66ecceef8b753d38bba7323"
        hex"2e8186e558698ec1c67af9c14d463ffc470043c9c2988b954d75dd643f36b992"
        hex"0f57c5571e9a4eab49e2c8cf050dae948aef6ead647392273546249d1c1ff10f"
        hex"1830ee67b5fb554ad5f63d4388800e1cfe78e310697d46e43c9ce36134f72cca";

    /// @notice Appends nodes[0..count) behind `next` leaves and returns the new root.
    /// @dev `frontier[l]` is the complete left sibling that the next leaf will meet at level l; it means something
    /// only where bit l of the number of leaves is 1. Overwrites `nodes`. The caller keeps next + count <= 2^20.
    function append(
        IPoseidonT3 poseidon,
        uint256[20] storage frontier,
        uint256 next,
        uint256[] memory nodes,
        uint256 count
    ) internal returns (uint256) {
        bytes memory empty = EMPTY;
        uint256 end = next + count;
        uint256 first = next; // index of nodes[0] at the current level
        for (uint256 level = 0; level < DEPTH; ++level) {
            bool right = first & 1 == 1; // nodes[0] is a right child
            uint256 left = right ? frontier[level] : 0;
            // The left sibling of what comes after these leaves is one of them, or the one from before.
            uint256 boundary = end >> level;
            if (boundary & 1 == 1 && boundary > first) frontier[level] = nodes[boundary - 1 - first];
            count = _parents(poseidon, nodes, count, right, left, emptyAt(empty, level));
            first >>= 1;
        }
        return nodes[0];
    }

    /// @dev Replaces the nodes of a level by their parents, in place.
    function _parents(
        IPoseidonT3 poseidon,
        uint256[] memory nodes,
        uint256 count,
        bool right,
        uint256 left,
        uint256 empty
    ) private view returns (uint256 parents) {
        uint256 i = 0;
        if (right) {
            nodes[0] = hash(poseidon, left, nodes[0]);
            (i, parents) = (1, 1);
        }
        for (; i < count; i += 2) {
            nodes[parents++] = hash(poseidon, nodes[i], i + 1 < count ? nodes[i + 1] : empty);
        }
    }

    /// @notice Puts `leaf` at `index` in place of what is there, and returns the new root.
    /// @dev The caller has checked with `rootOf` that the path belongs to the current tree.
    function replace(
        IPoseidonT3 poseidon,
        uint256[20] storage frontier,
        uint256 next,
        uint256 index,
        uint256 leaf,
        uint256[20] calldata path
    ) internal returns (uint256 node) {
        node = leaf;
        for (uint256 level = 0; level < DEPTH; ++level) {
            uint256 boundary = next >> level;
            if (boundary & 1 == 1 && (index >> level) + 1 == boundary) frontier[level] = node;
            node = parent(poseidon, node, path[level], index >> level);
        }
    }

    /// @notice The root to which a path leads from a leaf.
    function rootOf(IPoseidonT3 poseidon, uint256 index, uint256 leaf, uint256[20] calldata path)
        internal
        view
        returns (uint256 node)
    {
        node = leaf;
        for (uint256 level = 0; level < DEPTH; ++level) {
            node = parent(poseidon, node, path[level], index >> level);
        }
    }

    /// @notice Root of the empty tree of a depth up to 19.
    function emptyRoot(uint256 depth) internal pure returns (uint256) {
        return emptyAt(EMPTY, depth);
    }

    function parent(IPoseidonT3 poseidon, uint256 node, uint256 sibling, uint256 index)
        internal
        view
        returns (uint256)
    {
        return index & 1 == 1 ? hash(poseidon, sibling, node) : hash(poseidon, node, sibling);
    }

    /// @dev Written by hand because a typed call would use new memory for every node of a batch.
    function hash(IPoseidonT3 poseidon, uint256 left, uint256 right) internal view returns (uint256 result) {
        bytes4 selector = IPoseidonT3.hash.selector;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, selector)
            mstore(add(p, 4), left)
            mstore(add(p, 36), right)
            if iszero(staticcall(gas(), poseidon, p, 68, 0, 32)) { revert(0, 0) }
            if iszero(eq(returndatasize(), 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    function emptyAt(bytes memory empty, uint256 level) private pure returns (uint256 result) {
        assert(level < DEPTH);
        assembly ("memory-safe") {
            result := mload(add(add(empty, 32), shl(5, level)))
        }
    }
}
