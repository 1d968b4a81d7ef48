import type { Ports } from "./command.ts";
import type { Actor } from "./domain/actor.ts";
import { timeToken } from "./domain/report.ts";
import { listed, plain } from "./fleet-words.ts";
import { blockOf } from "./person-actor.ts";
import { OLDEST_FOR_ADMIN_SECONDS, OLDEST_FOR_OPERATOR_SECONDS } from "./policy.ts";
import type { Grant } from "./ports/directory.ts";
import type { PolicyRules } from "./ports/policy-rules.ts";

type RightsPorts = Pick<Ports, "directory" | "rules" | "clock">;

/** How old the knowledge of a person's rights is, and what widens or narrows them; nothing for a stranger. */
export function rightsLines(actor: Actor, ports: RightsPorts): string[] {
  if (ports.directory.byId(actor.id) === null) return [];
  const rules = ports.rules.current();
  return [
    ageLine(ports),
    ...blockLines(actor.id, rules, ports.clock.now()),
    ...rules.onCall.filter((one) => one.person === actor.id).map(({ until }) => `On call until ${timeToken(until)}`),
    ...liftLines(actor.id, rules, ports.clock.now()),
    ...scopeLines(actor, rules),
  ];
}

/** "fleet-operators@… through on-call@…, known since 2026-11-21 10:00 UTC" */
export function originOf({ from, via, knownSince }: Grant): string {
  const through = via.length === 0 ? "" : ` through ${via.join(", ")}`;
  const since =
    knownSince === null ? "" : `, known since ${new Date(knownSince).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `${from}${through}${since}`;
}

/** "known 41 s ago", with what follows if that is too long ago for a change. */
function ageLine({ directory, clock }: Pick<RightsPorts, "directory" | "clock">): string {
  const { asOf, held } = directory.trust();
  if (held !== null) return `Held: ${held}. Nobody may change anything until an admin on the host confirms it`;
  if (asOf === null) return `${directory.source} was never read, so nobody may change anything`;
  const seconds = Math.max(0, Math.round((clock.now() - asOf) / 1000));
  const age = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const limit = seconds > OLDEST_FOR_OPERATOR_SECONDS ? "any change" : "a change that needs admin";
  return `${directory.source}, known ${age} ago${seconds > OLDEST_FOR_ADMIN_SECONDS ? `: too old for ${limit}` : ""}`;
}

function blockLines(id: string, rules: PolicyRules, now: number): string[] {
  const block = blockOf({ id }, rules, now);
  if (block === null) return [];
  const until = block.until === null ? "until somebody unblocks you" : `until ${timeToken(block.until)}`;
  return [`🚫 Blocked by ${block.by} ${until}: ${plain(block.reason, 200)}`];
}

const liftLines = (id: string, { lifts }: PolicyRules, now: number): string[] =>
  lifts
    .filter(({ person, until }) => person === id && until > now)
    .map(
      ({ role, by, until, reason }) => `Lifted to ${role} by ${by} until ${timeToken(until)}: ${plain(reason, 200)}`,
    );

function scopeLines({ id, groups = [] }: Actor, { scopes }: PolicyRules): string[] {
  const mine = scopes.filter(({ who }) => who.some((one) => one === id || groups.includes(one)));
  return mine.map(({ id: rule, commands, agents }) => {
    const what = commands.includes("*") ? "any command" : listed(commands, 8);
    return `May change only: ${what} on ${agents === null ? "all agents" : agents.join(" ")} (${rule})`;
  });
}
