// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Compiled here, from the npm package, so that forge makes their bytecode; they are deployed as they are.
import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {PoseidonT5} from "poseidon-solidity/PoseidonT5.sol";
