// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice An account with code whose owner signs (ERC-1271).
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view virtual returns (bytes4) {
        return ECDSA.recoverCalldata(digest, signature) == _owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Agrees to everything, but only after burning more gas than it is given.
contract BurningWallet is IERC1271 {
    function isValidSignature(bytes32 digest, bytes calldata) external pure returns (bytes4) {
        for (uint256 i = 0; i < 10_000; ++i) {
            digest = keccak256(abi.encode(digest));
        }
        return digest == 0 ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}

/// @notice Answers with as many bytes as its gas allows.
contract FloodingWallet {
    fallback() external {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 20000)
        }
    }
}

/// @notice Agrees in less than a word.
contract CurtWallet {
    fallback() external {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 4)
        }
    }
}

/// @notice Wants to write while it is asked.
contract WritingWallet {
    uint256 public asked;

    fallback() external {
        asked++;
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 32)
        }
    }
}
