// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IProposals} from "../src/interfaces/IProposals.sol";
import {Field} from "../src/libraries/Field.sol";
import {ReferenceTree} from "./support/ReferenceTree.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract ModelRegistryTest is World {
    address private constant SECOND = address(0x2001);
    address private constant THIRD = address(0x2002);
    uint40 private constant DELAY = 2 days;
    uint256 private constant MODEL = 777;

    ModelRegistry private governed; // two of three officers, two days

    function setUp() public override {
        super.setUp();
        tree = new ReferenceTree(t3, 8);
        governed = new ModelRegistry(address(this), t3, 2, DELAY);
        address[3] memory officers = [OFFICER, SECOND, THIRD];
        for (uint256 i = 0; i < 3; ++i) {
            governed.grantRole(governed.OFFICER(), officers[i]);
        }
        governed.grantRole(governed.WARDEN(), WARDEN);
    }

    function test_enact_needsEnoughApprovalsAndTheDelay() public {
        vm.prank(OFFICER);
        governed.propose(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IProposals.NotReady.selector, MODEL, 0));
        governed.enact(MODEL);
        vm.prank(SECOND);
        governed.approve(MODEL);
        vm.warp(START + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IProposals.NotReady.selector, MODEL, START + DELAY));
        governed.enact(MODEL);
        vm.warp(START + DELAY);
        vm.prank(STRANGER);
        governed.enact(MODEL);
        tree.push(MODEL);
        vm.assertEq(governed.root(), tree.root(), "root");
        vm.assertTrue(governed.rootValidAt(governed.root(), 0, block.timestamp), "valid");
    }

    function test_approve_countsAnOfficerOnce() public {
        vm.startPrank(OFFICER);
        governed.propose(MODEL);
        vm.expectRevert(abi.encodeWithSelector(IProposals.ApprovedAlready.selector, MODEL, OFFICER));
        governed.approve(MODEL);
    }

    function test_approve_moreThanNeededDoesNotStartTheDelayAgain() public {
        vm.prank(OFFICER);
        governed.propose(MODEL);
        vm.prank(SECOND);
        governed.approve(MODEL);
        vm.warp(START + 10);
        vm.prank(THIRD);
        governed.approve(MODEL);
        vm.assertEq(governed.modelOf(MODEL).readyAt, START + DELAY, "ready");
    }

    function test_veto_endsAProposalAndItsApprovals() public {
        vm.prank(OFFICER);
        governed.propose(MODEL);
        vm.prank(SECOND);
        governed.approve(MODEL);
        vm.prank(WARDEN);
        governed.veto(MODEL);
        vm.warp(START + DELAY);
        vm.expectPartialRevert(IProposals.WrongState.selector);
        governed.enact(MODEL);
        vm.prank(OFFICER);
        governed.propose(MODEL); // a new round starts at one approval
        vm.assertEq(governed.modelOf(MODEL).approvals, 1, "approvals");
        vm.assertEq(governed.modelOf(MODEL).readyAt, 0, "not ready");
    }

    function test_withdraw_endsRootsAtOnce() public {
        approveModel(MODEL);
        approveModel(MODEL + 1);
        uint256 root = models.root();
        vm.warp(START + 10);
        vm.prank(WARDEN);
        models.withdraw(MODEL);
        tree.push(0);
        tree.push(MODEL + 1);
        vm.assertEq(models.root(), tree.root(), "root");
        vm.assertFalse(models.rootValidAt(root, 0, START + 10), "old root");
        vm.assertTrue(models.rootValidAt(root, 0, START + 9), "old root before");
        vm.assertTrue(models.rootValidAt(models.root(), 0, START + 10), "new root");
        approveModel(MODEL);
        vm.assertEq(models.modelOf(MODEL).index, 2, "approved again at a new place");
    }

    function test_propose_failsForAModelInTheTreeOrUnderWay() public {
        vm.startPrank(OFFICER);
        governed.propose(MODEL);
        vm.expectPartialRevert(IProposals.WrongState.selector);
        governed.propose(MODEL);
        vm.stopPrank();
        approveModel(MODEL);
        vm.prank(OFFICER);
        vm.expectPartialRevert(IProposals.WrongState.selector);
        models.propose(MODEL);
    }

    function test_propose_failsForTheEmptyLeafAndForAliases() public {
        vm.startPrank(OFFICER);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.OutOfField.selector, 0));
        models.propose(0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.OutOfField.selector, MODEL + Field.R));
        models.propose(MODEL + Field.R);
    }

    function test_rolesAreApart() public {
        bytes4 denied = IAccessControl.AccessControlUnauthorizedAccount.selector;
        vm.startPrank(WARDEN);
        vm.expectPartialRevert(denied);
        models.propose(MODEL);
        vm.expectPartialRevert(denied);
        models.approve(MODEL);
        vm.stopPrank();
        vm.startPrank(OFFICER);
        models.propose(MODEL);
        vm.expectPartialRevert(denied);
        models.veto(MODEL);
        models.enact(MODEL);
        vm.expectPartialRevert(denied);
        models.withdraw(MODEL);
    }

    function test_constructor_needsAnApproval() public {
        vm.expectRevert(IProposals.NoApprovalsNeeded.selector);
        new ModelRegistry(address(this), t3, 0, 0);
    }

    function test_enact_fillsAllPositionsAndNoMore() public {
        for (uint256 i = 0; i < 256; ++i) {
            approveModel(1000 + i);
            tree.push(1000 + i);
        }
        vm.assertEq(models.root(), tree.root(), "root");
        vm.prank(OFFICER);
        models.propose(MODEL);
        vm.expectRevert(IModelRegistry.TreeFull.selector);
        models.enact(MODEL);
    }

    function testFuzz_anyOrderGivesTheTreeOfWhatIsApproved(uint256 seed) public {
        uint256 next = 0;
        for (uint256 i = 0; i < 5; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (next == 0 || seed % 3 != 0) {
                approveModel(1000 + next);
                tree.push(1000 + next);
                ++next;
            } else {
                uint256 victim = (seed >> 8) % next;
                if (models.modelOf(1000 + victim).state != IProposals.ProposalState.Approved) continue;
                vm.prank(WARDEN);
                models.withdraw(1000 + victim);
                tree.set(victim, 0);
            }
        }
        vm.assertEq(models.root(), tree.root(), "root");
    }
}
