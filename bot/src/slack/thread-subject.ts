import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { agentsOf } from "@rollcall/core/domain/incident.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import { findCommand } from "./find-command.ts";
import type { Order } from "./render/buttons.ts";

/** What a thread is about: the card, operation or request above it. */
export interface Subject {
  readonly agents: readonly string[];
  /** The incident of the card; null under an operation's message. */
  readonly incident: { readonly id: string; readonly isFiring: boolean } | null;
}

interface SubjectDeps {
  readonly publications: Pick<Publications, "keyAt">;
  readonly ports: Pick<Ports, "incidents" | "operations" | "requests">;
}

/** @returns null if no message of ours with a row stands above the thread @throws Failure "unavailable" */
export async function findSubject(
  at: { channel: string; thread: string | null },
  { publications, ports }: SubjectDeps,
): Promise<Subject | null> {
  if (at.thread === null) return null;
  const key = await publications.keyAt({ channel: at.channel, ts: at.thread });
  if (key === null) return null;
  if (key.startsWith("inc-")) {
    const incident = await ports.incidents.find(key);
    if (incident === null) return null;
    return { agents: agentsOf(incident), incident: { id: incident.id, isFiring: incident.state === "firing" } };
  }
  if (key.startsWith("req-")) {
    const request = await ports.requests.find(key.split(":")[0] ?? "");
    return request === null ? null : { agents: request.targets, incident: null };
  }
  const operation = await ports.operations.find(key);
  return operation === null ? null : { agents: operation.targets.map(({ agent }) => agent), incident: null };
}

interface Reader {
  readonly commands: readonly CommandDefinition[];
  /** @throws Failure "unknown_command", "invalid_input" */
  readonly readOrder: (text: string) => Order;
}

/**
 * Reads words that may leave out whom they are about: the agents of the thread's card, or its incident.
 * A change of those agents is shown in the card, like one by its buttons.
 * @throws Failure "unknown_command", "invalid_input"
 */
export function completeOrder(text: string, subject: Subject, reader: Reader): Order {
  return placeInCard(withAgents(readShort(text, subject, reader), subject, reader), subject, reader);
}

/** What needs one agent or one incident is read with that of the thread behind it, if it does not stand alone. */
function readShort(text: string, { agents, incident }: Subject, { readOrder }: Reader): Order {
  try {
    return readOrder(text);
  } catch (error) {
    if (!isFailure(error) || error.code !== "invalid_input") throw error;
    const missing = [...(agents.length === 1 ? agents : []), ...(incident === null ? [] : [incident.id])];
    const [first] = [
      ...missing.flatMap((word) => readIfFits(`${text} ${word}`, readOrder)),
      ...(incident === null ? [] : readAbout(text, incident.id, readOrder)),
    ];
    if (first === undefined) throw error;
    return first;
  }
}

function readIfFits(text: string, readOrder: Reader["readOrder"]): Order[] {
  try {
    return [readOrder(text)];
  } catch {
    // The word does not belong there; what is wrong with the words themselves is told.
    return [];
  }
}

/** A command's name has three words at most. */
const MOST_NAME_WORDS = 3;

/** `note the key was renewed` takes the incident first, and then the words. */
function readAbout(text: string, id: string, readOrder: Reader["readOrder"]): Order[] {
  const words = text.trim().split(/\s+/);
  return Array.from({ length: Math.min(MOST_NAME_WORDS, words.length - 1) }, (_, at) => at + 1)
    .flatMap((length) => readIfFits([...words.slice(0, length), id, ...words.slice(length)].join(" "), readOrder))
    .filter(({ input }) => input.alert === id);
}

function withAgents(order: Order, { agents }: Subject, { commands }: Reader): Order {
  const { who } = order.input;
  const takesWho = findCommand(commands, order.command)?.words.includes("who") ?? false;
  const saysNobody = !Array.isArray(who) || who.length === 0;
  return takesWho && saysNobody && agents.length > 0
    ? { ...order, input: { ...order.input, who: [...agents] } }
    : order;
}

function placeInCard(order: Order, { agents, incident }: Subject, { commands }: Reader): Order {
  if (incident === null || !incident.isFiring) return order;
  const { who } = order.input;
  const isOurs = Array.isArray(who) && who.every((agent) => agents.includes(String(agent)));
  return isOurs && findCommand(commands, order.command)?.kind === "act" ? { ...order, incident: incident.id } : order;
}
