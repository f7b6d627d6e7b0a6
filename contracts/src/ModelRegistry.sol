// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IPoseidonT3} from "./interfaces/IPoseidon.sol";
import {Field} from "./libraries/Field.sol";
import {PoseidonTree} from "./libraries/PoseidonTree.sol";
import {Proposals} from "./Proposals.sol";
import {RootWindows} from "./RootWindows.sol";

/// @dev Keeps all nodes of its small tree, so that a withdrawal needs no path and nothing can delay it.
contract ModelRegistry is IModelRegistry, Proposals, RootWindows {
    uint256 private constant DEPTH = 8;

    IPoseidonT3 private immutable _t3;

    /// @inheritdoc IModelRegistry
    uint16 public size;
    /// @inheritdoc IModelRegistry
    uint256 public root;
    mapping(uint256 level => mapping(uint256 index => uint256)) private _nodes;

    /// @param admin names officers and wardens
    /// @param t3 the deployed Poseidon with two inputs
    /// @param approvals officers that must agree, at least 1
    /// @param delay_ seconds in which an accepted model can still be vetoed
    constructor(address admin, IPoseidonT3 t3, uint8 approvals, uint40 delay_) Proposals(admin, approvals, delay_) {
        _t3 = t3;
        root = PoseidonTree.emptyRoot(DEPTH);
    }

    /// @inheritdoc IModelRegistry
    function propose(uint256 model) external {
        if (!Field.isCommitment(model)) revert OutOfField(model);
        _propose(model);
    }

    /// @inheritdoc IModelRegistry
    function approve(uint256 model) external {
        _approve(model);
    }

    /// @inheritdoc IModelRegistry
    function enact(uint256 model) external {
        uint16 index = size;
        if (index == 1 << DEPTH) revert TreeFull();
        _enact(model, index);
        size = index + 1;
        _set(index, model);
        emit Enacted(model, index, root);
        _open(root);
    }

    /// @inheritdoc IModelRegistry
    function veto(uint256 model) external {
        _veto(model);
    }

    /// @inheritdoc IModelRegistry
    function withdraw(uint256 model) external {
        uint16 index = _withdraw(model);
        _closeAll();
        _set(index, 0);
        emit ModelWithdrawn(model, index, root, msg.sender);
        _open(root);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(uint256 model) external view returns (Proposal memory) {
        return _proposals[model];
    }

    function _set(uint256 index, uint256 node) private {
        for (uint256 level = 0; level < DEPTH; ++level) {
            _nodes[level][index] = node;
            uint256 sibling = _nodes[level][index ^ 1];
            if (sibling == 0) sibling = PoseidonTree.emptyRoot(level);
            node = PoseidonTree.parent(_t3, node, sibling, index);
            index >>= 1;
        }
        root = node;
    }
}
