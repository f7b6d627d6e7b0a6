// Only the node is used: contracts are compiled and tested by forge.
module.exports = { networks: { hardhat: { chainId: Number(process.env.HARDHAT_CHAIN_ID ?? 31337) } } };
