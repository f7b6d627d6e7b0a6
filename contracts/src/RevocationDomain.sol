// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @notice The EIP-712 domain under which controllers sign revocations: name, version, chain id, registry.
/// @dev Written here because OpenZeppelin's needs a chain with EIP-5656 (Cancun), and small chains and older nodes
/// have none.
abstract contract RevocationDomain is IERC5267 {
    string private constant NAME = "MedLedger ConsentRegistry";
    string private constant VERSION = "1";
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REVOCATION = keccak256("Revocation(uint256 leaf,uint256 deadline)");

    uint256 private immutable _chainId;
    bytes32 private immutable _separator;

    constructor() {
        _chainId = block.chainid;
        _separator = _computeSeparator();
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @dev EIP-712: keccak256(0x1901 || domain separator || hashStruct(revocation)).
    function _digestOf(uint256 leaf, uint256 deadline) internal view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(hex"1901", _domainSeparator(), keccak256(abi.encode(REVOCATION, leaf, deadline)))
            );
    }

    /// @dev Computed again after a fork of the chain: a signature for one branch says nothing on the other.
    function _domainSeparator() private view returns (bytes32) {
        return block.chainid == _chainId ? _separator : _computeSeparator();
    }

    function _computeSeparator() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
            );
    }
}
