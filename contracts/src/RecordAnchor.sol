// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IRecordAnchor} from "./interfaces/IRecordAnchor.sol";
import {Field} from "./libraries/Field.sol";
import {RootWindows} from "./RootWindows.sol";

contract RecordAnchor is IRecordAnchor, AccessControl, RootWindows {
    bytes32 public constant OPERATOR = keccak256("OPERATOR");

    /// @inheritdoc IRecordAnchor
    uint64 public size;
    /// @inheritdoc IRecordAnchor
    uint256 public root;

    /// @param admin names the operator
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IRecordAnchor
    function anchor(uint256 newRoot, uint64 newSize) external onlyRole(OPERATOR) {
        if (!Field.isCommitment(newRoot)) revert OutOfField(newRoot);
        if (newSize < size) revert SizeShrank(size, newSize);
        _closeAll();
        root = newRoot;
        size = newSize;
        _open(newRoot);
        emit Anchored(newRoot, newSize, uint40(block.timestamp));
    }
}
