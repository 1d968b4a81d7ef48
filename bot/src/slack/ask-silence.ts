import { firingOf, mutesWords } from "@rollcall/core/brakes/run-silence.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { agentsOf } from "@rollcall/core/domain/incident.ts";
import { mayAsk, rightsOf } from "@rollcall/core/policy.ts";
import { splitWords } from "@rollcall/core/split-words.ts";
import { untilField } from "@rollcall/core/until-time.ts";
import type { Told } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { findCommand } from "./find-command.ts";
import type { Identified } from "./identity.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { silenceView } from "./render/silence-view.ts";

const SILENCE = "silence";

interface Asking {
  readonly order: Order;
  readonly identified: Pick<Identified, "actor">;
  readonly trigger: string | null;
}

/** `silence crm-chat`, with neither a time nor a why: a window asks for both. @returns null for any other words */
export function bareSilence(text: string): Order | null {
  const [first, ...rest] = splitWords(text).map((word) => word.text);
  if (first?.toLowerCase() !== SILENCE || rest.length === 0) return null;
  if (rest.some((word, at) => word.startsWith("--") || untilField.safeParse(rest.slice(at, at + 2).join(" ")).success))
    return null;
  return rest.some((word) => untilField.safeParse(word).success) ? null : { command: SILENCE, input: { who: rest } };
}

/**
 * Asks how long and why, where a wish to silence does not say it.
 * @returns null for any other wish, and for whom the command path refuses anyway
 * @throws Failure "invalid_input" with what to type where no window can be opened
 */
export async function askSilence({ order, identified, trigger }: Asking, desk: Desk): Promise<Told | null> {
  if (order.command !== SILENCE || order.confirm !== undefined || order.input.time !== undefined) return null;
  const { ports, commands, answers } = desk;
  const command = findCommand(commands, SILENCE);
  const rights = { actor: identified.actor, ...rightsOf(ports) };
  if (command === undefined || !mayAsk({ command, ...rights })) return null;
  const who = await whoIsMeant(order, desk);
  const wanted = { ...order, input: { who } };
  // Slack gives three seconds: what was told is in the rows, and Alertmanager is not waited for.
  const mutes = await firingOf(who, { incidents: ports.incidents });
  const says = mutes.length === 0 ? "Mutes what fires of them then; all others still ring" : mutesWords(mutes);
  const view = trigger === null ? null : silenceView(wanted, { who: who.join(", "), mutes: says });
  if (view === null || trigger === null) throw typeIt(who);
  const opened = await answers.chat.openWindow(trigger, view);
  if (opened.kind === "done")
    return { message: bareMessage("🔕 The window asks how long and why. Nothing has happened yet."), isNeedless: true };
  answers.log.warn({ outcome: opened.kind }, "a window could not be opened");
  throw typeIt(who);
}

async function whoIsMeant({ input, incident }: Order, { ports }: Desk): Promise<string[]> {
  if (Array.isArray(input.who) && input.who.length > 0) return input.who.map(String);
  const row = incident === undefined ? null : await ports.incidents.find(incident);
  if (row !== null) return agentsOf(row);
  throw new Failure("invalid_input", "Silence whom? Name agents, or press it on a card. Nothing was done.");
}

const typeIt = (who: readonly string[]): Failure =>
  new Failure("invalid_input", "a silence says how long and why", {
    next: `Type it: /fleet silence ${who.slice(0, 3).join(" ")} 1h why… Nothing was done.`,
  });
