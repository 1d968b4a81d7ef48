import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import type { ApprovalRequest } from "../domain/approval.ts";
import { type Action, timeToken } from "../domain/report.ts";
import { mayAsk, rightsOf } from "../policy.ts";
import { requestLine, requestWhat } from "../request-words.ts";
import { APPROVING_DOORS } from "../settle-request.ts";

const input = z.strictObject({
  all: z.boolean().default(false).describe("Also those that have ended"),
});
const MOST = 10;

export default defineCommand({
  name: "requests",
  aliases: ["inbox"],
  kind: "read",
  summary: "Show what waits for a second person, and for you",
  role: "viewer",
  danger: 0,
  input,
  words: [],
  examples: ["requests", "requests --all"],
  async run(raw, context) {
    const { all } = input.parse(raw);
    const found = await context.ports.requests.list({ waiting: !all, limit: 50 });
    const now = context.ports.clock.now();
    const waiting = found.filter((one) => one.state === "waiting" && one.expiresAt > now);
    const mine = waiting.filter((one) => maySettle(one, context));
    const others = found.filter((one) => !mine.includes(one));
    const headline = waiting.length === 0 ? "*Nothing waits*" : headlineOf(mine.length, waiting.length - mine.length);
    return {
      headline,
      context: `as of ${timeToken(now)}`,
      lines: [...mine, ...others].slice(0, MOST).map(requestLine),
      fields: [],
      actions: mine.slice(0, 1).flatMap((one) => settleActions(one)),
      sameAs: all ? "same as /fleet requests --all" : "same as /fleet requests",
      data: { at: now, requests: found, mine: mine.map(({ id }) => id) },
    };
  },
});

const headlineOf = (mine: number, others: number): string =>
  mine === 0
    ? `*Nothing waits for you; ${others} wait${others === 1 ? "s" : ""} for others*`
    : `✋ *${mine} wait${mine === 1 ? "s" : ""} for you*`;

/** Whether the actor may agree to it here; what is asked again when they do. */
function maySettle({ actor: asker }: ApprovalRequest, { actor, door, commands, ports }: ReadContext): boolean {
  const approve = commands.find(({ name }) => name === "approve");
  if (approve === undefined || !actor.person || actor.id === asker.id || !APPROVING_DOORS.includes(door)) return false;
  return mayAsk({ actor, command: approve, ...rightsOf(ports) });
}

const settleActions = (request: ApprovalRequest): Action[] => [
  {
    ...{ label: "Approve", command: "approve", input: { request: request.id }, danger: true },
    confirm: {
      title: `Approve ${request.id}?`,
      text: `${request.actor.name} asks to ${requestWhat(request)}: ${request.reason}. It is done at once.`,
      yes: "Approve",
    },
  },
  { label: "Deny", command: "deny", input: { request: request.id }, danger: false, confirm: null },
];
