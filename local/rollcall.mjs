#!/usr/bin/env node
// `npx rollcall <command>`: the launcher looks at Node first, as for every other command.
import { fileURLToPath } from "node:url";

process.argv.splice(1, 1, fileURLToPath(new URL("./launch.mjs", import.meta.url)), "rollcall");
await import("./launch.mjs");
