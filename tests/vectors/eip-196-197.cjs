// Writes eip-196-197.json: inputs chosen here, answers by the precompiled contracts 0x06, 0x07, 0x08 of an EVM node
// (eth_call). An answer of null is a call that fails.
// node eip-196-197.cjs PATH/TO/anvil     (npm: @foundry-rs/anvil-linux-amd64 1.7.1)
"use strict";
const { spawn } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const URL = "http://127.0.0.1:18197";
const mod = (a) => ((a % Q) + Q) % Q;
const word = (n) => n.toString(16).padStart(64, "0");
const secret = (name) => BigInt("0x" + createHash("sha256").update(`medledger eip-196-197 ${name}`).digest("hex")) % R;

function power(base, exponent) {
  let result = 1n;
  for (base = mod(base); exponent > 0n; exponent >>= 1n, base = mod(base * base))
    if (exponent & 1n) result = mod(result * base);
  return result;
}
const inverse = (a) => power(a, Q - 2n);

// Fq2 = Fq[u] / (u^2 + 1), elements [c0, c1]; G2 on y^2 = x^3 + 3 / (9 + u), affine, null at infinity
const mul2 = ([a, b], [c, d]) => [mod(a * c - b * d), mod(a * d + b * c)];
const add2 = ([a, b], [c, d]) => [mod(a + c), mod(b + d)];
const sub2 = ([a, b], [c, d]) => [mod(a - c), mod(b - d)];
const inv2 = ([a, b]) => {
  const n = inverse(mod(a * a + b * b));
  return [mod(a * n), mod(-b * n)];
};
const B2 = mul2([3n, 0n], inv2([9n, 1n]));
const same = (a, b) => a[0] === b[0] && a[1] === b[1];
function plus(p, q) {
  if (!p || !q) return p ?? q;
  if (same(p[0], q[0]) && !same(p[1], q[1])) return null;
  const slope = same(p[0], q[0])
    ? mul2(mul2([3n, 0n], mul2(p[0], p[0])), inv2(add2(p[1], p[1])))
    : mul2(sub2(q[1], p[1]), inv2(sub2(q[0], p[0])));
  const x = sub2(mul2(slope, slope), add2(p[0], q[0]));
  return [x, sub2(mul2(slope, sub2(p[0], x)), p[1])];
}
function times(scalar, point) {
  let result = null;
  for (; scalar > 0n; scalar >>= 1n, point = plus(point, point)) if (scalar & 1n) result = plus(result, point);
  return result;
}
const G2 = [
  [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
];
const hex2 = (p) => (p ? word(p[0][1]) + word(p[0][0]) + word(p[1][1]) + word(p[1][0]) : "00".repeat(128));

// a square root in Fq2 for q = 3 mod 4, or null
function root2(a) {
  const root = (n) => {
    const s = power(n, (Q + 1n) / 4n);
    return mod(s * s) === mod(n) ? s : null;
  };
  const norm = root(mod(a[0] * a[0] + a[1] * a[1]));
  if (norm === null) return null;
  for (const sign of [norm, -norm]) {
    const c0 = root(mod((a[0] + sign) * inverse(2n)));
    if (c0 === null || c0 === 0n) continue;
    const c = [c0, mod(a[1] * inverse(2n * c0))];
    if (same(mul2(c, c), a)) return c;
  }
  return null;
}
function onTwistOutsideTheGroup(from) {
  for (let i = BigInt(from); ; i++) {
    const x = [i, 1n];
    const y = root2(add2(mul2(mul2(x, x), x), B2));
    if (y && times(R, [x, y]) !== null) return [x, y];
  }
}

const ONE = word(1n) + word(2n);
const ZERO = "00".repeat(64);
const negate = (p) => (p === ZERO ? p : p.slice(0, 64) + word(Q - BigInt("0x" + p.slice(64))));

async function rpc(method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  return (await fetch(URL, { method: "POST", headers: { "content-type": "application/json" }, body })).json();
}
async function call(contract, input) {
  const to = "0x" + contract.toString(16).padStart(40, "0");
  const answer = await rpc("eth_call", [{ to, data: "0x" + input, gas: "0xe00000" }, "latest"]);
  return answer.error || answer.result === "0x" ? null : answer.result.slice(2);
}
const g1 = async (scalar) => call(7, ONE + word(scalar));

async function vectors() {
  const p = [];
  for (let i = 0; i < 8; i++) p.push(await g1(secret(`g1 ${i}`)));
  const bad = {
    "x is q": word(Q) + word(2n),
    "x is an alias of 1": word(Q + 1n) + word(2n),
    "y is an alias of 2": word(1n) + word(Q + 2n),
    "x is 2^256 - 1": "ff".repeat(32) + word(2n),
    "off the curve": word(1n) + word(3n),
    "off the curve, x is 0": word(0n) + word(1n),
    "a bit of y is wrong": p[0].slice(0, 127) + (parseInt(p[0][127], 16) ^ 1).toString(16),
  };
  const add = { "no input": "", "64 bytes": p[0], "32 bytes of zero": word(0n), "infinity and infinity": ZERO + ZERO };
  add["infinity and a point"] = ZERO + p[1];
  add["a point and infinity"] = p[1] + ZERO;
  add["bytes behind the input are ignored"] = p[0] + p[1] + "ff".repeat(33);
  add["generator doubled"] = ONE + ONE;
  add["a point and its negative"] = p[2] + negate(p[2]);
  for (let i = 0; i < 8; i++) add[`points ${i} and ${(i + 1) % 8}`] = p[i] + p[(i + 1) % 8];
  for (let i = 0; i < 3; i++) add[`point ${i} doubled`] = p[i] + p[i];
  for (const [what, point] of Object.entries(bad)) {
    add[`first: ${what}`] = point + p[0];
    add[`second: ${what}`] = p[0] + point;
  }

  const multiply = { "no input": "", "64 bytes": p[0], "infinity times 5": ZERO + word(5n) };
  multiply["80 bytes"] = p[0] + "01".repeat(16);
  multiply["bytes behind the input are ignored"] = p[0] + word(9n) + "ff".repeat(32);
  const scalars = { 0: 0n, 1: 1n, 2: 2n, "r - 1": R - 1n, r: R, "r + 1": R + 1n, q: Q, "2^255": 1n << 255n };
  scalars["2^256 - 1"] = (1n << 256n) - 1n;
  scalars["2^128"] = 1n << 128n;
  for (const [what, scalar] of Object.entries(scalars)) multiply[`point 3 times ${what}`] = p[3] + word(scalar);
  for (let i = 0; i < 6; i++) multiply[`point ${i} times a number`] = p[i] + word(secret(`scalar ${i}`));
  for (const [what, point] of Object.entries(bad)) multiply[what] = point + word(7n);

  const q = [];
  for (let i = 0; i < 5; i++) q.push(times(secret(`g2 ${i}`), G2));
  const a = secret("a");
  const b = secret("b");
  const left = (await g1(a)) + hex2(times(b, G2));
  const right = negate(await g1((a * b) % R)) + hex2(G2);
  const pairing = { "no input": "", "infinity and infinity": ZERO + hex2(null), "a point of G1 and infinity": p[0] + hex2(null) };
  pairing["infinity and a point of G2"] = ZERO + hex2(q[0]);
  pairing["generators: not one"] = ONE + hex2(G2);
  pairing["a point and its negative"] = p[0] + hex2(q[0]) + negate(p[0]) + hex2(q[0]);
  pairing["a point twice: not one"] = p[0] + hex2(q[0]) + p[0] + hex2(q[0]);
  pairing["e(aP, bQ) e(-abP, Q)"] = left + right;
  pairing["e(aP, bQ) e(-abP, Q), other order"] = right + left;
  pairing["e(aP, bQ) e(-abP, -Q): not one"] = left + right.slice(0, 128) + hex2(times(R - 1n, G2));
  let ten = "";
  for (let i = 0; i < 5; i++) ten += p[i] + hex2(q[i]) + negate(p[i]) + hex2(q[i]);
  pairing["ten pairs"] = ten;
  pairing["ten pairs and one more: not one"] = ten + ONE + hex2(G2);
  pairing["e(aP, Q) e(bP, Q) e(-(a + b)P, Q)"] =
    (await g1(a)) + hex2(q[1]) + (await g1(b)) + hex2(q[1]) + negate(await g1((a + b) % R)) + hex2(q[1]);
  pairing["e(P, aQ) e(P, bQ) e(-P, (a + b)Q)"] =
    p[1] + hex2(times(a, G2)) + p[1] + hex2(times(b, G2)) + negate(p[1]) + hex2(times((a + b) % R, G2));
  pairing["191 bytes"] = (ONE + hex2(G2)).slice(2);
  pairing["193 bytes"] = ONE + hex2(G2) + "00";
  pairing["G2: the halves of x exchanged"] = ONE + hex2([[G2[0][1], G2[0][0]], G2[1]]);
  pairing["G2: off the twist"] = ONE + hex2([G2[0], add2(G2[1], [1n, 0n])]);
  pairing["G2: a coordinate is an alias"] = ONE + word(G2[0][1] + Q) + hex2(G2).slice(64);
  for (const from of [1, 50, 1000])
    pairing[`G2: on the twist and outside the group, x from ${from}`] = ONE + hex2(onTwistOutsideTheGroup(from));
  pairing["G1: infinity does not excuse a point outside the group"] = ZERO + hex2(onTwistOutsideTheGroup(1));
  for (const [what, point] of Object.entries(bad)) pairing[`G1: ${what}`] = point + hex2(G2);

  const result = {};
  for (const [name, contract, inputs] of [["add", 6, add], ["multiply", 7, multiply], ["pairing", 8, pairing]]) {
    result[name] = [];
    for (const [what, input] of Object.entries(inputs))
      result[name].push({ name: what, input, expected: await call(contract, input) });
  }
  return result;
}

(async () => {
  const node = spawn(process.argv[2], ["--host", "127.0.0.1", "--port", "18197", "--silent"], { stdio: "inherit" });
  try {
    for (let i = 0; i < 100; i++) {
      try {
        if ((await rpc("eth_chainId", [])).result) break;
      } catch {
        await new Promise((wait) => setTimeout(wait, 100));
      }
    }
    const text = JSON.stringify(await vectors(), null, 2) + "\n";
    fs.writeFileSync(path.join(__dirname, "eip-196-197.json"), text);
  } finally {
    node.kill();
  }
})();
