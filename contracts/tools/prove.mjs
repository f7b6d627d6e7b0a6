// Proves the assertions in formal/ with solc's SMT checker (CHC engine) and z3. Fails unless every one is proven.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const solc = require(path.join(root, "node_modules", "solc"));
const SECONDS = 600; // of processor time for one assertion: a busy machine proves the same as an idle one

if (spawnSync("z3", ["--version"]).error) {
  console.error("z3 is missing: apt-get install z3");
  process.exit(3);
}

function solve(query) {
  const run = `ulimit -t ${SECONDS}; exec z3 -in -smt2`; // z3's own heuristics prove more than tuned ones
  const text = query.replace(/\(set-option :timeout \d+\)/, "");
  return { contents: spawnSync("sh", ["-c", run], { input: text, encoding: "utf8" }).stdout };
}

let failed = false;
for (const file of readdirSync(path.join(root, "formal")).sort()) {
  const input = {
    language: "Solidity",
    sources: { [file]: { content: readFileSync(path.join(root, "formal", file), "utf8") } },
    settings: {
      modelChecker: {
        engine: "chc",
        solvers: ["smtlib2"],
        targets: ["assert"],
        showUnproved: true,
        showProvedSafe: true,
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { smtSolver: solve }));
  const wanted = (input.sources[file].content.match(/assert\(/g) ?? []).length;
  let proven = 0;
  for (const message of output.errors ?? []) {
    if (/CHC: Assertion violation check is safe/.test(message.message)) proven++;
    else console.error(message.formattedMessage);
  }
  console.log(`${file}: ${proven} of ${wanted} assertions proven`);
  failed ||= proven !== wanted;
}
process.exit(failed ? 1 : 0);
