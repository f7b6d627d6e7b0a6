// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {INullifierSet} from "./interfaces/INullifierSet.sol";
import {LedgerWord} from "./libraries/LedgerWord.sol";

contract NullifierSet is INullifierSet, AccessControl {
    uint8 private _ledgers;
    mapping(address ledger => uint8) public numberOf;
    mapping(uint256 nullifier => uint256) public wordOf;

    /// @param admin admits ledgers
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc INullifierSet
    function admit(address ledger) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (numberOf[ledger] != 0 || _ledgers == LedgerWord.MAX_LEDGER) revert CannotAdmit(ledger);
        uint8 number = ++_ledgers;
        numberOf[ledger] = number;
        emit LedgerAdmitted(ledger, number);
    }

    /// @inheritdoc INullifierSet
    function write(uint256 nullifier, uint40 time, uint8 status, uint208 hash) external {
        uint8 number = numberOf[msg.sender];
        if (number == 0) revert NotALedger(msg.sender);
        uint256 word = wordOf[nullifier];
        if (word != 0 && LedgerWord.ledger(word) != number) revert HeldByAnotherLedger(nullifier);
        if (status == 0 || status > LedgerWord.MAX_STATUS) revert NoStatus();
        wordOf[nullifier] = LedgerWord.pack(time, number, status, hash);
    }
}
