// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootWindows} from "./IRootWindows.sol";

/// @notice Roots of the enrolment authority's tree of patients: who is enrolled, and at which position the records are.
interface IEnrolmentRegistry is IRootWindows {
    /// @notice Patients were added; roots before stay valid.
    event Enrolled(uint256 indexed root, uint40 time);
    /// @notice Somebody was withdrawn or a key replaced; every root before ends.
    event Withdrawn(uint256 indexed root, uint40 time);

    /// @notice A root is 0 or not below r.
    error OutOfField(uint256 value);

    /// @notice Posts a root that only adds. Only the enrolment authority.
    function enrol(uint256 newRoot) external;

    /// @notice Posts a root in which an enrolment was taken away or replaced. Only the enrolment authority.
    function withdraw(uint256 newRoot) external;

    /// @notice The newest root.
    function root() external view returns (uint256);
}
