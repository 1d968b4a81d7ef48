import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import { type Actor, DOORS, type Door, hasRole } from "@rollcall/core/domain/actor.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { plainReport } from "@rollcall/core/domain/report.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import type { Directory, Person } from "@rollcall/core/ports/directory.ts";
import type { PolicyRules } from "@rollcall/core/ports/policy-rules.ts";
import { type CommandAnswer, type CommandRequest, type Engine, runCommand } from "@rollcall/core/run-command.ts";
import { operationOf } from "../../operation-fixture.ts";
import type { Cell, Knowledge, Subject } from "./rights-by-design.ts";
import { GROUP_OF, labelOf, type MatrixPerson, makePeople, NARROWED_GROUP, rulesAbout } from "./subjects.ts";
import { count, newTally, type Seen, type Tally } from "./verdict.ts";
import { AGENTS, commands, makeWishes, type Wish } from "./wanted.ts";

const FRESH: Knowledge = { ageMinutes: 0, held: false, answers: true, blocksRead: true };
/** Everything that can be known or not about rights. */
export const KNOWLEDGE: readonly (readonly [string, Knowledge])[] = [
  ["fresh", FRESH],
  ["the directory is away, 2 min old", { ...FRESH, ageMinutes: 2, answers: false }],
  ["6 min old", { ...FRESH, ageMinutes: 6, answers: false }],
  ["16 min old", { ...FRESH, ageMinutes: 16, answers: false }],
  ["6 min old, the directory answers again", { ...FRESH, ageMinutes: 6 }],
  ["held", { ...FRESH, held: true }],
  ["never read", { ...FRESH, ageMinutes: null, answers: false }],
  ["blocks never read", { ...FRESH, blocksRead: false }],
];
const OUTSIDE = new Set(["suspended", "archived", "removed from the directory", "of a foreign domain"]);
// Only what a look shows is left out; who may look is asked of the real declaration.
const quickCommands = commands.map(
  (command): CommandDefinition =>
    command.kind === "read" ? { ...command, run: async () => ({ ...plainReport("seen"), data: null }) } : command,
);

/** Every cell through the one command path in this process: doors × people × commands × knowledge. */
export async function fillInProcess(): Promise<Tally> {
  const tally = newTally();
  const people = makePeople();
  for (const [name, knowledge] of KNOWLEDGE) {
    const world = await openWorld(people, knowledge);
    for (const subject of [...people.map((one) => world.subjectOf(one)), ...world.ours]) {
      for (const door of DOORS) {
        for (const wish of world.wishes) {
          const { fixed, granted, standing } = subject;
          const cell: Cell = {
            door,
            credential: "good",
            subject: { fixed, granted, standing },
            knowledge,
            wanted: wish,
          };
          const label = `${door}, ${labelOf(subject)}, ${name}: ${wish.text}`;
          count(tally, cell, { seen: await tryIt(world.engine, subject.actor, { door, wish }), label });
        }
      }
    }
  }
  return tally;
}

interface Present extends Subject {
  readonly actor: Actor;
}

/** A fleet, people and rules in memory, with one request of somebody else that waits. */
async function openWorld(people: readonly MatrixPerson[], knowledge: Knowledge) {
  const fleet = new FakeFleet(...AGENTS);
  const rules: PolicyRules = {
    ...NO_RULES,
    ...{ version: "matrix", ...rulesAbout(people, fleet.now), readAt: knowledge.blocksRead ? fleet.now : null },
    ...(knowledge.blocksRead ? {} : { lifts: [] }),
  };
  const directory = directoryOf(people, { knowledge, now: fleet.now });
  const ports: Ports = { ...fleet.ports, directory, rules: { current: () => rules } };
  const request = await waitingRequest(ports);
  const wishes = makeWishes().map((wish) =>
    wish.input.request === undefined ? wish : { ...wish, input: { ...wish.input, request } },
  );
  const engine: Engine = { commands: quickCommands, ports, store: acceptingStore() };
  const rights = { directory, rules, now: fleet.now };
  const subjectOf = (one: MatrixPerson): Present => {
    // Who is on no list is known by the entry of access.yaml alone, which gives no role beside Google.
    const known = directory.byId(one.google) ?? { ...asPerson(one), id: one.id, role: null, grants: [] };
    return { ...one, actor: personActor(known, rights) };
  };
  return { engine, wishes, subjectOf, ours: OURS };
}

