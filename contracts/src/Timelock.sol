// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice OpenZeppelin's TimelockController as it is: in production it administers the roles of all contracts, so
/// that every change of a role is visible for a delay, and can be cancelled, before it takes effect.
contract Timelock is TimelockController {
    /// @param minDelay seconds between scheduling and execution
    /// @param proposers schedule and cancel
    /// @param executors execute; the zero address for anybody
    constructor(uint256 minDelay, address[] memory proposers, address[] memory executors)
        TimelockController(minDelay, proposers, executors, address(0))
    {}
}
