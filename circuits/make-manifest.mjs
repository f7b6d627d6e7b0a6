// Writes manifest.json: size and SHA-256 of every artifact and of the Solidity verifier, and how the keys were made.
// The ceremony's texts are read from ceremony.json, which setup.sh's operator fills in once.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const files = {
  "analysis_policy.r1cs": "artifacts/analysis_policy.r1cs",
  "analysis_policy.wasm": "artifacts/analysis_policy.wasm",
  "analysis_policy.zkey": "artifacts/analysis_policy.zkey",
  "verification_key.json": "artifacts/verification_key.json",
  "powers_of_tau_16.ptau": "artifacts/powers_of_tau_16.ptau",
  "AnalysisVerifier.sol": "../contracts/src/AnalysisVerifier.sol",
};

const entries = Object.entries(files).map(([name, file]) => {
  const bytes = readFileSync(path.join(here, file));
  return [name, { path: file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }];
});
const manifest = {
  circuit: "AnalysisPolicy",
  circuitVersion: 1,
  constraints: 59853,
  publicSignals: [
    "consentRoot", "recordRoot", "modelRoot", "enrolRoot", "asOf", "nullifier",
    "resultCommitment", "requestCommitment", "registryId", "context", "shape",
  ],
  compiler: "circom 2.2.3 (npm circom2 0.2.23) --O2, circomlib 2.0.5",
  files: Object.fromEntries(entries),
  ceremony: JSON.parse(readFileSync(path.join(here, "ceremony.json"), "utf8")),
};
writeFileSync(path.join(here, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