const OWN = { person: false, source: "the program", slackUser: null } as const;
const OURS: readonly Present[] = [
  {
    ...{ granted: "operator", standing: "known", fixed: ["diag-run"] },
    actor: { ...OWN, id: "schedule:nightly", name: "schedule", role: "operator", only: ["diag-run"] },
  },
  {
    ...{ granted: null, standing: "known", fixed: [] },
    actor: { ...OWN, id: "alertmanager", name: "Alertmanager", role: null, only: [] },
  },
];

const acceptingStore = (): Engine["store"] => ({
  accept: async () => ({ operation: operationOf(), repeated: false }),
  find: async () => null,
});

async function waitingRequest({ requests }: Ports): Promise<string> {
  const asker: Actor = { ...OWN, id: "asker", name: "Asker", role: "operator", person: true };
  const { request } = await requests.ask(
    {
      ...{ command: "stop", input: { who: ["shipping"] }, actor: asker, door: "slack", reason: "a matrix", hash: "h" },
      ...{ requestId: "matrix-1", idempotencyKey: "asker-1", targets: ["shipping"], policyVersion: "matrix" },
      ...{ incidentId: null, rule: "many-agents", why: "many", expiresInSeconds: 600 },
    },
    {} as never,
  );
  return request.id;
}

const asPerson = ({ google, mail, granted, standing }: MatrixPerson): Person => ({
  ...{ id: google, name: mail, mails: [mail], slack: [], role: OUTSIDE.has(standing) ? null : granted },
  grants:
    granted === null || OUTSIDE.has(standing)
      ? []
      : [
          {
            ...{ role: granted, from: GROUP_OF[granted], knownSince: null },
            via: standing === "narrowed by group" && granted === "operator" ? [NARROWED_GROUP] : [],
          },
        ],
});

function directoryOf(
  people: readonly MatrixPerson[],
  { knowledge, now }: { knowledge: Knowledge; now: number },
): Directory {
  const known = knowledge.ageMinutes === null ? [] : people.map(asPerson).filter(({ role }) => role !== null);
  const asOf = knowledge.ageMinutes === null ? null : now - knowledge.ageMinutes * 60_000;
  return {
    source: "Google Workspace",
    byId: (id) => known.find((one) => one.id === id) ?? null,
    ...{ bySlack: () => null, byMail: () => null, byToken: () => null },
    withRole: (role) => known.filter((one) => hasRole(one, role)),
    trust: () => ({ asOf, held: knowledge.held ? "it shrank from 12 to 3 people" : null }),
    async confirm(id, role) {
      if (!knowledge.answers) throw new Failure("unavailable", "it does not answer");
      return known.some((one) => one.id === id && hasRole(one, role));
    },
  };
}

/** Asks, and confirms the plan if one comes back. */
async function runThrough(request: CommandRequest, engine: Engine): Promise<CommandAnswer> {
  const answer = await runCommand(request, engine);
  if (answer.kind !== "plan" || answer.confirm === null) return answer;
  return await runCommand({ ...request, confirm: answer.confirm.token }, engine);
}

async function tryIt(engine: Engine, actor: Actor, { door, wish }: { door: Door; wish: Wish }): Promise<Seen> {
  try {
    const request = {
      ...{ command: wish.name, input: wish.input, actor, door, reason: "a matrix", requestId: "matrix" },
      ...{ idempotencyKey: `${actor.id}:${door}:${wish.text}`, incidentId: null },
    };
    const answer = await runThrough(request, engine);
    return { became: answer.kind === "request" ? "waits" : "done", rule: null, words: "" };
  } catch (error) {
    if (!isFailure(error)) return { became: "broken", rule: null, words: String(error) };
    const { code, message, detail } = error;
    const rule = detail.rule ?? (message.includes("PostgreSQL has not said") ? "rules-unknown" : null);
    if (code === "forbidden" || rule === "rules-unknown") return { became: "refused", rule, words: message };
    return { became: "nothing to do", rule: null, words: `${code}: ${message}` };
  }
}
