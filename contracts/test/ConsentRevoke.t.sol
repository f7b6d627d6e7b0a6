// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConsentRegistry} from "../src/ConsentRegistry.sol";
import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {Field} from "../src/libraries/Field.sol";
import {BurningWallet, CurtWallet, FloodingWallet, Wallet, WritingWallet} from "./support/Wallets.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract ConsentRevokeTest is World {
    function setUp() public override {
        super.setUp();
        grantLeaves(0, 5);
        vm.warp(START + 100);
    }

    function test_revoke_worksForAnySenderWithTheSignature() public {
        vm.expectEmit(true, true, true, true, address(consents));
        emit IConsentRegistry.Revoked(leaf(2), true, uint40(START + 100));
        revokeLeaf(2);
        IConsentRegistry.Leaf memory known = consents.leafOf(leaf(2));
        vm.assertEq(uint256(known.state), uint256(IConsentRegistry.LeafState.Pending), "state");
        vm.assertEq(known.revokedAt, START + 100, "time");
        vm.assertEq(consents.pending(), 1, "pending");
    }

    function test_revoke_worksForTheControllerWithoutSignature() public {
        vm.prank(controllerOf(2));
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, "");
        vm.assertEq(consents.pending(), 1, "pending");
    }

    function test_revoke_twiceIsOnce() public {
        revokeLeaf(2);
        revokeLeaf(2);
        vm.assertEq(consents.pending(), 1, "pending");
        applyLeaf(2, 2);
        revokeLeaf(2);
        vm.assertEq(consents.pending(), 0, "pending after");
        vm.assertEq(consents.root(), tree.root(), "root");
    }

    function test_revoke_failsAfterItsDeadline() public {
        uint256 deadline = block.timestamp;
        bytes memory signed = signature(consents, leaf(2), deadline, keyOf(2));
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.DeadlinePassed.selector, deadline));
        consents.revoke(fr("inner", 2), controllerOf(2), deadline, signed);
        vm.warp(deadline);
        consents.revoke(fr("inner", 2), controllerOf(2), deadline, signed);
    }

    function test_revoke_failsWithAnotherDeadlineThanSigned() public {
        bytes memory signed = signature(consents, leaf(2), block.timestamp + 5, keyOf(2));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);
    }

    function test_revoke_failsWithTheSignatureOfAnotherLeaf() public {
        bytes memory signed = signature(consents, leaf(3), FOREVER, keyOf(2));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);
    }

    /// @notice Attack: the revocation of a grant in one registry is replayed against its namesake in another.
    function test_revoke_signatureOfAnotherRegistryOrChainIsNone() public {
        ConsentRegistry other = newConsents();
        bytes memory signed = signature(other, leaf(2), FOREVER, keyOf(2));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);

        signed = signature(consents, leaf(2), FOREVER, keyOf(2));
        vm.chainId(4711);
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);
    }

    /// @notice Attack: the leaf of one registry is inserted into another, where its patient cannot revoke it. It has
    /// the other registry's id inside, so that no proof names this one.
    function test_revoke_domainIsWhatWalletsAreTold() public {
        (bytes1 fields, string memory name, string memory version, uint256 chain, address where, bytes32 salt,) =
            consents.eip712Domain();
        vm.assertEq(uint8(fields), 0x0f, "name, version, chain, contract");
        vm.assertEq(salt, bytes32(0), "no salt");
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                where
            )
        );
        bytes32 message = keccak256(abi.encode(keccak256("Revocation(uint256 leaf,uint256 deadline)"), leaf(0), 7));
        bytes32 expected = keccak256(abi.encodePacked(hex"1901", separator, message));
        vm.assertEq(consents.revocationDigest(leaf(0), 7), expected, "digest");
        vm.chainId(block.chainid + 1);
        vm.assertTrue(consents.revocationDigest(leaf(0), 7) != expected, "another chain");
    }

    function test_revoke_foreignLeafIsNotTheOneComputedHere() public {
        ConsentRegistry other = newConsents();
        uint256 foreign = leaf(2);
        vm.prank(RELAYER);
        other.grant(one(foreign));
        vm.prank(controllerOf(2));
        other.revoke(fr("inner", 2), controllerOf(2), FOREVER, "");
        vm.assertEq(uint256(other.leafOf(foreign).state), uint256(IConsentRegistry.LeafState.Live), "foreign leaf");
        uint256 own = leafOf(other, fr("inner", 2), controllerOf(2));
        vm.assertTrue(own != foreign, "the leaf names its registry");
        vm.assertEq(uint256(other.leafOf(own).state), uint256(IConsentRegistry.LeafState.Barred), "own leaf");
    }

    /// @notice Attack: the same grant is revoked, or kept from it, under another controller.
    function test_revoke_underAnotherControllerTouchesAnotherLeaf() public {
        vm.prank(STRANGER);
        consents.revoke(fr("inner", 2), STRANGER, FOREVER, "");
        vm.assertEq(uint256(consents.leafOf(leaf(2)).state), uint256(IConsentRegistry.LeafState.Live), "untouched");
        vm.assertEq(consents.pending(), 0, "pending");
    }

    function test_revoke_failsForAnAliasOfTheInnerCommitment() public {
        uint256 inner = fr("inner", 2) + Field.R;
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.OutOfField.selector, inner));
        vm.prank(controllerOf(2));
        consents.revoke(inner, controllerOf(2), FOREVER, "");
    }

    function test_revoke_failsWithTheOtherHalfOfTheCurve() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(2), consents.revocationDigest(leaf(2), FOREVER));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory signed = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);
    }

    function test_revoke_byTheAccountOfARelayerNeedsItsController() public {
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        vm.prank(RELAYER);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, "");
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), address(0), FOREVER, new bytes(65));
    }

    function testFuzz_revoke_onlyByItsController(uint256 key, uint256 n) public {
        key = key % (type(uint128).max) + 1;
        n = n % 5;
        vm.assume(key != keyOf(n));
        bytes memory signed = signature(consents, leaf(n), FOREVER, key);
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", n), controllerOf(n), FOREVER, signed);
    }

    function testFuzz_revoke_refusesRandomSignatures(bytes calldata signed) public {
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 2), controllerOf(2), FOREVER, signed);
    }

    function test_revoke_worksForAnAccountWithCode() public {
        Wallet wallet = new Wallet(controllerOf(9));
        uint256 wanted = leafOf(consents, fr("inner", 9), address(wallet));
        vm.prank(RELAYER);
        consents.grant(one(wanted));
        bytes memory signed = signature(consents, wanted, FOREVER, keyOf(8));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        consents.revoke(fr("inner", 9), address(wallet), FOREVER, signed);
        signed = signature(consents, wanted, FOREVER, keyOf(9));
        consents.revoke(fr("inner", 9), address(wallet), FOREVER, signed);
        vm.assertEq(consents.pending(), 1, "pending");
    }

    /// @notice A key whose account got code later (EIP-7702) still revokes.
    function test_revoke_worksForAKeyWhoseAccountGotCode() public {
        vm.etch(controllerOf(2), address(new CurtWallet()).code);
        revokeLeaf(2);
        vm.assertEq(consents.pending(), 1, "pending");
    }

    /// @notice Attack: an account with code burns the relayer's gas, floods it, or writes while it is asked.
    function test_revoke_accountWithCodeCannotHarmTheSender() public {
        address[4] memory wallets = [
            address(new BurningWallet()),
            address(new FloodingWallet()),
            address(new CurtWallet()),
            address(new WritingWallet())
        ];
        for (uint256 i = 0; i < wallets.length; ++i) {
            uint256 before = gasleft();
            (bool success,) = address(consents).call{gas: 2_000_000}(
                abi.encodeCall(consents.revoke, (fr("inner", 20 + i), wallets[i], FOREVER, ""))
            );
            vm.assertTrue(success == (i == 1), "only a whole word is an answer");
            vm.assertLe(before - gasleft(), 400_000, "gas");
        }
        vm.assertEq(WritingWallet(wallets[3]).asked(), 0, "static call");
    }
}
