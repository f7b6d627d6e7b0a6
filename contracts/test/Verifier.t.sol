// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnalysisVerifier} from "../src/AnalysisVerifier.sol";
import {IAnalysisVerifier, Proof} from "../src/interfaces/IAnalysisVerifier.sol";
import {Field} from "../src/libraries/Field.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract VerifierTest is World {
    function test_verify_trueProofHolds() public view {
        uint256[11] memory signals = _signals(1);
        vm.assertTrue(verifier.verify(Trapdoor.prove(signals, 1), signals), "holds");
        vm.assertTrue(verifier.verify(Trapdoor.prove(signals, 2), signals), "another proof of the same");
    }

    function testFuzz_verify_holdsForAnyStatement(uint256[11] memory signals, uint256 salt) public view {
        for (uint256 i = 0; i < 11; ++i) {
            signals[i] %= Field.R;
        }
        vm.assertTrue(verifier.verify(Trapdoor.prove(signals, salt), signals), "holds");
    }

    function testFuzz_verify_failsWhenOneSignalIsAnother(uint256 n, uint8 index, uint256 value) public view {
        uint256[11] memory signals = _signals(n);
        Proof memory proof = Trapdoor.prove(signals, n);
        index = index % 11;
        value = value % Field.R;
        vm.assume(value != signals[index]);
        signals[index] = value;
        vm.assertFalse(verifier.verify(proof, signals), "another statement");
    }

    /// @notice Attack: signal + r, the same statement under another number.
    function test_verify_refusesAliasesOfSignals() public {
        uint256[11] memory signals = _signals(1);
        Proof memory proof = Trapdoor.prove(signals, 1);
        for (uint256 i = 0; i < 11; ++i) {
            uint256[11] memory alias_ = signals;
            alias_[i] += Field.R;
            vm.expectRevert(abi.encodeWithSelector(IAnalysisVerifier.SignalOutOfField.selector, i));
            verifier.verify(proof, alias_);
            alias_[i] -= Field.R;
        }
    }

    function test_verify_refusesAliasesOfCoordinates() public {
        uint256[11] memory signals = _signals(1);
        for (uint256 i = 0; i < 8; ++i) {
            Proof memory proof = Trapdoor.prove(signals, 1);
            if (i < 2) proof.a[i] += Field.Q;
            else if (i < 6) proof.b[(i - 2) / 2][i % 2] += Field.Q;
            else proof.c[i - 6] += Field.Q;
            vm.expectRevert(IAnalysisVerifier.CoordinateOutOfField.selector);
            verifier.verify(proof, signals);
        }
    }

    function test_verify_refusesPointsOffTheCurveAndInfinity() public {
        uint256[11] memory signals = _signals(1);
        Proof memory proof = Trapdoor.prove(signals, 1);
        proof.a[0] = addmod(proof.a[0], 1, Field.Q);
        vm.expectRevert(IAnalysisVerifier.NotOnCurve.selector);
        verifier.verify(proof, signals);
        proof = Trapdoor.prove(signals, 1);
        proof.c = [uint256(0), 0];
        vm.expectRevert(IAnalysisVerifier.NotOnCurve.selector);
        verifier.verify(proof, signals);
    }

    /// @notice A point off the curve of G2 makes the precompile fail: that is no answer.
    function test_verify_revertsWhenThePrecompileFails() public {
        uint256[11] memory signals = _signals(1);
        Proof memory proof = Trapdoor.prove(signals, 1);
        proof.b[0][0] = addmod(proof.b[0][0], 1, Field.Q);
        vm.expectRevert(IAnalysisVerifier.PrecompileFailed.selector);
        verifier.verify{gas: 2_000_000}(proof, signals);
    }

    /// @notice The point with x = 1 is on the twist and outside the subgroup.
    function test_verify_revertsOutsideTheSubgroup() public {
        uint256[11] memory signals = _signals(1);
        Proof memory proof = Trapdoor.prove(signals, 1);
        proof.b = [
            [uint256(0), 1],
            [
                5912654199736721486680175016176231956195085055698687135131307249486702594212,
                18278151005453108793778860132295291098363647455926340152056652516292830556603
            ]
        ];
        vm.expectRevert(IAnalysisVerifier.PrecompileFailed.selector);
        verifier.verify{gas: 2_000_000}(proof, signals);
    }

    /// @notice Attack: too little gas makes a true proof look false.
    function test_verify_starvedRevertsOrTellsTheTruth() public view {
        uint256[11] memory signals = _signals(1);
        Proof memory proof = Trapdoor.prove(signals, 1);
        uint256 answered = 0;
        for (uint256 gas_ = 100_000; gas_ <= 900_000; gas_ += 2_500) {
            try verifier.verify{gas: gas_}(proof, signals) returns (bool holds) {
                vm.assertTrue(holds, "the truth");
                ++answered;
            } catch {}
        }
        vm.assertTrue(answered > 100 && answered < 300, "some answered, some reverted");
    }

    function _signals(uint256 n) private pure returns (uint256[11] memory signals) {
        for (uint256 i = 0; i < 11; ++i) {
            signals[i] = fr("signal", n ^ i);
        }
    }
}

/// @notice The verifier of the circuit's own key.
contract AnalysisVerifierTest is World {
    AnalysisVerifier private real;

    function setUp() public override {
        real = new AnalysisVerifier();
    }

    function test_key_isTheCommittedFile() public view {
        bytes memory file = vm.readFileBinary("../circuits/artifacts/verification_key.json");
        vm.assertEq(real.verifyingKeyHash(), sha256(file), "key");
    }

    function test_verify_answersFalseForAProofUnderAnotherKey() public view {
        uint256[11] memory signals;
        vm.assertFalse(real.verify(Trapdoor.prove(signals, 1), signals), "another key");
    }

    function test_verify_refusesAliases() public {
        uint256[11] memory signals;
        Proof memory proof = Trapdoor.prove(signals, 1);
        for (uint256 i = 0; i < 11; ++i) {
            signals[i] = Field.R;
            vm.expectRevert(abi.encodeWithSelector(IAnalysisVerifier.SignalOutOfField.selector, i));
            real.verify(proof, signals);
            signals[i] = 0;
        }
    }

    function test_verify_starvedReverts() public view {
        uint256[11] memory signals;
        Proof memory proof = Trapdoor.prove(signals, 1);
        uint256 answered = 0;
        for (uint256 gas_ = 20_000; gas_ <= 400_000; gas_ += 2_500) {
            try real.verify{gas: gas_}(proof, signals) returns (bool holds) {
                vm.assertFalse(holds, "never true");
                ++answered;
            } catch {}
        }
        vm.assertTrue(answered > 20 && answered < 100, "some answered, some reverted");
    }
}
