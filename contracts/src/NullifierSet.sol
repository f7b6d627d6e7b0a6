// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {INullifierSet} from "./interfaces/INullifierSet.sol";
import {LedgerWord} from "./libraries/LedgerWord.sol";

/// @dev Part of the ledger, so that the first version writes without a call. Later versions call the first one's set,
/// and leave their own empty.
abstract contract NullifierSet is INullifierSet, AccessControl {
    /// @dev The number of the ledger that keeps the set.
    uint8 internal constant FIRST = 1;

    uint8 private _ledgers = FIRST;
    mapping(address ledger => uint8) private _numberOf; // of later versions
    /// @inheritdoc INullifierSet
    mapping(uint256 nullifier => uint256) public wordOf;

    /// @inheritdoc INullifierSet
    function admit(address ledger) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (numberOf(ledger) != 0 || _ledgers == LedgerWord.MAX_LEDGER) revert CannotAdmitLedger(ledger);
        uint8 number = ++_ledgers;
        _numberOf[ledger] = number;
        emit LedgerAdmitted(ledger, number);
    }

    /// @inheritdoc INullifierSet
    function write(uint256 nullifier, uint40 time, uint8 status, uint208 hash) external returns (uint256 before) {
        uint8 number = numberOf(msg.sender);
        if (number == 0) revert NotALedger(msg.sender);
        return _write(number, nullifier, time, status, hash);
    }

    /// @inheritdoc INullifierSet
    function numberOf(address ledger) public view returns (uint8) {
        return ledger == address(this) ? FIRST : _numberOf[ledger];
    }

    function _write(uint8 number, uint256 nullifier, uint40 time, uint8 status, uint208 hash)
        internal
        returns (uint256 before)
    {
        before = wordOf[nullifier];
        if (before != 0 && LedgerWord.ledger(before) != number) revert HeldByAnotherLedger(nullifier);
        if (status == 0 || status > LedgerWord.MAX_STATUS) revert NoStatus();
        wordOf[nullifier] = LedgerWord.pack(time, number, status, hash);
    }
}
