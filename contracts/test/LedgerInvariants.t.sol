// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnalysisLedger} from "../src/AnalysisLedger.sol";
import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {LedgerWord} from "../src/libraries/LedgerWord.sol";
import {NullifierSet} from "../src/NullifierSet.sol";
import {Targets} from "./support/Targets.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Two publishers reserve, publish truth and junk, and verify, for uses 0 to 5, in two versions of the ledger.
contract LedgerHandler is World {
    uint256 internal constant USES = 6;

    struct Use {
        uint256 request; // first request reserved
        uint256 ledger; // number of the ledger
        bool published;
        bool verified;
        bool truth; // what stands published is true
        address publisher;
        IAnalysisLedger.Statement statement;
        IAnalysisLedger.Part part;
    }

    AnalysisLedger internal newer;
    mapping(uint256 use => Use) internal uses;
    uint256 public broken; // a rule that did not hold

    constructor() {
        setUp();
        populate();
        newer = newLedger();
    }

    function reserveUse(uint256 use, uint256 request, bool other, bool second) external {
        use %= USES;
        uint256 nullifier = fr("nullifier", use);
        uint256 wanted = fr("request", request % 2);
        AnalysisLedger where = second ? newer : ledger;
        address by = other ? OTHER_PUBLISHER : PUBLISHER;
        vm.prank(by);
        try where.reserve(nullifier, wanted) {
            Use storage u = uses[use];
            uint256 number = nullifiers.numberOf(address(where));
            if (u.request != 0 && (u.request != wanted || u.ledger != number || u.published)) broken = 1;
            (u.request, u.ledger, u.publisher) = (wanted, number, by);
            u.statement = statementNow(0);
            u.statement.requestCommitment = wanted;
        } catch {}
    }

    function publishUse(uint256 use, bool truth, uint256 salt) external {
        use %= USES;
        Use storage u = uses[use];
        if (u.request == 0 || u.ledger != 1) return;
        uint256 nullifier = fr("nullifier", use);
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, u.statement, 1);
        if (!truth) parts[0] = junkPart(salt % 100);
        IAnalysisLedger.Appearances memory n = appearancesOf(u.statement);
        vm.prank(u.publisher);
        try ledger.publish(nullifier, u.statement, n, parts) {
            if (u.published) broken = 2;
            (u.published, u.truth) = (true, truth);
            u.part = parts[0];
        } catch {}
    }

    function verifyUse(uint256 use, uint256 gas_) external {
        use %= USES;
        Use storage u = uses[use];
        if (!u.published) return;
        uint256 nullifier = fr("nullifier", use);
        try ledger.verify{gas: 100_000 + gas_ % 800_000}(
            nullifier, u.publisher, u.statement, 0, u.part, new bytes32[](0)
        ) returns (bool holds) {
            if (holds != u.truth) broken = 3;
            if (holds) u.verified = true;
        } catch {}
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 2400);
    }

    function check() external view {
        for (uint256 use = 0; use < USES; ++use) {
            Use storage u = uses[use];
            uint256 word = nullifiers.wordOf(fr("nullifier", use));
            vm.assertTrue((word != 0) == (u.request != 0), "a word is never cleared");
            if (u.request == 0) continue;
            vm.assertEq(LedgerWord.ledger(word), u.ledger, "ledger");
            IAnalysisLedger.Status status = IAnalysisLedger.Status(LedgerWord.status(word));
            if (!u.published) vm.assertTrue(status == IAnalysisLedger.Status.Reserved, "reserved");
            if (u.verified) vm.assertTrue(status == IAnalysisLedger.Status.Verified, "verified is final");
            if (status == IAnalysisLedger.Status.Verified) vm.assertTrue(u.truth, "only truth is verified");
            if (status == IAnalysisLedger.Status.Refuted) vm.assertFalse(u.truth, "no truth is refuted");
        }
    }
}

contract LedgerInvariantsTest is Targets {
    LedgerHandler private publishers;

    function setUp() public {
        publishers = new LedgerHandler();
        handler = address(publishers);
        actions = [
            publishers.reserveUse.selector,
            publishers.publishUse.selector,
            publishers.verifyUse.selector,
            publishers.wait_.selector
        ];
    }

    /// @dev One campaign for both: a use counts once, for one request, in one ledger; states tell the truth.
    function invariant_uses() public view {
        vm.assertEq(publishers.broken(), 0, "rule");
        publishers.check();
    }
}
