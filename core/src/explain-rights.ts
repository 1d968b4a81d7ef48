import type { ActCommand, CommandDefinition, ReadContext } from "./command.ts";
import { parseCommandWords } from "./command-words.ts";
import { isFailure } from "./domain/failure.ts";
import { type Action, type Report, timeToken } from "./domain/report.ts";
import { lookAction } from "./fleet-report.ts";
import { counted, listed, plain } from "./fleet-words.ts";
import { type Decision, decide, type PolicyQuestion, rightsOf } from "./policy.ts";
import { originOf, rightsLines } from "./rights-words.ts";

interface Question {
  readonly command: CommandDefinition;
  /** What it would be about, as it would be typed behind the command. */
  readonly words: readonly string[];
}

/**
 * Whether the actor may run a command, by which rule, from where that comes, who else can, whether it needs a second person
 * and what is in its way at this moment. Nothing is asked for by it.
 * @throws Failure "unavailable"
 */
export async function explainRights(question: Question, context: ReadContext): Promise<Report & { data: unknown }> {
  const { command } = question;
  const { ports, actor } = context;
  const aim = command.kind === "act" ? await aimOf({ ...question, command }, context) : NO_AIM;
  const decision = decide({ actor, command, ...rightsOf(ports), scope: aim.scope });
  const targets = aim.scope?.targets.map(({ id }) => id) ?? [];
  const what = [command.name, targets.length === 0 ? question.words.join(" ") : listed(targets)].join(" ").trim();
  return {
    headline: headlineOf(decision, plain(what, 60)),
    context: `rule ${decision.rule} · needs ${command.role ?? "no role"}, danger ${command.danger} of 3 · as of ${timeToken(ports.clock.now())}`,
    lines: [
      `${firstUpper(decision.why)}.`,
      ...(decision.instead === null ? [] : [decision.instead]),
      ...whoLines(decision),
      ...(ports.directory.byId(actor.id)?.grants ?? []).map((grant) => `${grant.role} from ${originOf(grant)}`),
      ...rightsLines(actor, ports),
      ...aim.lines,
    ],
    fields: [],
    actions: actionsOf(decision),
    sameAs: `same as /fleet why ${[command.name, ...question.words].join(" ")}`,
    data: { command: command.name, targets, ...decision },
  };
}

const firstUpper = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

function headlineOf({ allowed, needsSecondPerson }: Decision, what: string): string {
  if (needsSecondPerson) return `✋ *${what} needs a second person*`;
  return allowed ? `✓ *You may ${what}*` : `🚫 *You may not ${what}*`;
}

function whoLines({ allowed, needsSecondPerson, whoCan }: Decision): string[] {
  if (allowed) return [];
  if (whoCan.length === 0) return needsSecondPerson ? ["Nobody else could agree to it now"] : [];
  return [`${needsSecondPerson ? "Can agree to it" : "Can do it"} now: ${listed(whoCan, 8)}`];
}

const actionsOf = ({ needsSecondPerson }: Decision): Action[] => [
  lookAction("Who am I", "whoami", {}),
  ...(needsSecondPerson ? [lookAction("Requests", "requests", {})] : []),
];

interface Aim {
  /** null: what it is about is not known, so only the person is looked at. */
  readonly scope: PolicyQuestion["scope"];
  readonly lines: readonly string[];
}

const NO_AIM: Aim = { scope: null, lines: [] };

/** What the words would hit, and what is in the way of it now. */
async function aimOf({ command, words }: Question & { command: ActCommand }, context: ReadContext): Promise<Aim> {
  if (words.length === 0) return NO_AIM;
  const { ports } = context;
  try {
    const typed = [command.name, ...words.map(quoted)].join(" ");
    const { input } = parseCommandWords(typed, [command]);
    const targets = await command.targets(input, context);
    const fleet = await ports.registry.expected();
    const secondPerson = (await command.needsSecondPerson?.(targets, context, input)) ?? null;
    const subjects = command.subjects?.(input, context) ?? targets.map(({ id }) => id);
    const lines = [...(await lockLines(subjects, context)), ...(await waitingLines(command, subjects, context))];
    return { scope: { targets, fleetSize: fleet.agents.length, secondPerson }, lines };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { scope: null, lines: [`This far only, because: ${error.message}`] };
  }
}

/** A quoted word is never a flag. */
const quoted = (word: string): string => `"${word.replaceAll(/["“”„]/g, "")}"`;

/** One command per agent at a time. */
async function lockLines(subjects: readonly string[], { ports }: ReadContext): Promise<string[]> {
  const running = await ports.operations.list({ running: true, limit: 100 });
  const inTheWay = running.filter(({ targets }) => targets.some(({ agent }) => subjects.includes(agent)));
  if (inTheWay.length === 0) return ["Nothing else works on it now"];
  return inTheWay
    .slice(0, 3)
    .map(({ id, command, actor }) => `🔒 Taken by ${id} (${command} by ${actor.name}) until that has ended`);
}

async function waitingLines(
  { name }: CommandDefinition,
  subjects: readonly string[],
  { ports }: ReadContext,
): Promise<string[]> {
  const waiting = await ports.requests.list({ waiting: true, limit: 100 });
  const same = waiting.filter(
    ({ command, targets }) => command === name && targets.some((target) => subjects.includes(target)),
  );
  if (same.length === 0) return [];
  return [
    `✋ ${counted(same.length, "request")} for it ${same.length === 1 ? "waits" : "wait"}: ${listed(same.map(({ id }) => id))}`,
  ];
}
