// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AnalysisLedger} from "../src/AnalysisLedger.sol";
import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {INullifierSet} from "../src/interfaces/INullifierSet.sol";
import {LedgerWord} from "../src/libraries/LedgerWord.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract NullifierSetTest is World {
    using LedgerWord for uint256;

    address private constant NEWER = address(0x3001);

    function test_set_isKeptByTheFirstLedger() public {
        vm.assertEq(address(ledger.nullifiers()), address(ledger), "the first keeps it");
        vm.assertEq(nullifiers.numberOf(address(ledger)), 1, "first");
        AnalysisLedger newer = newLedger();
        vm.assertEq(address(newer.nullifiers()), address(ledger), "later ones use it");
        vm.assertEq(nullifiers.numberOf(address(newer)), 2, "second");
        populate();
        vm.prank(PUBLISHER);
        newer.reserve(5, 6);
        vm.assertEq(nullifiers.wordOf(5).ledger(), 2, "in the first");
        vm.assertEq(newer.wordOf(5), 0, "not in its own");
        vm.assertEq(uint256(newer.entryOf(5).status), uint256(IAnalysisLedger.Status.Reserved), "read from there");
    }

    function test_write_onlyByLedgers() public {
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.NotALedger.selector, STRANGER));
        vm.prank(STRANGER);
        nullifiers.write(5, 1, 1, 1);
    }

    function test_write_neverTouchesWhatAnotherLedgerHolds() public {
        nullifiers.admit(NEWER);
        vm.prank(address(ledger));
        nullifiers.write(5, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.HeldByAnotherLedger.selector, 5));
        vm.prank(NEWER);
        nullifiers.write(5, 2, 1, 1);
        vm.prank(NEWER);
        nullifiers.write(6, 2, 1, 1);
        vm.assertEq(nullifiers.wordOf(6).ledger(), 2, "ledger");
    }

    function test_write_neverClears() public {
        vm.startPrank(address(ledger));
        vm.expectRevert(INullifierSet.NoStatus.selector);
        nullifiers.write(5, 0, 0, 0);
        vm.expectRevert(INullifierSet.NoStatus.selector);
        nullifiers.write(5, 0, 8, 0);
    }

    function test_admit_onceAndAtMost31() public {
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.CannotAdmitLedger.selector, address(ledger)));
        nullifiers.admit(address(ledger));
        for (uint160 i = 2; i <= 31; ++i) {
            nullifiers.admit(address(0x4000 + i));
        }
        vm.assertEq(nullifiers.numberOf(address(0x4000 + 31)), 31, "number");
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.CannotAdmitLedger.selector, NEWER));
        nullifiers.admit(NEWER);
    }

    function test_admit_onlyByTheAdministrator() public {
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        nullifiers.admit(NEWER);
    }

    function testFuzz_word_givesBackWhatWasPacked(uint40 time, uint8 number, uint8 status, uint208 hash) public pure {
        number = number % 32;
        status = status % 8;
        uint256 word = LedgerWord.pack(time, number, status, hash);
        vm.assertEq(word.time(), time, "time");
        vm.assertEq(word.ledger(), number, "ledger");
        vm.assertEq(word.status(), status, "status");
        vm.assertEq(uint256(word.hash()), hash, "hash");
    }
}
