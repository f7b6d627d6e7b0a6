// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proof} from "../../src/interfaces/IAnalysisVerifier.sol";
import {Field} from "../../src/libraries/Field.sol";

/// @notice Proofs of any statement under `keys/trapdoor_key.json`, whose secrets are known: the verifier's pairing is
/// real, and tests can prove what they like. With A = a G1, B = G2, C = c G1 the equation is
/// a = alpha beta + gamma (ic[0] + sum of s[i] ic[i + 1]) + c delta.
library Trapdoor {
    uint256 private constant ALPHA = 1000003;
    uint256 private constant BETA = 2000003;
    uint256 private constant GAMMA = 3000017;
    uint256 private constant DELTA = 4000037;

    /// @param salt another salt, another proof of the same statement
    function prove(uint256[11] memory signals, uint256 salt) internal view returns (Proof memory proof) {
        uint256 c = (uint256(keccak256(abi.encode(salt))) % (Field.R - 1)) + 1;
        uint256 x = ic(0);
        for (uint256 i = 0; i < 11; ++i) {
            x = addmod(x, mulmod(signals[i], ic(i + 1), Field.R), Field.R);
        }
        uint256 a = addmod(mulmod(ALPHA, BETA, Field.R), mulmod(GAMMA, x, Field.R), Field.R);
        proof.a = times(addmod(a, mulmod(c, DELTA, Field.R), Field.R));
        proof.b = generator2();
        proof.c = times(c);
    }

    function ic(uint256 i) internal pure returns (uint256) {
        return 7919 * (i + 1) + 31 * i * i;
    }

    /// @notice scalar * G1
    function times(uint256 scalar) internal view returns (uint256[2] memory point) {
        (bool success, bytes memory out) = address(7).staticcall(abi.encode(uint256(1), uint256(2), scalar));
        require(success, "ecMul");
        point = abi.decode(out, (uint256[2]));
    }

    function generator2() internal pure returns (uint256[2][2] memory) {
        return [
            [
                11559732032986387107991004021392285783925812861821192530917403151452391805634,
                10857046999023057135944570762232829481370756359578518086990519993285655852781
            ],
            [
                4082367875863433681332203403145435568316851327593401208105741076214120093531,
                8495653923123431417604973247489272438418190587263600148770280649306958101930
            ]
        ];
    }
}
