// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {IAnalysisVerifier} from "../src/interfaces/IAnalysisVerifier.sol";
import {World} from "./support/World.sol";
import {Vm, vm} from "./support/Vm.sol";

/// @notice Verification after publication, and replacement of what does not hold.
contract LedgerVerifyTest is World {
    uint256 private nullifier;
    IAnalysisLedger.Statement private s;
    IAnalysisLedger.Appearances private n;

    function setUp() public override {
        super.setUp();
        populate();
        (nullifier,) = reserve(1);
        s = statementNow(1);
        n = appearancesOf(s);
        vm.warp(block.timestamp + 5);
    }

    function test_verify_onePart() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        _publish(parts);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IAnalysisLedger.PartVerified(nullifier, 0);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IAnalysisLedger.Verified(nullifier, uint40(block.timestamp));
        vm.assertTrue(_verify(parts, 0), "holds");
        isStatus(nullifier, IAnalysisLedger.Status.Verified);
        vm.warp(block.timestamp + 2 days);
        vm.assertTrue(_verify(parts, 0), "for ever");
        isStatus(nullifier, IAnalysisLedger.Status.Verified);
    }

    function test_verify_allPartsInAnyOrder() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 3);
        _publish(parts);
        vm.assertTrue(_verify(parts, 2), "third");
        vm.assertTrue(_verify(parts, 0), "first");
        vm.assertTrue(_verify(parts, 0), "first again");
        isStatus(nullifier, IAnalysisLedger.Status.Published);
        vm.assertTrue(_verify(parts, 1), "second");
        isStatus(nullifier, IAnalysisLedger.Status.Verified);
    }

    function test_verify_sixtyFourParts() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 64);
        _publish(parts);
        for (uint256 i = 0; i < 64; ++i) {
            isStatus(nullifier, IAnalysisLedger.Status.Published);
            _verify(parts, uint8(i));
        }
        isStatus(nullifier, IAnalysisLedger.Status.Verified);
    }

    function test_verify_oneFalsePartRefutesAll() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 3);
        parts[1] = junkPart(1);
        _publish(parts);
        vm.assertTrue(_verify(parts, 0), "first");
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IAnalysisLedger.Refuted(nullifier, 1, uint40(block.timestamp));
        vm.assertFalse(_verify(parts, 1), "second");
        isStatus(nullifier, IAnalysisLedger.Status.Refuted);
        vm.assertTrue(_verify(parts, 2), "third holds by itself");
        isStatus(nullifier, IAnalysisLedger.Status.Refuted);
    }

    /// @notice Attack: proofs of different requests, or one proof twice, under one use.
    function test_verify_partsBelongToOneAnalysisAndOnePlace() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 2);
        (parts[0], parts[1]) = (parts[1], parts[0]);
        _publish(parts);
        vm.assertFalse(_verify(parts, 0), "swapped");

        (uint256 second,) = reserve(2);
        s = statementNow(2);
        IAnalysisLedger.Part[] memory mixed = partsOf(second, s, 2);
        IAnalysisLedger.Statement memory other = statementNow(3);
        mixed[1] = partsOf(second, other, 2)[1]; // another request's
        nullifier = second;
        vm.warp(block.timestamp + 1);
        _publish(mixed);
        vm.assertTrue(_verify(mixed, 0), "its own");
        vm.assertFalse(_verify(mixed, 1), "another request's");
    }

    /// @notice Attack: only some parts of a larger analysis are published as the whole.
    function test_verify_partsAreComplete() public {
        IAnalysisLedger.Part[] memory parts = new IAnalysisLedger.Part[](1);
        parts[0] = partsOf(nullifier, s, 2)[0];
        _publish(parts);
        vm.assertFalse(_verify(parts, 0), "made as part 0 of 2, published as part 0 of 1");
    }

    function test_verify_custodyIsPartOfTheStatement() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        s.custody = 0;
        _publish(parts);
        vm.assertFalse(_verify(parts, 0), "proven with custody 1");
    }

    function test_verify_failsForAnythingButWhatWasPublished() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 2);
        _publish(parts);
        bytes memory reason = abi.encodeWithSelector(IAnalysisLedger.NotAsPublished.selector, nullifier);
        bytes32[] memory others = hashesWithout(parts, 0);

        // another proof of the same statement, so nobody can refute by showing another
        IAnalysisLedger.Part memory shown = junkPart(3);
        vm.expectRevert(reason);
        ledger.verify(nullifier, PUBLISHER, s, 0, shown, others);
        vm.expectRevert(reason);
        ledger.verify(nullifier, OTHER_PUBLISHER, s, 0, parts[0], others);
        vm.expectRevert(reason);
        ledger.verify(nullifier, PUBLISHER, s, 1, parts[0], others);
        vm.expectRevert(reason);
        ledger.verify(nullifier, PUBLISHER, s, 0, parts[0], new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.WrongPartCount.selector, 2));
        ledger.verify(nullifier, PUBLISHER, s, 2, parts[0], others);
        s.custody = 7;
        vm.expectRevert(reason);
        ledger.verify(nullifier, PUBLISHER, s, 0, parts[0], others);
        s.custody = 1;
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NotAsPublished.selector, nullifier + 1));
        ledger.verify(nullifier + 1, PUBLISHER, s, 0, parts[0], others);
    }

    function test_verify_failsForAReservation() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NotAsPublished.selector, nullifier));
        ledger.verify(nullifier, PUBLISHER, s, 0, parts[0], new bytes32[](0));
    }

    /// @notice Attack: a verification starved of gas refutes a true proof. At every gas: it reverts or tells the truth.
    function test_verify_starvedRevertsOrTellsTheTruth() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        _publish(parts);
        _starve(parts, true);
    }

    function test_verify_starvedNeverConfirmsAFalseProof() public {
        IAnalysisLedger.Part[] memory parts = new IAnalysisLedger.Part[](1);
        parts[0] = junkPart(1);
        _publish(parts);
        _starve(parts, false);
    }

    /// @notice A point outside G2 makes the precompile fail; it is never an answer, and the entry shows as unproven.
    function test_verify_neverAnswersForAPointOutsideTheGroup() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        parts[0].proof.b[0][0] ^= 1;
        _publish(parts);
        vm.expectRevert(IAnalysisVerifier.PrecompileFailed.selector);
        ledger.verify{gas: 3_000_000}(nullifier, PUBLISHER, s, 0, parts[0], new bytes32[](0));
        isStatus(nullifier, IAnalysisLedger.Status.Published);
    }

    function test_publishVerified_anySenderForAReservation() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 2);
        vm.prank(STRANGER);
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, 0);
        isStatus(nullifier, IAnalysisLedger.Status.Verified);
        vm.assertTrue(_verify(parts, 1), "verified entries can be verified again");
    }

    function test_publishVerified_needsAReservation() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier));
        ledger.publishVerified(nullifier, OTHER_PUBLISHER, s, n, parts, 0);
        uint256 free = fr("nullifier", 9);
        parts = partsOf(free, s, 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.CannotReplace.selector, free));
        ledger.publishVerified(free, PUBLISHER, s, n, parts, 0);
    }

    function test_publishVerified_failsWhenAProofDoesNotHold() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 2);
        parts[1] = junkPart(4);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.ProofDoesNotHold.selector, 1));
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, 0);
        isStatus(nullifier, IAnalysisLedger.Status.Reserved);
    }

    /// @notice Attack: a nullifier is burned by publishing junk. A true proof replaces it, published or refuted.
    function test_publishVerified_replacesJunk() public {
        for (uint256 refuted = 0; refuted < 2; ++refuted) {
            uint256 state = vm.snapshotState();
            IAnalysisLedger.Part[] memory junk = new IAnalysisLedger.Part[](1);
            junk[0] = junkPart(1);
            bytes32 body = _publish(junk);
            if (refuted == 1) _verify(junk, 0);
            vm.warp(block.timestamp + 3 days);
            IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
            vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NotAsPublished.selector, nullifier));
            ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, bytes32(uint256(body) ^ 1));
            ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, body);
            isStatus(nullifier, IAnalysisLedger.Status.Verified);
            vm.assertTrue(vm.revertToState(state), "state");
        }
    }

    /// @notice Attack: the replacement is of another request or time than was reserved.
    function test_publishVerified_replacementKeepsRequestAndTime() public {
        IAnalysisLedger.Part[] memory junk = new IAnalysisLedger.Part[](1);
        junk[0] = junkPart(1);
        bytes32 body = _publish(junk);
        vm.warp(block.timestamp + 10);
        bytes memory reason = abi.encodeWithSelector(IAnalysisLedger.NotAsPublished.selector, nullifier);
        s.requestCommitment += 1;
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.expectRevert(reason);
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, body);
        s.requestCommitment -= 1;
        s.asOf += 6;
        parts = partsOf(nullifier, s, 1);
        vm.expectRevert(reason);
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, body);
    }

    function test_publishVerified_neverReplacesAVerifiedEntry() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        bytes32 body = _publish(parts);
        _verify(parts, 0);
        parts[0] = partsOf(nullifier, s, 1)[0];
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.CannotReplace.selector, nullifier));
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, body);
    }

    function test_publishVerified_atMostSixteenParts() public {
        IAnalysisLedger.Part[] memory parts = new IAnalysisLedger.Part[](17);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.WrongPartCount.selector, 17));
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, 0);
        parts = partsOf(nullifier, s, 16);
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, 0);
        vm.assertLe(vm.lastCallGas().gasTotalUsed, 16_000_000, "fits a transaction");
    }

    function _starve(IAnalysisLedger.Part[] memory parts, bool truth) private {
        uint256 answered = 0;
        uint256 refused = 0;
        for (uint256 gas_ = 100_000; gas_ <= 900_000; gas_ += 5_000) {
            uint256 state = vm.snapshotState();
            try ledger.verify{gas: gas_}(nullifier, PUBLISHER, s, 0, parts[0], new bytes32[](0)) returns (bool holds) {
                vm.assertTrue(holds == truth, "the truth");
                isStatus(nullifier, truth ? IAnalysisLedger.Status.Verified : IAnalysisLedger.Status.Refuted);
                ++answered;
            } catch {
                isStatus(nullifier, IAnalysisLedger.Status.Published);
                ++refused;
            }
            vm.revertToState(state);
        }
        vm.assertTrue(answered > 50 && refused > 50, "both happened");
    }

    function _publish(IAnalysisLedger.Part[] memory parts) private returns (bytes32) {
        vm.recordLogs();
        vm.prank(PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        return publishedIn(logs[0].data).body;
    }

    function _verify(IAnalysisLedger.Part[] memory parts, uint8 part) private returns (bool) {
        bytes32[] memory others = hashesWithout(parts, part);
        vm.prank(STRANGER);
        return ledger.verify(nullifier, PUBLISHER, s, part, parts[part], others);
    }
}
