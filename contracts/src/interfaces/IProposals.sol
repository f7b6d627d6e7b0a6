// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How something is put into force: an officer proposes it, enough officers approve, a delay passes in which
/// a warden can veto, then anybody enacts it. A warden takes it out of force at once.
interface IProposals {
    enum ProposalState {
        Unknown,
        Proposed,
        Approved, // in force
        Vetoed, // may be proposed again
        Withdrawn // may be proposed again
    }

    struct Proposal {
        ProposalState state;
        uint8 approvals; // in the current round
        uint16 index; // its position, once in force
        uint32 round; // counts proposals of this item
        uint40 readyAt; // block time from which it can be enacted; 0 while approvals are missing
    }

    event Proposed(uint256 indexed item, uint32 round, address indexed officer);
    event ApprovalGiven(uint256 indexed item, uint32 round, address indexed officer, uint8 approvals);
    /// @notice The last approval was given; the item can be enacted from `readyAt`.
    event Accepted(uint256 indexed item, uint32 round, uint40 readyAt);
    event Vetoed(uint256 indexed item, uint32 round, address indexed warden);

    /// @notice The item is not in the state that this step needs.
    error WrongState(uint256 item, ProposalState state);
    /// @notice An officer approves once a round.
    error ApprovedAlready(uint256 item, address officer);
    /// @notice Approvals are missing or the delay has not passed.
    error NotReady(uint256 item, uint40 readyAt);
    /// @notice The number of approvals must be at least one.
    error NoApprovalsNeeded();

    /// @notice Officers that must agree.
    function approvalsNeeded() external view returns (uint8);

    /// @notice Seconds between the last approval and the earliest enactment.
    function delay() external view returns (uint40);
}
