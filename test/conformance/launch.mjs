#!/usr/bin/env node
// Plain JavaScript, so that a Node that is too old can still say so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);

if (process.argv.includes("--help") || process.argv.includes("-h")) {
  console.log(
    [
      "npm run conformance -- --agent ID   checks a running agent of any language against docs/protocol.md, in about 15 s",
      "  --fleet NAME                      the fleet, if it is not demo",
      "  --publish                         also a probe, a broken event and a new topic, seen by all who read them; half a minute",
      "",
      "The fleet is the local stack's (ROLLCALL_DATA_DIR, ROLLCALL_PORT_OFFSET), or the one of REDIS_URL with ROLLCALL_FLEET_KEY.",
      "Nothing is stopped; without --publish no event is published. Exit code: 0 all passed, 1 a rule is broken, 2 it could not be checked.",
    ].join("\n"),
  );
} else if (major > 22 || (major === 22 && minor >= 18)) {
  const { runConformance } = await import("./run.ts");
  process.exit(await runConformance(process.argv.slice(2)));
} else {
  const bundled = join(here, "../../node_modules/.bin/node");
  if (!existsSync(bundled)) {
    console.error(
      `Node ${process.versions.node} is too old: Rollcall needs 22.18 or newer. Run npm ci, or install a newer Node.`,
    );
    process.exit(2);
  }
  const { status } = spawnSync(bundled, process.argv.slice(1), { stdio: "inherit" });
  process.exit(status === null ? 2 : status);
}
