// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConsentRegistry} from "../src/ConsentRegistry.sol";
import {IPoseidonT3} from "../src/interfaces/IPoseidon.sol";
import {PoseidonTree} from "../src/libraries/PoseidonTree.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract PoseidonTest is World {
    function test_twoInputs_equalCircomlib() public view {
        string memory json = vm.readFile("test/vectors/poseidon.json");
        uint256[] memory inputs = vm.parseJsonUintArray(json, ".two.inputs");
        uint256[] memory outputs = vm.parseJsonUintArray(json, ".two.outputs");
        vm.assertEq(outputs.length, 16, "vectors");
        for (uint256 i = 0; i < outputs.length; ++i) {
            vm.assertEq(t3.hash([inputs[2 * i], inputs[2 * i + 1]]), outputs[i], "T3");
            vm.assertEq(PoseidonTree.hash(t3, inputs[2 * i], inputs[2 * i + 1]), outputs[i], "by hand");
        }
    }

    function test_fourInputs_equalCircomlib() public view {
        string memory json = vm.readFile("test/vectors/poseidon.json");
        uint256[] memory inputs = vm.parseJsonUintArray(json, ".four.inputs");
        uint256[] memory outputs = vm.parseJsonUintArray(json, ".four.outputs");
        vm.assertEq(outputs.length, 16, "vectors");
        for (uint256 i = 0; i < outputs.length; ++i) {
            uint256 k = 4 * i;
            vm.assertEq(t5.hash([inputs[k], inputs[k + 1], inputs[k + 2], inputs[k + 3]]), outputs[i], "T5");
        }
    }

    function test_emptySubtrees_areHashesOfEmptySubtrees() public view {
        uint256 node = 0;
        for (uint256 depth = 0; depth < PoseidonTree.DEPTH; ++depth) {
            vm.assertEq(PoseidonTree.emptyRoot(depth), node, "empty");
            node = t3.hash([node, node]);
        }
        vm.assertEq(consents.root(), node, "root of the empty registry");
    }

    function test_grantTag_isItsAsciiText() public view {
        vm.assertEq(consents.TAG_GRANT(), 0x6d65646c65646765722e6772616e74, "medledger.grant");
    }

    /// @notice A registry over something that is no hash contract does not come into being.
    function test_registry_needsAHashContract() public {
        address[3] memory wrong = [address(0), address(this), address(t5)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert();
            new ConsentRegistry(address(this), IPoseidonT3(wrong[i]), t5);
        }
    }
}
