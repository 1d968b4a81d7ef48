import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { portsAt } from "../../stack/addresses.ts";
import { REPOSITORY } from "../../stack/layout.ts";
import { readOrMakeSecrets, type Secrets } from "../../stack/secrets.ts";
import { readSettings } from "../../stack/settings.ts";

/** What was typed after `rollcall`. */
export interface Invocation {
  /** The fleet's own words, quoted where they need it, as `/fleet` takes them. */
  readonly text: string;
  readonly isHelp: boolean;
  readonly json: boolean;
  readonly noWait: boolean;
  /** Also for a second person. */
  readonly wait: boolean;
  /** A plan is confirmed without asking. */
  readonly yes: boolean;
  readonly address: string | null;
  readonly token: string | null;
  readonly as: string | null;
}

const VALUES: readonly string[] = ["address", "token", "as"];
const SWITCHES: readonly string[] = ["json", "no-wait", "wait", "yes"];

/**
 * Takes the terminal's own options out of the words, wherever they stand before `--`.
 * @throws Failure "invalid_input" for an option without its value
 */
export function readInvocation(args: readonly string[]): Invocation {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const { values, words } = takeOptions(args.slice(0, end));
  words.push(...args.slice(end + 1));
  return {
    text: words.map(quoted).join(" "),
    isHelp: words.length === 1 && words[0] === "--help",
    json: values.has("json"),
    noWait: values.has("no-wait"),
    wait: values.has("wait"),
    yes: values.has("yes"),
    address: values.get("address") ?? null,
    token: values.get("token") ?? null,
    as: values.get("as") ?? null,
  };
}

function takeOptions(args: readonly string[]): { values: Map<string, string>; words: string[] } {
  const values = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] as string;
    const [, name = "", value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (SWITCHES.includes(name)) values.set(name, "true");
    else if (VALUES.includes(name)) values.set(name, required(name, value ?? args[++index]));
    else words.push(word === "-h" ? "--help" : word);
  }
  return { values, words };
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new Failure("invalid_input", `--${name} needs a value.`);
  return value;
}

/** The shell has taken the quotes away; the grammar wants them back around spaces. */
function quoted(word: string): string {
  const text = word.replaceAll('"', "'");
  if (text !== "" && !/\s/.test(text)) return text;
  const flag = /^(--[^=\s]+=)(.*)$/s.exec(text);
  return flag === null ? `"${text}"` : `${flag[1]}"${flag[2]}"`;
}

/** Where the control service is, and what opens it. */
export interface Target {
  readonly address: string;
  readonly token: string;
}

/**
 * Address and token: from the options, else from the environment or `.env`, else those of the local stack.
 * @throws Failure "invalid_input" if there is none, or the address is none
 */
export function findTarget(invocation: Invocation, environment: NodeJS.ProcessEnv): Target {
  const settings = readSettings(join(REPOSITORY, ".env"), environment);
  const address =
    invocation.address ||
    settings.ROLLCALL_ADDRESS ||
    `http://127.0.0.1:${portsAt(settings.ROLLCALL_PORT_OFFSET).control}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Failure("invalid_input", `The address is "${address}".`, { allowed: ["http://…", "https://…"] });
  const token = invocation.token || (invocation.as === null ? settings.ROLLCALL_TOKEN : undefined);
  if (token) return { address, token };
  const file = join(settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall"), "secrets.json");
  if (!existsSync(file))
    throw new Failure("invalid_input", `There is no API token: no --token, no ROLLCALL_TOKEN, and no ${file}.`, {
      next: "Start the local stack (npm start), or set ROLLCALL_ADDRESS and ROLLCALL_TOKEN.",
    });
  return { address, token: tokenOf(invocation.as ?? "operator", readOrMakeSecrets(file)) };
}

function tokenOf(person: string, { apiTokens }: Secrets): string {
  const token = Object.entries(apiTokens).find(([id]) => id === person)?.[1];
  if (token !== undefined) return token;
  throw new Failure("invalid_input", `The local stack has no token of "${person}".`, {
    allowed: Object.keys(apiTokens),
  });
}
