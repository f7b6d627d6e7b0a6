// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IPoseidonT3} from "./interfaces/IPoseidon.sol";
import {Field} from "./libraries/Field.sol";
import {PoseidonTree} from "./libraries/PoseidonTree.sol";
import {RootWindows} from "./RootWindows.sol";

/// @dev Keeps all nodes of its small tree, so that a withdrawal needs no path and nothing can delay it.
contract ModelRegistry is IModelRegistry, AccessControl, RootWindows {
    bytes32 public constant OFFICER = keccak256("OFFICER");
    bytes32 public constant WARDEN = keccak256("WARDEN");
    uint256 private constant DEPTH = 8;

    IPoseidonT3 private immutable _t3;
    /// @inheritdoc IModelRegistry
    uint8 public immutable approvalsNeeded;
    /// @inheritdoc IModelRegistry
    uint40 public immutable delay;

    /// @inheritdoc IModelRegistry
    uint16 public size;
    /// @inheritdoc IModelRegistry
    uint256 public root;
    mapping(uint256 model => Model) private _models;
    mapping(uint256 model => mapping(uint32 round => mapping(address officer => bool))) private _approved;
    mapping(uint256 level => mapping(uint256 index => uint256)) private _nodes;

    /// @param admin names officers and wardens
    /// @param t3 the deployed Poseidon with two inputs
    /// @param approvals officers that must agree, at least 1
    /// @param delay_ seconds in which an accepted model can still be vetoed
    constructor(address admin, IPoseidonT3 t3, uint8 approvals, uint40 delay_) {
        if (approvals == 0) revert NoApprovalsNeeded();
        _t3 = t3;
        approvalsNeeded = approvals;
        delay = delay_;
        root = PoseidonTree.emptyRoot(DEPTH);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IModelRegistry
    function propose(uint256 model) external onlyRole(OFFICER) {
        if (!Field.isCommitment(model)) revert OutOfField(model);
        Model storage entry = _models[model];
        ModelState state = entry.state;
        if (state == ModelState.Proposed || state == ModelState.Approved) revert WrongState(model, state);
        uint32 round = entry.round + 1;
        _models[model] = Model(ModelState.Proposed, 0, 0, round, 0);
        emit Proposed(model, round, msg.sender);
        _approve(model, entry);
    }

    /// @inheritdoc IModelRegistry
    function approve(uint256 model) external onlyRole(OFFICER) {
        _approve(model, _in(model, ModelState.Proposed));
    }

    /// @inheritdoc IModelRegistry
    function enact(uint256 model) external {
        Model storage entry = _in(model, ModelState.Proposed);
        uint40 readyAt = entry.readyAt;
        if (readyAt == 0 || block.timestamp < readyAt) revert NotReady(model, readyAt);
        uint16 index = size;
        if (index == 1 << DEPTH) revert TreeFull();
        size = index + 1;
        entry.state = ModelState.Approved;
        entry.index = index;
        _set(index, model);
        emit Enacted(model, index, root);
        _open(root);
    }

    /// @inheritdoc IModelRegistry
    function veto(uint256 model) external onlyRole(WARDEN) {
        Model storage entry = _in(model, ModelState.Proposed);
        entry.state = ModelState.Vetoed;
        emit Vetoed(model, entry.round, msg.sender);
    }

    /// @inheritdoc IModelRegistry
    function withdraw(uint256 model) external onlyRole(WARDEN) {
        Model storage entry = _in(model, ModelState.Approved);
        entry.state = ModelState.Withdrawn;
        _closeAll();
        _set(entry.index, 0);
        emit ModelWithdrawn(model, entry.index, root, msg.sender);
        _open(root);
    }

    /// @inheritdoc IModelRegistry
    function modelOf(uint256 model) external view returns (Model memory) {
        return _models[model];
    }

    function _approve(uint256 model, Model storage entry) private {
        uint32 round = entry.round;
        if (_approved[model][round][msg.sender]) revert ApprovedAlready(model, msg.sender);
        _approved[model][round][msg.sender] = true;
        uint8 approvals = ++entry.approvals;
        emit ApprovalGiven(model, round, msg.sender, approvals);
        if (approvals != approvalsNeeded) return; // further approvals do not start the delay again
        uint40 readyAt = uint40(block.timestamp) + delay;
        entry.readyAt = readyAt;
        emit Accepted(model, round, readyAt);
    }

    function _in(uint256 model, ModelState state) private view returns (Model storage entry) {
        entry = _models[model];
        if (entry.state != state) revert WrongState(model, entry.state);
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
