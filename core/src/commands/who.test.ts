import { beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import { Failure } from "../domain/failure.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { NO_RULES } from "../policy-rules.ts";
import type { OnCallTurn } from "../ports/on-calls.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices");
  const admin = { id: "second", name: "Second admin", mails: [], slack: [], role: "admin" as const };
  Object.assign(fleet.ports.directory, { withRole: () => [admin] });
});
const turn = (name: string, level: number): OnCallTurn => ({
  ...{ name, level, policy: "Payments", schedule: "Primary", until: fleet.now + 60_000 },
});
const rung = (...turns: OnCallTurn[]) =>
  Object.assign(fleet.ports, { onCalls: { now: async () => ({ asOf: fleet.now - 5000, turns }) } });
const ask = (...who: string[]) => lookAt(fleet, { name: "who", input: { who } });

describe("who", () => {
  test("says who is rung first and who next, and who may agree", async () => {
    rung(turn("Olga", 1), turn("Ben", 2));
    const { headline, lines, context } = await ask();
    expect(headline).toBe("*On call: Olga*");
    expect(lines).toEqual([
      "1. *Olga* until T60 (Primary) · Payments",
      "2. *Ben* until T60 (Primary) · Payments",
      "May agree to what needs a second person: Second admin",
    ]);
    expect(context).toBe("by PagerDuty · as of T-5");
  });

  test("names the owners of the agents that are asked for", async () => {
    rung(turn("Olga", 1));
    const agent = fleet.agent("billing");
    agent.expected = { ...agent.expected, owner: "payments", runbook: "https://wiki.example/billing" };
    expect((await ask("billing", "invoices")).lines).toEqual(
      expect.arrayContaining([
        "Owner *payments*: billing · runbook https://wiki.example/billing",
        "Owner *orders*: invoices",
      ]),
    );
  });

  test("is by the times of access.yaml where PagerDuty is not asked, or does not answer, and says which", async () => {
    const onCall = [{ person: "operator", from: 0, until: fleet.now + 60_000, role: null }];
    Object.assign(fleet.ports, { rules: { current: () => ({ ...NO_RULES, readAt: fleet.now, onCall }) } });
    expect(await ask()).toMatchObject({
      headline: "*On call: Operator on call*",
      context: "by access.yaml; PagerDuty is not asked · as of T0",
    });
    const away = () => Promise.reject(new Failure("unavailable", "PagerDuty does not say who is on call"));
    Object.assign(fleet.ports, { onCalls: { now: away } });
    const { lines, context } = await ask();
    expect([context, lines[0]]).toEqual(["by access.yaml · as of T0", "❔ PagerDuty does not say who is on call"]);
  });

  test("does not take silence for nobody", async () => {
    expect((await ask()).headline).toBe("❔ *Nobody is on call*");
    const away = () => Promise.reject(new Failure("unavailable", "PagerDuty does not say who is on call"));
    Object.assign(fleet.ports, { onCalls: { now: away } });
    expect((await ask()).headline).toBe("❔ *It is not known who is on call*");
  });
});
