// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IEnrolmentRegistry} from "./interfaces/IEnrolmentRegistry.sol";
import {Field} from "./libraries/Field.sol";
import {RootWindows} from "./RootWindows.sol";

contract EnrolmentRegistry is IEnrolmentRegistry, AccessControl, RootWindows {
    bytes32 public constant AUTHORITY = keccak256("AUTHORITY");

    /// @inheritdoc IEnrolmentRegistry
    uint256 public root;

    /// @param admin names the enrolment authority
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IEnrolmentRegistry
    function enrol(uint256 newRoot) external onlyRole(AUTHORITY) {
        _post(newRoot);
        emit Enrolled(newRoot, uint40(block.timestamp));
    }

    /// @inheritdoc IEnrolmentRegistry
    function withdraw(uint256 newRoot) external onlyRole(AUTHORITY) {
        _closeAll();
        _post(newRoot);
        emit Withdrawn(newRoot, uint40(block.timestamp));
    }

    function _post(uint256 newRoot) private {
        if (!Field.isCommitment(newRoot)) revert OutOfField(newRoot);
        root = newRoot;
        _open(newRoot);
    }
}
