// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPoseidonT3} from "../../src/interfaces/IPoseidon.sol";

/// @notice The same tree written a second time, as its definition says: all leaves kept, every level computed anew.
contract ReferenceTree {
    uint256 public immutable depth;
    IPoseidonT3 private immutable _poseidon;
    uint256[] public leaves;

    constructor(IPoseidonT3 poseidon, uint256 depth_) {
        _poseidon = poseidon;
        depth = depth_;
    }

    function push(uint256 leaf) external {
        leaves.push(leaf);
    }

    function set(uint256 index, uint256 leaf) external {
        leaves[index] = leaf;
    }

    function size() external view returns (uint256) {
        return leaves.length;
    }

    function root() external view returns (uint256 result) {
        (result,) = _climb(0);
    }

    function path(uint256 index) external view returns (uint256[20] memory siblings) {
        (, siblings) = _climb(index);
    }

    function _climb(uint256 index) private view returns (uint256, uint256[20] memory siblings) {
        uint256[] memory level = leaves;
        uint256 empty = 0;
        for (uint256 l = 0; l < depth; ++l) {
            siblings[l] = (index ^ 1) < level.length ? level[index ^ 1] : empty;
            uint256[] memory above = new uint256[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                uint256 right = 2 * i + 1 < level.length ? level[2 * i + 1] : empty;
                above[i] = _poseidon.hash([level[2 * i], right]);
            }
            empty = _poseidon.hash([empty, empty]);
            level = above;
            index >>= 1;
        }
        return (level.length == 0 ? empty : level[0], siblings);
    }
}
