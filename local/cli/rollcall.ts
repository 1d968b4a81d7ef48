import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import type { ApiRequest } from "@rollcall/core/approval-contract.ts";
import type { CommandDefinition } from "@rollcall/core/command.ts";
import { parseCommandWords } from "@rollcall/core/command-words.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import type { ApiOperation } from "@rollcall/core/operation-contract.ts";
import type { ApiPlanned } from "@rollcall/core/plan-contract.ts";
import { StartFailure } from "../stack/addresses.ts";
import { type ControlClient, connectControl, isAway, type Wish } from "./terminal/control-client.ts";
import { decidePlan, plannedLines } from "./terminal/decide-plan.ts";
import { acceptedLine, endedWell, endLines, followOperation } from "./terminal/follow-operation.ts";
import { askedLines, decidedLine, followRequest } from "./terminal/follow-request.ts";
import { followRoll } from "./terminal/follow-roll.ts";
import { findTarget, type Invocation, readInvocation, type Target } from "./terminal/invocation.ts";
import { painted, refusalLines, reportLines, type Screen } from "./terminal/paint.ts";

const HELP = `rollcall <command>         the commands of /fleet, from a terminal: npx rollcall …, npm run rollcall -- …
rollcall <command> --help  how one command is written

--address URL   the control service; else ROLLCALL_ADDRESS, else the local stack's
--token rc_…    your API token; else ROLLCALL_TOKEN (better: others cannot read it), else the local stack's
--as PERSON     which token of the local stack: operator (if not said), second, viewer
--reason TEXT   why; stands in the audit log of every command that changes something
--dry-run       show the plan of a change: what it would do; changes nothing
--yes           confirm a plan without being asked; else a terminal asks, and without one nothing is done
--force         past the graceful order over the bus, and past a brake if a second person agrees; needs a reason
--wait          wait for a second person too, until they have decided or the time is over
--no-wait       return when a change is accepted; else it is followed to its end
--json          one JSON document: the answer of a look, the operation of a change, or the error

exit 0   answered, or done and proven
exit 1   refused (with --wait also by the second person, or nobody answered), or not understood; nothing was done
exit 2   ended badly, or its outcome is unknown
exit 4   a plan that nobody confirmed; nothing was done
exit 3   the control service, or what it needs, did not answer; a change may go on without us: rollcall status
`;

const ROLL_CALL = "roll-call";
const EXIT = { well: 0, refused: 1, badly: 2, away: 3, planned: 4 } as const;

async function askHere(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}

const terminal: Screen = {
  isRich: process.stdout.isTTY === true && !process.env.NO_COLOR,
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
  ask: process.stdin.isTTY === true && process.stdout.isTTY === true ? askHere : null,
};

/** `rollcall`. @returns the exit code, as the help says */
export async function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  screen: Screen = terminal,
): Promise<number> {
  try {
    const invocation = readInvocation(args);
    const commands = await loadCommands();
    if (invocation.isHelp) {
      for (const line of helpLines(commands)) screen.print(line);
      return EXIT.well;
    }
    const wish = wishOf(invocation, commands);
    const target = findTarget(invocation, environment);
    const client = connectControl(target);
    return await carryOut(wish, { target, client, commands, invocation, screen });
  } catch (error) {
    return sayFailure(error, { json: args.includes("--json"), screen });
  }
}

/** @throws what is no failure but a mistake of ours */
function sayFailure(error: unknown, { json, screen }: { json: boolean; screen: Screen }): number {
  const failure = error instanceof StartFailure ? new Failure("invalid_input", error.message) : error;
  if (!isFailure(failure)) throw error;
  const { code, message, detail } = failure;
  if (json) screen.print(JSON.stringify({ error: { code, message, ...detail, cause: undefined } }));
  else for (const line of refusalLines(failure)) screen.complain(line);
  return isAway(failure) ? EXIT.away : EXIT.refused;
}

