// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The word of a nullifier: time 40 | ledger number 5 | status 3 | hash 208, highest bits first.
library LedgerWord {
    uint8 internal constant MAX_LEDGER = 31;
    uint8 internal constant MAX_STATUS = 7;

    function pack(uint40 time_, uint8 ledger_, uint8 status_, uint208 hash_) internal pure returns (uint256) {
        return (uint256(time_) << 216) | (uint256(ledger_) << 211) | (uint256(status_) << 208) | hash_;
    }

    function time(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 216);
    }

    function ledger(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 211) & MAX_LEDGER;
    }

    function status(uint256 word) internal pure returns (uint8) {
        return uint8(word >> 208) & MAX_STATUS;
    }

    function hash(uint256 word) internal pure returns (uint208) {
        return uint208(word);
    }
}
