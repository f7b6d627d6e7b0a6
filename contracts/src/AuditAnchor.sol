// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAuditAnchor} from "./interfaces/IAuditAnchor.sol";

contract AuditAnchor is IAuditAnchor, AccessControl {
    bytes32 public constant OPERATOR = keccak256("OPERATOR");

    Head[] private _heads;

    /// @param admin names the operator
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IAuditAnchor
    function anchor(bytes32 root, uint64 size) external onlyRole(OPERATOR) {
        uint64 before = latest().size;
        if (size <= before) revert SizeNotGrown(before, size);
        _heads.push(Head(root, size, uint40(block.timestamp)));
        emit HeadAnchored(size, root, uint40(block.timestamp));
    }

    /// @inheritdoc IAuditAnchor
    function count() external view returns (uint256) {
        return _heads.length;
    }

    /// @inheritdoc IAuditAnchor
    function headAt(uint256 n) external view returns (Head memory) {
        return _heads[n];
    }

    /// @inheritdoc IAuditAnchor
    function latest() public view returns (Head memory head) {
        uint256 length = _heads.length;
        if (length != 0) head = _heads[length - 1];
    }
}
