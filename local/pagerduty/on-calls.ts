import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";

const Turns = z.array(
  z.strictObject({
    ...{ name: z.string(), level: z.int().min(1), policy: z.string(), schedule: z.string().nullable() },
    end: z.iso.datetime({ offset: true }).nullable(),
  }),
);
type Turn = z.output<typeof Turns>[number];

const Query = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  offset: z.coerce.number().int().min(0).default(0),
});

/** The plan until somebody sets another one: two people of the stand-in for Slack. */
const PLAN: readonly Turn[] = [
  { name: "Operator on call", level: 1, policy: "Fleet", schedule: "Fleet primary", end: null },
  { name: "Second admin", level: 2, policy: "Fleet", schedule: "Fleet secondary", end: null },
];

/**
 * Who is on call, as PagerDuty's REST API says it: only to who has the key and names the version
 * (developer.pagerduty.com/docs, "Versioning" and "Errors").
 */
export function serveOnCalls(app: FastifyInstance, token: string | undefined): void {
  let plan = PLAN;
  app.get("/oncalls", async (request, reply) => {
    if (token === undefined || request.headers.authorization !== `Token token=${token}`)
      return reply.code(401).send({ error: { message: "Invalid authentication", code: 2006 } });
    if (request.headers.accept !== "application/vnd.pagerduty+json;version=2")
      return reply.code(406).send({ error: { message: "Not acceptable", code: 2005 } });
    const query = Query.safeParse(request.query);
    if (!query.success)
      return reply.code(400).send({ error: { message: "Invalid Input Provided", code: 2001, errors: [] } });
    const { limit, offset } = query.data;
    const oncalls = plan.slice(offset, offset + limit).map(show);
    return { oncalls, limit, offset, more: offset + limit < plan.length, total: null };
  });
  app.post("/control/on-calls", async (request) => {
    plan = readBody(request, Turns);
    return {};
  });
}

const show = ({ name, level, policy, schedule, end }: Turn) => ({
  user: { id: "PUSER", type: "user_reference", summary: name },
  schedule: schedule === null ? null : { id: "PSCHED", type: "schedule_reference", summary: schedule },
  escalation_policy: { id: "PPOLICY", type: "escalation_policy_reference", summary: policy },
  ...{ escalation_level: level, start: null, end },
});
