// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProposals} from "./IProposals.sol";
import {IRootWindows} from "./IRootWindows.sol";

/// @notice The tree of approved models `M = H(tag, modelDigest, modelClass)`, 256 positions. A model enters by
/// proposal (see IProposals) and leaves at once.
interface IModelRegistry is IProposals, IRootWindows {
    event Enacted(uint256 indexed model, uint16 index, uint256 root);
    /// @notice The model is out of the tree and every root before has ended.
    event ModelWithdrawn(uint256 indexed model, uint16 index, uint256 root, address indexed by);

    /// @notice A model is 0 or not below r.
    error OutOfField(uint256 value);
    /// @notice All 256 positions are used; a new registry is needed.
    error TreeFull();

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

    function modelOf(uint256 model) external view returns (Proposal memory);

    /// @notice Positions used so far.
    function size() external view returns (uint16);

    /// @notice The root of the tree as it is.
    function root() external view returns (uint256);
}
