// Writes the vectors of this folder with ethers 6.17.0 (MIT): npm i ethers@6.17.0 && node generate.cjs
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { AbiCoder, TypedDataEncoder, Transaction, Wallet, encodeRlp, getCreateAddress, hexlify, id } = require("ethers");

let state = 0x2545f491;
const next = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const bytes = (n) => hexlify(Uint8Array.from({ length: n }, () => next(256)));
const integer = (bits) => BigInt(bytes(32)) >> BigInt(256 - (next(3) === 0 ? bits : 1 + next(bits)));

function type(depth) {
  const kind = next(depth > 0 ? 10 : 7);
  if (kind < 7)
    return ["bool", "address", "bytes", "string", `uint${8 * (1 + next(32))}`, `int${8 * (1 + next(32))}`, `bytes${1 + next(32)}`][kind];
  if (kind === 7) return `${type(depth - 1)}[]`;
  if (kind === 8) return `${type(depth - 1)}[${1 + next(3)}]`;
  return `(${Array.from({ length: 1 + next(3) }, () => type(depth - 1)).join(",")})`;
}

function split(inner) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= inner.length; i++) {
    if (i === inner.length || (inner[i] === "," && depth === 0)) {
      parts.push(inner.slice(start, i));
      start = i + 1;
    } else depth += inner[i] === "(" ? 1 : inner[i] === ")" ? -1 : 0;
  }
  return parts;
}

function value(t) {
  if (t.endsWith("]")) {
    const open = t.lastIndexOf("[");
    const length = t.slice(open + 1, -1);
    return Array.from({ length: length === "" ? next(4) : Number(length) }, () => value(t.slice(0, open)));
  }
  if (t.startsWith("(")) return split(t.slice(1, -1)).map(value);
  if (t === "bool") return next(2) === 1;
  if (t === "address") return bytes(20);
  if (t === "string") return Array.from({ length: next(40) }, () => "aé漢😀 z"[next(3)]).join("");
  if (t === "bytes") return bytes(next(70));
  if (t.startsWith("bytes")) return bytes(Number(t.slice(5)));
  if (t.startsWith("uint")) return integer(Number(t.slice(4))).toString();
  const number = integer(Number(t.slice(3)) - 1);
  return (next(2) ? number : -number - 1n).toString();
}

const abi = Array.from({ length: 150 }, () => {
  const types = Array.from({ length: 1 + next(4) }, () => type(3));
  const values = types.map(value);
  return { types, values, encoded: AbiCoder.defaultAbiCoder().encode(types, values) };
});

const transactions = Array.from({ length: 40 }, (_, i) => {
  const key = bytes(32);
  const priority = integer(40);
  const fields = {
    type: 2,
    chainId: i % 3 === 0 ? 1 : next(1 << 30),
    nonce: next(3) === 0 ? 0 : next(1 << 20),
    maxPriorityFeePerGas: priority.toString(),
    maxFeePerGas: (priority + integer(60)).toString(),
    gasLimit: 21000 + next(10_000_000),
    to: i % 5 === 0 ? null : bytes(20),
    value: next(2) ? "0" : integer(90).toString(),
    data: bytes([0, 1, 4, 36, 55, 56, 300, 1200][i % 8]),
  };
  const tx = Transaction.from(fields);
  const wallet = new Wallet(key);
  tx.signature = wallet.signingKey.sign(tx.unsignedHash);
  return { key, ...fields, sender: wallet.address, created: getCreateAddress({ from: wallet.address, nonce: fields.nonce }), raw: tx.serialized, hash: tx.hash };
});

const item = (depth) =>
  depth > 0 && next(3) === 0 ? Array.from({ length: next(5) }, () => item(depth - 1)) : bytes([0, 1, 1, 1, 20, 54, 55, 56, 57, 300][next(10)]);
const rlp = Array.from({ length: 60 }, () => {
  const tree = Array.from({ length: next(6) }, () => item(3));
  return { item: tree, encoded: encodeRlp(tree) };
});

// "Mail" is the example of EIP-712 itself; its digest stands in the EIP.
const typed = [
  {
    domain: { name: "Ether Mail", version: "1", chainId: "1", verifyingContract: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC" },
    types: { Person: [["name", "string"], ["wallet", "address"]], Mail: [["from", "Person"], ["to", "Person"], ["contents", "string"]] },
    primaryType: "Mail",
    message: {
      from: { name: "Cow", wallet: "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
      to: { name: "Bob", wallet: "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
      contents: "Hello, Bob!",
    },
  },
  {
    domain: { name: "MedLedger ConsentRegistry", version: "1", chainId: "1296385100", verifyingContract: bytes(20) },
    types: { Revocation: [["leaf", "uint256"], ["deadline", "uint256"]] },
    primaryType: "Revocation",
    message: { leaf: integer(253).toString(), deadline: ((1n << 256n) - 1n).toString() },
  },
  {
    domain: { name: "Nested", salt: bytes(32) },
    types: { Leaf: [["id", "bytes32"], ["blob", "bytes"]], Group: [["leaves", "Leaf[]"], ["pair", "int64[2]"]], All: [["groups", "Group[2][]"], ["flag", "bool"]] },
    primaryType: "All",
    message: (() => {
      const leaf = () => ({ id: bytes(32), blob: bytes(next(50)) });
      const group = () => ({ leaves: Array.from({ length: next(3) }, leaf), pair: ["-5", "77"] });
      return { groups: [[group(), group()], [group(), group()]], flag: true };
    })(),
  },
].map((vector) => {
  const types = Object.fromEntries(Object.entries(vector.types).map(([name, members]) => [name, members.map(([n, t]) => ({ name: n, type: t }))]));
  return {
    ...vector,
    encodeType: TypedDataEncoder.from(types).encodeType(vector.primaryType),
    domainSeparator: TypedDataEncoder.hashDomain(vector.domain),
    digest: TypedDataEncoder.hash(vector.domain, types, vector.message),
  };
});

const selectors = ["transfer(address,uint256)", "grant(uint256[])", "baz(uint32,bool)", "sam(bytes,bool,uint256[])"].map((signature) => [signature, id(signature).slice(0, 10)]);

for (const [name, vectors] of Object.entries({ abi, transactions, rlp, typed, selectors }))
  fs.writeFileSync(path.join(__dirname, `${name}.json`), `[\n${vectors.map((v) => JSON.stringify(v)).join(",\n")}\n]\n`);
