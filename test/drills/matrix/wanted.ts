import type { CommandDefinition } from "@rollcall/core/command.ts";
import { parseCommandWords } from "@rollcall/core/command-words.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import type { Wanted } from "./rights-by-design.ts";

/** One wish of the matrix: a command as it is declared, with the input of its first example. */
export interface Wish extends Wanted {
  /** As it is typed. */
  readonly text: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Agents that the examples name, and some more, so that a few of them are no large share of the fleet. */
export const AGENTS: readonly string[] = [
  ...["billing", "invoices", "order-validator", "archive-writer", "content-orchestrator", "shipping"],
  ...Array.from({ length: 20 }, (_, index) => `agent-${index + 1}`),
];
/** One more than one person may touch alone. */
const MANY = "billing invoices shipping archive-writer";

export const commands: readonly CommandDefinition[] = await loadCommands();

/** What an outsider reads about rights in the guides; a command that is not here counts as it declares itself. */
const KNOWN_ROLES: Readonly<Record<string, Wanted["role"]>> = {
  ...{ help: null, whoami: null, status: "viewer", agents: "viewer", agent: "viewer", "roll-call": "viewer" },
  ...{
    history: "viewer",
    requests: "viewer",
    ops: "viewer",
    op: "viewer",
    bus: "viewer",
    "dead-letters": "viewer",
    "audit-verify": "viewer",
    report: "viewer",
  },
  ...{
    restart: "operator",
    start: "operator",
    stop: "operator",
    pause: "operator",
    resume: "operator",
    drain: "operator",
    ack: "operator",
    replay: "operator",
  },
  ...{ withdraw: "operator", drill: "operator", "diag-run": "operator", "diag-cancel": "operator" },
  ...{ freeze: "operator", thaw: "operator", maintenance: "operator", "maintenance-end": "operator" },
  ...{
    "maintenance-list": "viewer",
    silence: "operator",
    unsilence: "operator",
    silences: "viewer",
    unack: "operator",
  },
  ...{ give: "operator", "give-accept": "operator", "give-decline": "operator" },
  ...{ cancel: "operator", continue: "operator" },
  ...{ approve: "admin", deny: "admin", discard: "admin", "audit-export": "admin" },
};

/** Every command of the folder once, and restart and stop of many agents. */
export function makeWishes(): readonly Wish[] {
  const all = commands.map((command) => wishOf(command, command.examples[0] ?? command.name));
  const many = ["restart", "stop"].map((name) => {
    const command = commands.find((one) => one.name === name);
    if (command === undefined) throw new Error(`there is no command ${name}`);
    return wishOf(command, `${name} ${MANY}`);
  });
  return [...all, ...many];
}

function wishOf(command: CommandDefinition, text: string): Wish {
  const { input } = parseCommandWords(text, commands);
  const { name, kind, danger, live = false } = command;
  const role = KNOWN_ROLES[name] === undefined ? command.role : KNOWN_ROLES[name];
  const words = [input.who, input.id].flat().filter((word) => typeof word === "string");
  return { name, kind, role, danger, live, text, input, agents: words.filter((word) => AGENTS.includes(word)) };
}
