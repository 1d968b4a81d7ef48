import type { CommandDefinition } from "./command.ts";
import type { Actor, Door } from "./domain/actor.ts";
import { Failure } from "./domain/failure.ts";
import { type LimitName, type LimitTable, limitWords } from "./domain/limits.ts";
import { timeToken } from "./domain/report.ts";
import type { LimitStore, NamedLimit, UsedUp } from "./ports/limit-store.ts";
import { MOST_AGENTS_ALONE } from "./second-person.ts";

/** What of a request decides how often it may come. */
export interface LimitedRequest {
  readonly actor: Pick<Actor, "id" | "person">;
  readonly door: Door;
  readonly input: unknown;
  readonly idempotencyKey: string | null;
}

/** How often a person may run commands, whichever door and token they come by. */
export interface CommandLimits {
  /** Before anything is looked up or written. @throws Failure "too_many_requests"; "unavailable" for an act that cannot be counted */
  admit(request: LimitedRequest, command: Pick<CommandDefinition, "name" | "kind">): Promise<void>;
  /** Once it is known how many agents are meant; a few have no limit of their own. @throws as `admit` */
  admitBulk(request: LimitedRequest, agents: number): Promise<void>;
}

export interface CommandLimitOptions {
  readonly table: LimitTable;
  /** For acts: the database that they are written to anyway. Away: refused, because an act that is not counted is not limited. */
  readonly acts: LimitStore;
  /** For reads. Away: let in and told, because looking is what people need most while something is broken. */
  readonly reads: LimitStore;
  readonly onRefused: (refused: { limit: string; door: Door; actor: string }) => void;
  readonly onUncounted: (cause: unknown) => void;
}

/** The limits of commands, one policy behind every door. Only people are limited; schedules and alerts have fixed rights. */
export function limitCommands(options: CommandLimitOptions): CommandLimits {
  const named = (names: readonly LimitName[]): NamedLimit[] =>
    names.flatMap((name) => {
      const limit = options.table[name];
      return limit === null ? [] : [{ name, ...limit }];
    });
  return {
    async admit(request, command) {
      await admitTo(request, { kind: command.kind, limits: named(limitsOf(command, request.input)) }, options);
    },
    async admitBulk(request, agents) {
      if (agents <= MOST_AGENTS_ALONE) return;
      await admitTo(request, { kind: "act", limits: named(["bulk"]) }, options);
    },
  };
}

function limitsOf({ name, kind }: Pick<CommandDefinition, "name" | "kind">, input: unknown): LimitName[] {
  if (kind === "read") {
    if (name !== "roll-call") return ["reads"];
    return isOfAll(input) ? ["roll-call-fleet", "roll-calls"] : ["roll-calls"];
  }
  // In a storm of alerts somebody takes one after another, and each of them stops a page.
  if (name === "ack") return ["acknowledgements"];
  return name === "approve" ? ["approvals"] : ["acts", "acts-hour"];
}

/** Nobody is named: everybody is meant. */
function isOfAll(input: unknown): boolean {
  const { who } = (input ?? {}) as { who?: unknown };
  return !Array.isArray(who) || who.length === 0 || who.includes("all");
}

async function admitTo(
  { actor, door, idempotencyKey }: LimitedRequest,
  { kind, limits }: { kind: CommandDefinition["kind"]; limits: readonly NamedLimit[] },
  options: CommandLimitOptions,
): Promise<void> {
  if (!actor.person || limits.length === 0) return;
  const use = { principal: `person:${actor.id}`, wish: idempotencyKey, limits };
  const usedUp = await (kind === "act" ? options.acts.take(use) : takeIfPossible(use, options));
  if (usedUp === null) return;
  options.onRefused({ limit: usedUp.name, door, actor: actor.id });
  throw tooMany(usedUp, limits);
}

async function takeIfPossible(
  use: Parameters<LimitStore["take"]>[0],
  { reads, onUncounted }: CommandLimitOptions,
): Promise<UsedUp | null> {
  try {
    return await reads.take(use);
  } catch (error) {
    onUncounted(error);
    return null;
  }
}

/** The refusal in words: how many there may be, and when the next one may come. */
export function tooMany({ name, freeAt }: UsedUp, limits: readonly NamedLimit[]): Failure {
  const limit = limits.find((candidate) => candidate.name === name);
  const words = limit === undefined ? "too many requests" : `there may be ${limitWords(limit)}`;
  return new Failure("too_many_requests", `${words}; next at ${timeToken(freeAt)}`, {
    rule: `limit-${name}`,
    retryAt: freeAt,
    next: `Wait until ${timeToken(freeAt)}. Nothing was done.`,
  });
}
