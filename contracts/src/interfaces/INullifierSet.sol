// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One word for each nullifier, shared by all versions of the ledger: what one version has used, no other
/// can use. The first version keeps it. Layout of a word: time 40 | ledger number 5 | status 3 | hash 208, highest bits first.
interface INullifierSet {
    /// @param number 2 to 31, stands in the words that this ledger writes; the set's own ledger has 1
    event LedgerAdmitted(address indexed ledger, uint8 number);

    /// @notice Ledgers are admitted once, and there is room for 31 with the first.
    error CannotAdmitLedger(address ledger);
    error NotALedger(address caller);
    /// @notice The nullifier belongs to another version of the ledger.
    error HeldByAnotherLedger(uint256 nullifier);
    /// @notice A word is never cleared.
    error NoStatus();

    /// @notice Lets a ledger write, for ever. Only the administrator.
    function admit(address ledger) external;

    /// @notice Writes a nullifier's word; the set adds the ledger's number. Only ledgers, and only to words that are
    /// free or their own: who finds the word of before to be another than it must be reverts.
    /// @return before the word that stood there, 0 when it was free
    function write(uint256 nullifier, uint40 time, uint8 status, uint208 hash) external returns (uint256 before);

    function wordOf(uint256 nullifier) external view returns (uint256);

    /// @notice 0 for an address that is no ledger.
    function numberOf(address ledger) external view returns (uint8);
}
