import { createSlackClient } from "@rollcall/core/adapters/slack/web-client.ts";
import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import type { Person } from "@rollcall/core/ports/directory.ts";
import { fastify } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity } from "./identity.ts";

const ANNA: Person = { id: "anna", name: "Anna", mails: [], slack: [{ team: "T1", user: "U1" }], role: "operator" };
const GOOD = {
  id: "U1",
  team_id: "T1",
  name: "anna",
  is_email_confirmed: true,
  profile: { display_name: "Anna the great" },
};

/** What Slack answers to `users.info`, and how often it was asked. */
const slack = { answer: {} as Record<string, unknown>, status: 200, asked: 0 };
const app = fastify();
app.addContentTypeParser("application/x-www-form-urlencoded", (_request, _body, done) => done(null, null));
app.post("/api/users.info", async (_request, reply) => {
  slack.asked += 1;
  return await reply.code(slack.status).send(slack.answer);
});
const clock = { at: 0, now: () => clock.at };
let identify: ReturnType<typeof createIdentity>;
let url = "";

beforeAll(async () => {
  url = await app.listen({ host: "127.0.0.1", port: 0 });
});
beforeEach(() => {
  Object.assign(slack, { answer: { ok: true, user: GOOD }, status: 200, asked: 0 });
  clock.at = 1_000_000;
  const client = createSlackClient({ token: "xoxb-1", apiUrl: `${url}/api/`, timeoutMs: 2000 });
  const bySlack = (team: string, user: string) => (team === "T1" && user === "U1" ? ANNA : null);
  const directory = {
    source: "access.yaml",
    bySlack,
    byId: () => null,
    byToken: () => null,
    // Whatever address: it must not be asked.
    byMail: () => ANNA,
    trust: () => ({ asOf: 0, held: null }),
    confirm: async () => true,
    withRole: () => [],
  };
  identify = createIdentity({ client, team: "T1", directory, rules: { current: () => NO_RULES }, clock });
});
afterAll(async () => await app.close());

describe("identity", () => {
  test("is the person of the directory whom Slack vouches for, by the directory's name and role", async () => {
    expect(await identify("T1", "U1")).toEqual({
      actor: {
        id: "anna",
        name: "Anna",
        role: "operator",
        person: true,
        source: "access.yaml",
        slackUser: "U1",
        groups: [],
      },
      objection: null,
      confirmed: true,
    });
  });

  test.each([
    [{ deleted: true }, "deleted"],
    [{ is_bot: true }, "bot"],
    [{ is_stranger: true }, "of another company"],
    [{ team_id: "T2" }, "of another workspace"],
    [{ team_id: undefined }, "of another workspace"],
    [{ is_restricted: true }, "guest"],
    [{ is_ultra_restricted: true }, "guest"],
    [{ is_email_confirmed: false }, "without a confirmed mail"],
    [{ is_email_confirmed: undefined }, "without a confirmed mail"],
  ])("has no role for somebody with %j, who is listed all the same", async (mark, objection) => {
    slack.answer = { ok: true, user: { ...GOOD, ...mark } };
    const { actor, ...rest } = await identify("T1", "U1");
    expect(rest).toEqual({ objection, confirmed: true });
    expect(actor).toMatchObject({ id: "slack:T1/U1", role: null, person: false });
  });

  test("is not who an address says that somebody wrote into their Slack profile", async () => {
    const profile = { display_name: "Anna", email: "anna@example.test" };
    slack.answer = { ok: true, user: { ...GOOD, id: "U3", profile } };
    const { actor } = await identify("T1", "U3");
    expect(actor).toMatchObject({ id: "slack:T1/U3", role: null, person: false });
  });

  test("has no role for users of another workspace, without asking", async () => {
    expect(await identify("T2", "U1")).toMatchObject({ actor: { role: null }, objection: "of another workspace" });
    expect(slack.asked).toBe(0);
  });

  test("has no role for a user whom Slack does not know", async () => {
    slack.answer = { ok: false, error: "user_not_found" };
    expect(await identify("T1", "U1")).toMatchObject({ actor: { role: null }, objection: "unknown to Slack" });
  });

  test("has no role for a member who is in no directory, and nothing against them", async () => {
    slack.answer = { ok: true, user: { ...GOOD, id: "U9", profile: {}, real_name: "Nobody known" } };
    const { actor, objection } = await identify("T1", "U9");
    expect(actor).toMatchObject({ id: "slack:T1/U9", name: "Nobody known", role: null });
    expect(objection).toBeNull();
  });

  test("asks again after a minute, so that who was let go acts no longer", async () => {
    await identify("T1", "U1");
    clock.at += 59_000;
    slack.answer = { ok: true, user: { ...GOOD, deleted: true } };
    expect((await identify("T1", "U1")).actor.role).toBe("operator");
    expect(slack.asked).toBe(1);
    clock.at += 1000;
    expect((await identify("T1", "U1")).objection).toBe("deleted");
    expect(slack.asked).toBe(2);
  });

  test.each([
    ["answers with an error", { answer: { ok: false, error: "internal_error" } }],
    ["is broken", { status: 500 }],
    ["refuses the token", { answer: { ok: false, error: "token_revoked" } }],
    ["answers without a user", { answer: { ok: true } }],
  ])("is unconfirmed while Slack %s: known for a quarter of an hour, then nobody", async (_, fault) => {
    await identify("T1", "U1");
    Object.assign(slack, fault);
    clock.at += 60_000;
    expect(await identify("T1", "U1")).toMatchObject({ actor: { role: "operator" }, confirmed: false });
    clock.at += 15 * 60_000;
    expect(await identify("T1", "U1")).toMatchObject({ actor: { role: null }, confirmed: false, objection: null });
  });
});