function helpLines(commands: readonly CommandDefinition[]): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [HELP, ...commands.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`)];
}

function wishOf({ text }: Invocation, commands: readonly CommandDefinition[]): Wish {
  const { command, input, flags } = parseCommandWords(text, commands);
  const none = { reason: null, force: false, dryRun: false, confirm: null, key: null };
  if (flags.help) return { ...none, command: "help", input: { text: command.name } };
  // Made once: however often it is sent, it happens once.
  const key = command.kind === "act" ? `terminal-${randomUUID()}` : null;
  const { reason, force, dryRun } = flags;
  return { ...none, command: command.name, input, reason, force, dryRun, key };
}

interface Course {
  readonly target: Target;
  readonly client: ControlClient;
  readonly commands: readonly CommandDefinition[];
  readonly invocation: Invocation;
  readonly screen: Screen;
}

async function carryOut(wish: Wish, course: Course): Promise<number> {
  const { client, commands, invocation, screen } = course;
  const isFollowed = wish.command === ROLL_CALL && !invocation.json;
  const answer = isFollowed ? await callRoll(wish, course) : await client.run(wish);
  if ("operation" in answer) return seeThrough(answer, course);
  if ("plan" in answer) return decide(answer, wish, course);
  if ("request" in answer) return awaitSecondPerson(answer.request, course);
  if (invocation.json) screen.print(JSON.stringify(answer));
  else for (const line of reportLines(answer.report, commands, screen.isRich)) screen.print(line);
  return EXIT.well;
}

/** Says what is found while it is found, apart from the answer, which has all of it. */
async function callRoll(wish: Wish, { target, client, screen }: Course): ReturnType<ControlClient["run"]> {
  const requestId = `terminal-${randomUUID()}`;
  const following = new AbortController();
  const tell = (line: string): void => screen.complain(painted(line, screen.isRich));
  try {
    await followRoll(target, { requestId, tell, signal: following.signal });
    return await client.run(wish, requestId);
  } finally {
    following.abort();
  }
}

/** Shows a plan, and goes on with it if whoever is there says so. */
async function decide(planned: ApiPlanned, wish: Wish, course: Course): Promise<number> {
  const { invocation, screen } = course;
  if (invocation.json && !invocation.yes) screen.print(JSON.stringify(planned));
  if (!invocation.json) for (const line of plannedLines(planned)) screen.print(painted(line, screen.isRich));
  if (planned.confirm === null) return EXIT.well;
  // What --yes agreed to is the plan that was asked for, not the one that came in its place.
  const isYes = invocation.yes && planned.changed === null;
  const asking = invocation.json ? { ...screen, ask: null } : screen;
  const { isConfirmed, reason } = await decidePlan(planned, { screen: asking, isYes, given: wish.reason });
  if (!isConfirmed) {
    screen.complain(`Nothing was done. To confirm a plan: rollcall ${invocation.text} --yes`);
    return EXIT.planned;
  }
  const confirm = planned.confirm.token;
  return await carryOut({ ...wish, reason, force: false, confirm, key: `terminal-${randomUUID()}` }, course);
}

async function awaitSecondPerson(asked: ApiRequest, course: Course): Promise<number> {
  const { client, invocation, screen } = course;
  const tell = (line: string): void => {
    if (!invocation.json) screen.print(painted(line, screen.isRich));
  };
  for (const line of askedLines(asked)) tell(line);
  const request = invocation.wait ? await followRequest(asked, client) : asked;
  if (request.state !== "waiting") tell(decidedLine(request));
  if (request.operationId !== null) {
    return await seeThrough({ operation: await client.operation(request.operationId), repeated: false }, course);
  }
  if (invocation.json) screen.print(JSON.stringify({ request }));
  return request.state === "waiting" ? EXIT.well : EXIT.refused;
}

async function seeThrough(
  { operation, repeated }: { operation: ApiOperation; repeated: boolean },
  { client, invocation, screen }: Course,
): Promise<number> {
  const tell = (line: string): void => {
    if (!invocation.json) screen.print(painted(line, screen.isRich));
  };
  tell(acceptedLine(operation, repeated));
  const last = invocation.noWait ? operation : await follow(operation, { client, tell });
  if (invocation.json) screen.print(JSON.stringify({ operation: last }));
  if (invocation.noWait) return EXIT.well;
  for (const line of endLines(last)) tell(line);
  return endedWell(last) ? EXIT.well : EXIT.badly;
}

async function follow(
  accepted: ApiOperation,
  how: { client: ControlClient; tell: (line: string) => void },
): Promise<ApiOperation> {
  try {
    return await followOperation(accepted, how);
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new Failure("unavailable", `${accepted.id} was accepted, but its end is not known: ${error.message}`, {
      next: `It goes on without us: GET /api/v1/operations/${accepted.id} tells.`,
      cause: error,
    });
  }
}
