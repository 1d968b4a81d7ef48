#!/usr/bin/env node
// Plain JavaScript, so that a Node that is too old can still say so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const newEnough = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
};

if (process.argv.includes("--help")) {
  console.log("npm test            every test, with real servers; ends with the totals");
  console.log("npm test -- <text>  only test files whose path contains the text, without the coverage check");
} else if (!newEnough(process.versions.node)) {
  const bundled = join(root, "node_modules/.bin/node");
  if (!existsSync(bundled)) {
    console.error(
      `Node ${process.versions.node} is too old: Rollcall needs 22.18 or newer. Run npm ci, or install a newer Node.`,
    );
    process.exit(1);
  }
  process.exit(spawnSync(bundled, process.argv.slice(1), { stdio: "inherit" }).status ?? 1);
} else {
  const { runTests } = await import("./run-tests.ts");
  process.exit(await runTests(root, process.argv.slice(2)));
}
