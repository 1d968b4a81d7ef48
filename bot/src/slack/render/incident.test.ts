import type { Change } from "@rollcall/core/domain/change.ts";
import { describe, expect, test } from "vitest";
import { agent, alert, beat, ended, FRAME, facts, goneFacts, incident, NOW, OPERATOR, operation } from "../fixtures.ts";
import { inputOf } from "../order-inputs.ts";
import { readOrder } from "./buttons.ts";
import { incidentCard } from "./incident.ts";

import { elements, expectCard, HOSTILE, labels, words } from "./sound-message.ts";

const card = (...of: Parameters<typeof incident>) => ({
  with: (known = facts()) => incidentCard(incident(...of), known, { ...FRAME, inputOf }),
});

describe("an incident's card", () => {
  test("says what is gone, what people feel, on what evidence, and offers three buttons", () => {
    const message = card().with();
    expectCard(message);
    expect(message.text).toBe("P0 billing is gone, payments stopped. Restart helped 4 of 5 times.");
    expect(words(message)).toContain("🟥 P0 *<http://127.0.0.1:8080/agents/billing");
    expect(words(message)).toContain("|billing is gone>* — payments stopped");
    expect(words(message)).toContain("rung 0 of 5");
    expect(words(message)).toContain("process ✗ exit 137");
    expect(words(message)).toContain("*Waiting* 64 in stock.reserved");
    expect(words(message)).toContain("restart helped 4 of 5, median 38 s");
    expect(labels(message)).toEqual(["Acknowledge", "Restart", "Runbook", "overflow"]);
  });

  test("offers the lines of the worst agent behind the dots", () => {
    const more = elements(card().with()).find(({ type }) => type === "overflow") as { options: { value: string }[] };
    const orders = more.options.map(({ value }) => JSON.parse(value) as object);
    expect(orders).toContainEqual({ command: "logs", input: { id: "billing" } });
  });

  test("names target and effect before a restart", () => {
    const restart = elements(card().with())[1];
    expect(restart).toMatchObject({
      style: "danger",
      confirm: {
        title: { text: "Restart billing?" },
        text: {
          text: "It is gone, so nothing running is lost. 64 waiting items are taken up again. Usually 38 s. This acknowledges the alert.",
        },
        confirm: { text: "Restart billing" },
        deny: { text: "Not now" },
      },
    });
    expect(readOrder(restart?.type === "button" ? restart.value : null)).toEqual({
      command: "restart",
      input: { who: ["billing"] },
      incident: "inc-7",
      asked: true,
    });
  });

  test("shows which rung an agent that does not consume fails on", () => {
    const stuck = beat("order-validator", {
      inFlight: 1,
      oldestInFlightAt: NOW - 32_000,
      canary: { handledAt: null, tookMs: null, waitingSince: NOW - 20_000 },
    });
    const message = card({ alertname: "AgentNotWorking", criticality: "P1", alerts: [alert("order-validator")] }).with(
      facts({
        agents: [
          {
            ...goneFacts("order-validator"),
            expected: agent("order-validator", { consequence: "new orders wait" }),
            judgement: {
              verdict: "alive but not consuming",
              rung: 3,
              health: "critical",
              since: NOW - 32_000,
              note: null,
            },
            beat: stuck,
          },
        ],
      }),
    );
    expectCard(message);
    expect(words(message)).toContain("|order-validator is alive but not consuming>* — new orders wait");
    expect(words(message)).toContain("process ✓ · heartbeat ✓ 2 s old · echo ✓ · canary ✗ not taken in 20 s · pace –");
    expect(words(message)).toContain("*In hand* 1 for 32 s, normal ≤ 2 s");
  });

  test("says who took it, and offers no second Acknowledge", () => {
    const message = card({ acknowledgedBy: OPERATOR, acknowledgedAt: NOW, acknowledgedHow: "by restarting" }).with();
    expectCard(message);
    expect(words(message)).toContain("👀 @Operator on call <!date^");
    expect(words(message)).toContain("by restarting");
    expect(labels(message)).toEqual(["Restart", "Runbook", "overflow"]);
    expect(words(message)).not.toContain("This acknowledges the alert");
  });

  test("shows the running restart inside, and offers no second one", () => {
    const message = card().with(facts({ operation: operation({ incidentId: "inc-7" }) }));
    expectCard(message);
    expect(words(message)).toContain(
      "⏳ *Restarting* (op-481) ▓░░░░ about 28 s left, from 5 earlier restarts · sent ✓ 1.0 s",
    );
    expect(words(message)).toContain("started ▸ · working ○ · alert clear ○");
    expect(labels(message)).toEqual(["Acknowledge", "Roll call", "Runbook", "overflow"]);
  });

  const muting = (memory: Record<string, unknown>) =>
    facts({
      operation: operation({
        incidentId: "inc-7",
        targets: [{ agent: "billing", stages: [], memory: memory as never, ending: null }],
      }),
    });

  const change = (known: Partial<Change>): Change => ({
    ...{ id: "ch-1", at: NOW - 200_000, kind: "version", agents: ["billing"], agentCount: 1 },
    ...{ what: "4.7.1 → 4.7.2", version: "4.7.2", by: "CI", link: null, ...known },
  });
  const orders: Change = change({ id: "op-3", kind: "operation", what: "pause, done", version: null, by: "Olga" });

  test("says what changed in the half hour before, its own agents first, and that nothing did", () => {
    const message = card().with(
      facts({ changed: [change({ agents: ["crm-chat"], what: "newly expected" }), orders, change({})] }),
    );
    expectCard(message);
    expect(words(message)).toMatch(
      /\*Changed, 30 min\* <!date[^>]+> pause of billing, done, by Olga \(op-3\); <!date[^>]+> billing 4\.7\.1 → 4\.7\.2, by CI; 1 more · \*Last time\*/,
    );
    expect(words(card().with(facts({ changed: [] })))).toContain("*Changed, 30 min* nothing · *Last time*");
    expect(words(card().with())).not.toContain("Changed");
  });

  test("does not take an order over another agent, or its start, for what changed here", () => {
    const others = [change({ ...orders, agents: ["crm-chat"] }), change({ kind: "start", agents: ["crm-chat"] })];
    expect(words(card().with(facts({ changed: others })))).toContain("*Changed, 30 min* nothing");
  });

  test("says whose alerts its restart mutes, and until when", () => {
    const message = card().with(muting({ mutedUntil: NOW + 120_000 }));
    expectCard(message);
    expect(words(message)).toContain("alerts of billing muted by op-481 until <!date^");
  });

  test("says that they could not be muted, and says nothing once the time is over", () => {
    const message = card().with(muting({ notMuted: "Alertmanager does not answer" }));
    expect(words(message)).toContain("alerts of billing could not be muted: Alertmanager does not answer");
    expect(words(card().with(muting({ mutedUntil: NOW - 1 })))).not.toContain("muted");
  });

  test("names the restart that overran as its cause, on the lock screen too", () => {
    const message = card().with(facts({ cause: operation({ id: "op-490" }) }));
    expectCard(message);
    expect(words(message)).toContain("caused by op-490, a restart by @Operator on call");
    expect(message.text).toBe("P0 billing is gone, payments stopped. Caused by op-490.");
  });

  test("says that its agent is in maintenance, in which window and until when", () => {
    const window = {
      id: "mw-3",
      agents: ["billing"],
      by: "Olga",
      reason: null,
      startedAt: NOW - 1,
      endsAt: NOW + 60_000,
    };
    const message = card().with(facts({ agents: [{ ...goneFacts("billing"), maintenance: window }] }));
    expectCard(message);
    expect(words(message)).toContain("billing in maintenance (mw-3) by Olga until <!date^");
    expect(words(card().with())).not.toContain("in maintenance");
  });

  test("names the maintenance in which it fell silent once that has ended, on the lock screen too", () => {
    const annotations = { summary: "billing is gone after maintenance mw-3", planned_work: "maintenance mw-3" };
    const message = card({ alerts: [alert("billing", { annotations })] }).with();
    expectCard(message);
    expect(words(message)).toContain("began in maintenance mw-3, which has ended");
    expect(message.text).toBe("P0 billing is gone, payments stopped. After maintenance mw-3, which has ended.");
  });

  test("offers no cure that has failed more often than it helped", () => {
    const message = card().with(facts({ history: { tried: 4, helped: 1, medianSeconds: 20 } }));
    expect(labels(message)).toEqual(["Acknowledge", "Roll call", "Runbook", "overflow"]);
    expect(words(message)).toContain("restart helped 1 of 4");
  });

  test("names several agents, worst first, and how many more there are", () => {
    const names = ["billing", "invoices", "shipping", "stock-keeper", "order-intake", "crm-chat", "archive-writer"];
    const message = card({ alerts: names.map((name) => alert(name)) }).with(facts({ agents: names.map(goneFacts) }));
    expectCard(message);
    expect(words(message)).toContain("|7 agents are gone>* — billing, invoices, shipping, stock-keeper,");
    expect(labels(message)).toEqual(["Acknowledge", "Roll call", "Runbook", "overflow"]);
  });

  test("says that it did not help when the agent came back and the alert goes on", () => {
    const message = card().with(facts({ operation: ended("did-not-help", { incidentId: "inc-7" }) }));
    expectCard(message);
    expect(words(message)).toContain("⚠️ P0 *<");
    expect(words(message)).toContain("billing came back, but the restart did not help");
    expect(labels(message)).toEqual(["Acknowledge", "Roll call", "Runbook", "overflow"]);
  });

  test("ends as recovered with the seconds it took, condensed, and leads to its course", () => {
    const message = card({
      state: "resolved",
      resolvedAt: NOW + 31_000,
      alerts: [alert("billing", { firing: false })],
    }).with(facts({ operation: ended("recovered", { incidentId: "inc-7" }) }));
    expectCard(message);
    expect(message.text).toBe("P0 billing recovered in 41 s.");
    expect(words(message)).toContain("✅ P0 *<");
    expect(words(message)).toMatch(/gone <!date[^>]+> → working <!date[^>]+> → alert clear <!date/);
    expect(words(message)).toContain("restarted by @Operator on call (op-481)");
    expect(labels(message)).toEqual(["Timeline", "overflow"]);
  });

  test("does not say recovered while its restart still runs", () => {
    const message = card({
      state: "resolved",
      resolvedAt: NOW,
      alerts: [alert("billing", { firing: false })],
    }).with(facts({ operation: operation({ incidentId: "inc-7" }) }));
    expectCard(message);
    expect(message.text).toBe("P0 Restarting billing, its alert has ended.");
    expect(words(message)).not.toContain("recovered");
  });

  test("says recovered without a restart only if the work is proven at this moment", () => {
    const over = { state: "resolved" as const, resolvedAt: NOW, alerts: [alert("billing", { firing: false })] };
    const working = {
      ...goneFacts("billing"),
      judgement: { verdict: "working", rung: 5, health: "healthy", since: null, note: null } as const,
    };
    expect(words(card(over).with(facts({ agents: [working] })))).toContain("|billing recovered in 20 s>");
    const silent = words(card(over).with(facts({ agents: [{ ...working, judgement: null }] })));
    expect(silent).toContain("❔ P0");
    expect(silent).toContain("no longer measured");
    expect(words(card(over).with())).toContain("no longer measured");
  });

  test("does not call an unreadable bus healthy, nor waiting unknown items none", () => {
    const blind = { ...goneFacts("billing"), judgement: null, beat: null, process: null, waiting: null };
    const message = card().with(facts({ agents: [blind], history: null, asOf: null }));
    expectCard(message);
    expect(words(message)).toContain("rung not measured");
    expect(words(message)).toContain("*Waiting* not measured");
    expect(words(message)).toContain("billing is gone");
  });

  test("uses the alert's own sentence where it is not about an agent that fails", () => {
    const lag = alert("billing", { alertname: "BusLagGrowing", annotations: { summary: "stock.reserved grows" } });
    const message = card({ alertname: "BusLagGrowing", alerts: [lag] }).with();
    expect(words(message)).toContain("stock.reserved grows");
    expect(words(message)).not.toContain("is gone>");
  });

  test("links no runbook that is not on the web", () => {
    const odd = alert("billing", { annotations: { runbook_url: "javascript:alert(1)" } });
    expect(words(card({ alerts: [odd] }).with())).not.toContain("javascript");
  });

  test.each(HOSTILE)("stays within its limits and mentions nobody, whatever labels say (%#)", (text) => {
    const hostile = alert(text, { annotations: { summary: text, consequence: text, runbook_url: text } });
    const agents = [{ ...goneFacts(text), expected: agent("billing", { consequence: text, runbook: text }) }];
    const person = { ...OPERATOR, name: text, slackUser: text };
    for (const alertname of ["AgentGone", text]) {
      const taken = {
        alertname,
        alerts: [hostile],
        acknowledgedBy: person,
        acknowledgedAt: NOW,
        acknowledgedHow: text,
      };
      const running = operation({ error: text, actor: person, command: text, reason: text });
      expectCard(card(taken).with(facts({ agents, operation: running })));
      expectCard(card({ ...taken, state: "resolved", resolvedAt: NOW }).with(facts({ agents, operation: null })));
      expectCard(card(taken).with(facts({ agents: [], history: null })));
    }
  });

  test("stays within its limits with 5000 agents", () => {
    const names = Array.from({ length: 5000 }, (_, index) => `agent-with-a-rather-long-name-${index}`);
    const alerts = names.map((name) => alert(name));
    const message = card({ alerts }).with(facts({ agents: names.slice(0, 10).map(goneFacts) }));
    expectCard(message);
    expect(message.text).toContain("5000 agents are gone");
  });
});
