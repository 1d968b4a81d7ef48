import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { LISTENERS, StartFailure } from "../stack/addresses.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { findPortOwner, isPortFree } from "../stack/port-owner.ts";
import { parseSecrets } from "../stack/secrets.ts";
import { readCredentials } from "../stack/settings.ts";
import { type Finding, fine, mend, reasonOf, skipped } from "./finding.ts";
import type { Situation } from "./situation.ts";

// Names that are read outside the configuration of the control service.
const LOCAL_NAMES = [
  "ROLLCALL_PORT_OFFSET",
  "ROLLCALL_DATA_DIR",
  "ROLLCALL_ALLOW_DRILLS",
  "ROLLCALL_DIRECTORY",
  "ROLLCALL_PRETEND_NODE_VERSION",
];
const MAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const FORMS: readonly [name: string, form: RegExp, what: string][] = [
  ["SLACK_BOT_TOKEN", /^xoxb-/, "a bot token, xoxb-…"],
  ["SLACK_APP_TOKEN", /^xapp-/, "an app-level token, xapp-…"],
  ["SLACK_SIGNING_SECRET", /^.{16,}$/, "at least 16 characters"],
  ["SLACK_BOT_ID", /^B[A-Z0-9]+$/, "the id of a bot, B…"],
  ["SLACK_BOT_USER_ID", /^[UW][A-Z0-9]+$/, "the id of a user, U…"],
  ["SLACK_TEAM_ID", /^T[A-Z0-9]+$/, "the id of a workspace, T…"],
  ["SLACK_API_URL", /^https?:\/\/.+\/$/, "an address that ends with /"],
  ["ROLLCALL_SLACK_ALERTS_CHANNEL", /^[CG][A-Z0-9]+$/, "the id of a channel, C… (not its name)"],
  ["ROLLCALL_SLACK_OPS_CHANNEL", /^[CG][A-Z0-9]+$/, "the id of a channel, C… (not its name)"],
  ["PAGERDUTY_ROUTING_KEY", /^[A-Za-z0-9]{32}$/, "an integration key, 32 letters and digits"],
  ["GOOGLE_DELEGATED_ADMIN", MAIL, "a mail address"],
  ["ROLLCALL_GROUP_ADMIN", MAIL, "the mail address of a group"],
  ["ROLLCALL_GROUP_OPERATOR", MAIL, "the mail address of a group"],
  ["ROLLCALL_GROUP_VIEWER", MAIL, "the mail address of a group"],
  ["ROLLCALL_FLEET_KEY", /^.{32,}$/, "at least 32 characters"],
  ["ROLLCALL_RUNBOOK_URL", /^https?:\/\//, "an address http://… or https://…"],
  ["ROLLCALL_GRAFANA_APP_URL", /^https?:\/\//, "an address http://… or https://…"],
];

/** `.env`: credentials by half, forms, names nobody reads. */
export function checkSettings({ envFile, settings }: Situation): Finding[] {
  const problems = [...halfCredentials(settings), ...wrongForms(settings), ...unknownNames(envFile)];
  if (problems.length > 0) return problems;
  const kind = settings.SLACK_BOT_TOKEN ? "a real Slack" : "the Slack stand-in";
  return [fine("settings", existsSync(envFile) ? `.env is in order, for ${kind}` : `no .env, so ${kind}`)];
}

function halfCredentials(settings: Situation["settings"]): Finding[] {
  try {
    readCredentials(settings);
    return [];
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    return [mend("settings", error.message.split(". ")[0] as string, error.message.split(". ").slice(1).join(". "))];
  }
}

const wrongForms = (settings: Situation["settings"]): Finding[] =>
  FORMS.flatMap(([name, form, what]) => {
    const value = settings[name];
    if (!value || form.test(value)) return [];
    // What was found is not shown: it may be a secret in the wrong place.
    return [mend("settings", `${name} is not ${what}`, `Correct ${name} in .env, or take it out.`)];
  });

/** Of `.env` only: the environment is full of names that are not ours. */
function unknownNames(envFile: string): Finding[] {
  if (!existsSync(envFile)) return [];
  const example = readFileSync(`${REPOSITORY}/.env.example`, "utf8");
  const known = new Set([...example.matchAll(/^# ([A-Z_]+)=/gm)].map((match) => match[1] as string));
  // A secret may come from a file or from a program.
  const secrets = new Set([...example.matchAll(/\(secret, .*\n# ([A-Z_]+)=/g)].map((match) => match[1] as string));
  const names = [...readFileSync(envFile, "utf8").matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/gm)];
  return names.flatMap(([, name = ""]) => {
    if (known.has(name) || secrets.has(name.replace(/_(?:FILE|COMMAND)$/, "")) || LOCAL_NAMES.includes(name)) return [];
    if (!/^(ROLLCALL|SLACK|GOOGLE|PAGERDUTY|GRAFANA|ALERTMANAGER|DATABASE|REDIS)_/.test(name)) return [];
    return [
      mend("settings", `nobody reads ${name} of .env`, "Compare its spelling with .env.example, or take it out."),
    ];
  });
}

/** fleet.yaml, access.yaml and the stack's own secrets. */
export async function checkFiles(situation: Situation): Promise<Finding[]> {
  const { fleetFile, accessFile, layout } = situation;
  return [
    await readable("fleet file", fleetFile, async () => `${(await readFleetFile(fleetFile)).agents.length} agents`),
    existsSync(accessFile) || situation.settings.ROLLCALL_ACCESS_FILE
      ? await readable("access file", accessFile, () => countPeople(accessFile))
      : skipped("access file", "made by the first start"),
    existsSync(layout.secretsFile)
      ? checkSecretsFile(layout.secretsFile)
      : skipped("secrets", "made by the first start"),
  ];
}

async function readable(name: string, file: string, read: () => Promise<string>): Promise<Finding> {
  try {
    return fine(name, await read());
  } catch (error) {
    const problems = (isFailure(error) ? error.message : reasonOf(error)).split("\n").map((line) => line.trim());
    return mend(name, problems.slice(0, 3).join("; "), `Correct ${file}; each problem says what is allowed.`);
  }
}

async function countPeople(file: string): Promise<string> {
  const directory = await openAccessFile({ file, clock: { now: Date.now }, onProblem: () => undefined });
  directory.close();
  return "in order";
}

function checkSecretsFile(file: string): Finding {
  try {
    parseSecrets(readFileSync(file, "utf8"));
  } catch {
    return mend("secrets", `${file} is damaged`, "Restore it, or start with another ROLLCALL_DATA_DIR.");
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return fine("secrets", "whole, for their owner only");
  return mend("secrets", `${file} can be read by others (mode ${mode.toString(8)})`, `chmod 600 ${file}`);
}

const MINIMUM_FREE_MB = 500;

/** @param measure what the file system says of itself */
export async function checkDisk({ layout }: Situation, measure = freeSpace): Promise<Finding[]> {
  if (!existsSync(layout.root)) return [skipped("disk", `${layout.root} is made by the first start`)];
  try {
    accessSync(layout.root, constants.W_OK);
  } catch {
    return [mend("disk", `${layout.root} cannot be written`, "Give yourself the right, or set ROLLCALL_DATA_DIR.")];
  }
  const freeMb = Math.floor((await measure(layout.root)) / 1024 / 1024);
  return freeMb >= MINIMUM_FREE_MB
    ? [fine("disk", `${freeMb.toLocaleString("en-US")} MB free for the data`)]
    : [mend("disk", `${freeMb} MB are free for ${layout.root}`, `Make room: Rollcall needs ${MINIMUM_FREE_MB} MB.`)];
}

async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Of a stopped stack each port must be free; of a running one each must be its own process's. */
export async function checkPorts({ ports, isRunning, slack, google, settings }: Situation): Promise<Finding[]> {
  const unused = [
    ...(slack.isStandIn ? [] : ["slack"]),
    ...(google === null || google.isStandIn ? [] : ["google"]),
    ...(settings.PAGERDUTY_ROUTING_KEY ? ["pagerduty"] : []),
    ...(settings.GRAFANA_URL ? ["grafana"] : []),
  ];
  const used = LISTENERS.filter(({ name }) => !unused.includes(name));
  const free = await Promise.all(used.map(({ name }) => isPortFree(ports[name])));
  const wrong = used.filter((_, index) => free[index] === isRunning);
  if (wrong.length === 0)
    return [fine("ports", `${used.length} of ${used.length} ${isRunning ? "listened on" : "free"}`)];
  return wrong.map(({ name, label }) => {
    const port = ports[name];
    if (isRunning)
      return mend("ports", `nothing listens on ${port} (${label})`, "See npm run status and the process's log.");
    const owner = findPortOwner(port);
    const who = owner === null ? "a process of another user" : `pid ${owner.pid} (${owner.program})`;
    return mend("ports", `${port} (${label}) is taken by ${who}`, "Stop it, or set ROLLCALL_PORT_OFFSET.");
  });
}
