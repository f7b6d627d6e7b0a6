// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootWindows} from "./IRootWindows.sol";

/// @notice The tree of approved models `M = H(tag, modelDigest, modelClass)`, 256 positions. A model enters by a
/// proposal with enough officers' approvals, after a delay in which it can be vetoed; it leaves at once.
interface IModelRegistry is IRootWindows {
    enum ModelState {
        Unknown,
        Proposed,
        Approved, // in the tree
        Vetoed, // may be proposed again
        Withdrawn // may be proposed again
    }

    struct Model {
        ModelState state;
        uint8 approvals; // in the current round
        uint16 index; // position in the tree, when it has one
        uint32 round; // counts proposals of this model
        uint40 readyAt; // block time from which it can be enacted; 0 while approvals are missing
    }

    event Proposed(uint256 indexed model, uint32 round, address indexed officer);
    event ApprovalGiven(uint256 indexed model, uint32 round, address indexed officer, uint8 approvals);
    /// @notice The last approval was given; the model can be enacted from `readyAt`.
    event Accepted(uint256 indexed model, uint32 round, uint40 readyAt);
    event Enacted(uint256 indexed model, uint16 index, uint256 root);
    event Vetoed(uint256 indexed model, uint32 round, address indexed warden);
    /// @notice The model is out of the tree and every root before has ended.
    event ModelWithdrawn(uint256 indexed model, uint16 index, uint256 root, address indexed by);

    /// @notice A model is 0 or not below r.
    error OutOfField(uint256 value);
    /// @notice The model is not in the state that this step needs.
    error WrongState(uint256 model, ModelState state);
    /// @notice An officer approves once a round.
    error ApprovedAlready(uint256 model, address officer);
    /// @notice Approvals are missing or the delay has not passed.
    error NotReady(uint256 model, uint40 readyAt);
    /// @notice All 256 positions are used; a new registry is needed.
    error TreeFull();
    /// @notice The number of approvals must be at least one.
    error NoApprovalsNeeded();

    /// @notice Proposes a model and approves it. Only officers.
    function propose(uint256 model) external;

    /// @notice Approves a proposed model. Only officers, each once a round.
    function approve(uint256 model) external;

    /// @notice Puts an accepted model into the tree after the delay; anybody.
    function enact(uint256 model) external;

    /// @notice Ends a proposal. Only wardens.
    function veto(uint256 model) external;

    /// @notice Takes a model out at once; roots with it end in this second. Only wardens.
    function withdraw(uint256 model) external;

    function modelOf(uint256 model) external view returns (Model memory);

    /// @notice Positions used so far.
    function size() external view returns (uint16);

    /// @notice The root of the tree as it is.
    function root() external view returns (uint256);

    function approvalsNeeded() external view returns (uint8);

    /// @notice Seconds between the last approval and the earliest enactment.
    function delay() external view returns (uint40);
}
