// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IProposals} from "./interfaces/IProposals.sol";

/// @dev The derived contract says what an item is, and what happens when it comes into force and leaves it.
abstract contract Proposals is IProposals, AccessControl {
    bytes32 public constant OFFICER = keccak256("OFFICER");
    bytes32 public constant WARDEN = keccak256("WARDEN");

    /// @inheritdoc IProposals
    uint8 public immutable approvalsNeeded;
    /// @inheritdoc IProposals
    uint40 public immutable delay;

    mapping(uint256 item => Proposal) internal _proposals;
    mapping(uint256 item => mapping(uint32 round => mapping(address officer => bool))) private _approved;

    constructor(address admin, uint8 approvals, uint40 delay_) {
        if (approvals == 0) revert NoApprovalsNeeded();
        approvalsNeeded = approvals;
        delay = delay_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @dev The proposer's own approval is the first.
    function _propose(uint256 item) internal onlyRole(OFFICER) {
        Proposal storage entry = _proposals[item];
        ProposalState state = entry.state;
        if (state == ProposalState.Proposed || state == ProposalState.Approved) revert WrongState(item, state);
        uint32 round = entry.round + 1;
        _proposals[item] = Proposal(ProposalState.Proposed, 0, 0, round, 0);
        emit Proposed(item, round, msg.sender);
        _count(item, entry);
    }

    function _approve(uint256 item) internal onlyRole(OFFICER) {
        _count(item, _in(item, ProposalState.Proposed));
    }

    function _enact(uint256 item, uint16 index) internal {
        Proposal storage entry = _in(item, ProposalState.Proposed);
        uint40 readyAt = entry.readyAt;
        if (readyAt == 0 || block.timestamp < readyAt) revert NotReady(item, readyAt);
        entry.state = ProposalState.Approved;
        entry.index = index;
    }

    function _veto(uint256 item) internal onlyRole(WARDEN) {
        Proposal storage entry = _in(item, ProposalState.Proposed);
        entry.state = ProposalState.Vetoed;
        emit Vetoed(item, entry.round, msg.sender);
    }

    /// @return index the position that the item leaves
    function _withdraw(uint256 item) internal onlyRole(WARDEN) returns (uint16 index) {
        Proposal storage entry = _in(item, ProposalState.Approved);
        entry.state = ProposalState.Withdrawn;
        return entry.index;
    }

    function _count(uint256 item, Proposal storage entry) private {
        uint32 round = entry.round;
        if (_approved[item][round][msg.sender]) revert ApprovedAlready(item, msg.sender);
        _approved[item][round][msg.sender] = true;
        uint8 approvals = ++entry.approvals;
        emit ApprovalGiven(item, round, msg.sender, approvals);
        if (approvals != approvalsNeeded) return; // further approvals do not start the delay again
        uint40 readyAt = uint40(block.timestamp) + delay;
        entry.readyAt = readyAt;
        emit Accepted(item, round, readyAt);
    }

    function _in(uint256 item, ProposalState state) private view returns (Proposal storage entry) {
        entry = _proposals[item];
        if (entry.state != state) revert WrongState(item, entry.state);
    }
}
