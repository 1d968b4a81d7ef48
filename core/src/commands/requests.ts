import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import type { ApprovalRequest } from "../domain/approval.ts";
import { type Action, timeToken } from "../domain/report.ts";
import { listed, plain } from "../fleet-words.ts";
import { workLines } from "../plan-words.ts";
import { mayAsk, rightsOf } from "../policy.ts";
import { findRequest, requestId } from "../request-input.ts";
import { requestLine, requestWhat } from "../request-words.ts";
import { APPROVING_DOORS } from "../settle-request.ts";
import { APPROVAL, whoMayApprove } from "../who-may-approve.ts";

const input = z.strictObject({
  request: requestId.optional().describe("One of them, with all that is bound to it"),
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
  words: ["request"],
  examples: ["requests", "requests --all", "requests req-31"],
  async run(raw, context) {
    const { all, request } = input.parse(raw);
    if (request !== undefined) return showOne(await findRequest(request, context), context);
    const found = await context.ports.requests.list({ waiting: !all, limit: 50 });
    const now = context.ports.clock.now();
    const waiting = found.filter((one) => waitsAt(one, now));
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

function showOne(request: ApprovalRequest, context: ReadContext) {
  const { id, why, rule, targets, hash, policyVersion, decidedDoor, plan } = request;
  const now = context.ports.clock.now();
  const mine = waitsAt(request, now) && maySettle(request, context) ? [request] : [];
  const who = whoMayApprove(request, context.ports).map(({ name }) => name);
  const door = decidedDoor === null ? null : { name: "by way of", value: decidedDoor };
  return {
    headline: `*${requestWhat(request)}* (${id})`,
    context: `as of ${timeToken(now)}`,
    lines: [requestLine(request), `${why} (rule ${rule})`, ...(plan === undefined ? [] : workLines(plan))],
    fields: [
      { name: "agents", value: targets.length === 0 ? "none" : listed(targets, 20) },
      { name: "input", value: plain(JSON.stringify(request.input), 200) },
      { name: "can approve it", value: who.length === 0 ? "nobody now" : listed(who) },
      { name: "bound to", value: `${hash.slice(0, 12)}, policy ${policyVersion.slice(0, 12)}` },
      ...(door === null ? [] : [door]),
    ],
    actions: mine.flatMap(settleActions),
    sameAs: `same as /fleet requests ${id}`,
    data: { at: now, requests: [request], mine: mine.map((one) => one.id) },
  };
}

const waitsAt = ({ state, expiresAt }: ApprovalRequest, now: number): boolean => state === "waiting" && expiresAt > now;

const headlineOf = (mine: number, others: number): string =>
  mine === 0
    ? `*Nothing waits for you; ${others} wait${others === 1 ? "s" : ""} for others*`
    : `✋ *${mine} wait${mine === 1 ? "s" : ""} for you*`;

/** Whether the actor may agree to it here; what is asked again when they do. */
function maySettle({ actor: asker }: ApprovalRequest, { actor, door, ports }: ReadContext): boolean {
  if (!actor.person || actor.id === asker.id || !APPROVING_DOORS.includes(door)) return false;
  return mayAsk({ actor, command: APPROVAL, ...rightsOf(ports) });
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
