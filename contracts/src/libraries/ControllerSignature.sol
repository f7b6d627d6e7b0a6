// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice Whether a digest was signed by an account: by its key, or as ERC-1271 says when it has code.
library ControllerSignature {
    /// @dev What an account may spend on its answer; more could be a trap for the relayer that pays.
    uint256 internal constant ACCOUNT_GAS = 200_000;

    /// @dev The key is tried first: an account that gained code (EIP-7702) must still be able to revoke.
    function isValid(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError && signer == account) return true;
        return account.code.length != 0 && _accountAgrees(account, digest, signature);
    }

    /// @dev A static call that copies back one word, whatever the account returns.
    function _accountAgrees(address account, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory request = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bool success;
        uint256 length;
        bytes32 answer;
        uint256 cap = ACCOUNT_GAS;
        assembly ("memory-safe") {
            success := staticcall(cap, account, add(request, 32), mload(request), 0, 32)
            length := returndatasize()
            answer := mload(0)
        }
        return success && length >= 32 && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}
