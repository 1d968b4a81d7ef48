import { Failure } from "@rollcall/core/domain/failure.ts";
import { plainReport, timeToken } from "@rollcall/core/domain/report.ts";
import { validateMessage } from "@rollcall/local/slack/block-kit.ts";
import { describe, expect, test } from "vitest";
import { beat, goneFacts, NOW, operation } from "../fixtures.ts";
import { acceptedMessage, bareMessage, confirmMessage } from "./asking.ts";
import { confirmWords } from "./confirm-words.ts";
import { refusalMessage } from "./refusal.ts";
import { reportMessage } from "./report.ts";

import { elements, expectSound, HOSTILE, labels, words } from "./sound-message.ts";

describe("an answer", () => {
  test("draws a report with its age, lines, fields, buttons and the words to type", () => {
    const message = reportMessage({
      headline: "🔴 *20 of 22 work* — billing gone",
      context: `as of ${timeToken(NOW)}`,
      lines: ["🔴 billing gone", "🟢 20 working"],
      fields: [{ name: "Waiting", value: "64" }],
      actions: [
        {
          label: "Restart billing",
          command: "restart",
          input: { who: ["billing"] },
          danger: true,
          confirm: { title: "Restart billing?", text: "It is gone.", yes: "Restart billing" },
        },
        { label: "Again", command: "roll-call", input: {}, danger: false, confirm: null },
      ],
      sameAs: "/fleet roll-call",
    });
    expectSound(message);
    expect(message.text).toBe("🔴 20 of 22 work — billing gone. 🔴 billing gone");
    expect(words(message)).toContain(`<!date^${Math.floor(NOW / 1000)}^{time_secs}|02:41:28 UTC>`);
    expect(labels(message)).toEqual(["Restart billing", "Again"]);
    expect(words(message)).toContain("same as `/fleet roll-call`");
  });

  test("hides no dangerous step behind the overflow, where no dialog asks", () => {
    const action = (label: string, danger: boolean) => ({ label, command: "x", input: {}, danger, confirm: null });
    const actions = [action("A", false), action("B", false), action("C", false), action("D", true), action("E", false)];
    const more = elements(reportMessage({ ...plainReport("x"), actions })).find(({ type }) => type === "overflow");
    expect(more).toMatchObject({ options: [{ text: { text: "E" } }] });
  });

  test.each(HOSTILE)("of any text is sound (%#)", (text) => {
    const lines = Array.from({ length: 200 }, () => text);
    const fields = Array.from({ length: 20 }, () => ({ name: text, value: text }));
    const confirm = { title: text, text, yes: text };
    const actions = Array.from({ length: 12 }, () => ({
      label: text,
      command: "restart",
      input: { who: [text] },
      danger: false,
      confirm,
    }));
    const known = reportMessage({ headline: text || "x", context: text, lines, fields, actions, sameAs: text });
    expect(validateMessage(known)).toEqual([]);
    expect(JSON.stringify(known.blocks.filter(({ type }) => type !== "actions"))).not.toMatch(/<!(channel|here)|<@U0/);
    expectSound(bareMessage(text || "x"));
  });

  test("of 5000 lines says how many it left out", () => {
    const message = reportMessage(
      plainReport(
        "*5000 agents*",
        Array.from({ length: 5000 }, (_, n) => `agent-${n} working`),
      ),
    );
    expectSound(message);
    expect(words(message)).toContain("and 4960 more");
  });
});

describe("a refusal", () => {
  const frame = { what: "restart billing", ref: "req-9", suggestions: [] };

  test("says what was not done, why, who can, and an id to quote", () => {
    const failure = new Failure("forbidden", "restart needs operator. You are viewer.", {
      rule: "role-operator",
      next: "Can do it now: @Second admin.",
    });
    const message = refusalMessage(failure, frame);
    expectSound(message);
    expect(words(message)).toContain("🚫 *Not done: restart billing.* Restart needs operator. You are viewer.");
    expect(words(message)).toContain("rule role-operator · Can do it now: @Second admin. · ref req-9");
  });

  test("shows nothing of a bug but the id", () => {
    const message = refusalMessage(new Error("password=secret"), frame);
    expectSound(message);
    expect(JSON.stringify(message)).not.toContain("secret");
    expect(words(message)).toContain("ref req-9");
  });

  test("offers what was probably meant", () => {
    const order = { command: "restart", input: { who: ["billing"] } };
    const failure = new Failure("unknown_agent", '"bil" is no agent. Meant billing? Nothing was done.');
    const message = refusalMessage(failure, { ...frame, suggestions: [{ label: "Restart billing…", order }] });
    expect(labels(message)).toEqual(["Restart billing…"]);
    expect(message.text).toBe('"bil" is no agent. Meant billing? Nothing was done.');
  });

  test.each(HOSTILE)("of any text is sound (%#)", (text) => {
    const failure = new Failure("conflict", text || "x", { next: text, rule: text, found: text });
    expectSound(refusalMessage(failure, { what: text, ref: text, suggestions: [] }));
    expectSound(refusalMessage(new Error(text), { what: text, ref: text, suggestions: [] }));
  });
});

describe("the question before a change", () => {
  const intent = {
    command: "restart",
    agents: [goneFacts("billing")],
    history: null,
    acknowledges: false,
    asOf: NOW,
    summary: "Stop and start",
  };

  test("has done nothing yet, and can be left", () => {
    const message = confirmMessage(intent, { command: "restart", input: { who: ["billing"] } });
    expectSound(message);
    expect(labels(message)).toEqual(["Restart billing", "Not now"]);
    expect(words(message)).toContain("Nothing has happened yet.");
  });

  test("says what an agent that works is about to lose", () => {
    const judgement = { verdict: "working", rung: 5, health: "healthy", since: null, note: null } as const;
    const busy = {
      ...goneFacts("billing"),
      judgement,
      beat: beat("billing", { inFlight: 3, oldestInFlightAt: NOW - 400 }),
    };
    const { text } = confirmWords({ ...intent, agents: [busy] });
    expect(text).toContain("It works now. It holds 3 items (0 s old); they are handed out again.");
  });

  test("says that a stop lasts, and that a drill is real", () => {
    expect(confirmWords({ ...intent, command: "stop" }).text).toContain("stays stopped until somebody starts it");
    expect(confirmWords({ ...intent, command: "drill", fault: "hang" }).title).toBe("Drill hang billing?");
  });

  test("counts many", () => {
    const agents = Array.from({ length: 10 }, (_, index) => goneFacts(`agent-${index}`));
    const message = confirmMessage({ ...intent, agents, count: 5000 }, { command: "restart", input: { who: ["all"] } });
    expectSound(message);
    expect(labels(message)[0]).toBe("Restart 5000 agents");
  });

  test("is followed by a short word with the way to the message", () => {
    const message = acceptedMessage({ operation: operation({ state: "queued" }), repeated: false }, "C0OPS");
    expectSound(message);
    expect(words(message)).toContain("*op-481* accepted: Restarting billing. See <#C0OPS>.");
  });
});
