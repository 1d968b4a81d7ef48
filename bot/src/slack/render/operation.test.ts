import { ENDINGS, type Operation, plannedStages, type TargetProgress } from "@rollcall/core/domain/operation.ts";
import type { Button } from "@slack/types";
import { describe, expect, test } from "vitest";
import { ended, FRAME, NOW, OPERATOR, operation, stagesUpTo } from "../fixtures.ts";
import { endingNote, operationMessage } from "./operation.ts";

import { expectCard, expectSound, HOSTILE, words } from "./sound-message.ts";

describe("an operation's message", () => {
  test("names the second person who agreed", () => {
    const approval = { requestId: "req-31", by: "second", name: "Second <!here> admin" };
    const text = JSON.stringify(operationMessage(operation({ approval }), FRAME).blocks);
    expect(text).toContain("approved by @Second &lt;!here&gt; admin");
  });

  test("shows each stage with its mark, and how long it will take", () => {
    const message = operationMessage(operation(), FRAME);
    expectCard(message);
    expect(message.text).toBe("Restarting billing (op-481). 10 s so far, by Operator on call");
    expect(words(message)).toContain("⏳ *<http://127.0.0.1:8080/operations/op-481|Restarting billing>* (op-481)");
    expect(words(message)).toContain("by @Operator on call");
  });

  test("of diagnostics counts the checks while they run, and says what they found", () => {
    const target = (agent: string, state: "done" | "failed" | "skipped" | "now" | "next") => {
      const endedAt = state === "now" || state === "next" ? null : NOW;
      const error = state === "failed" ? "1 of 22 do not beat: billing" : null;
      const stage = { name: "check", state, startedAt: NOW, endedAt, detail: null, error };
      return { agent, stages: [stage], memory: {}, ending: endedAt === null ? null : ("done" as const) };
    };
    const run = { command: "diag-run", input: { suite: "smoke" }, incidentId: null };
    const running = [target("redis-answers", "done"), target("writes-land", "now"), target("pager-answers", "next")];
    const message = operationMessage(operation({ ...run, targets: running }), FRAME);
    expectCard(message);
    expect(words(message)).toContain("|diagnostics smoke · 1 of 3>*");
    expect(words(message)).toContain("*redis-answers* check ✓");

    const found = [
      target("redis-answers", "done"),
      { ...target("heartbeats-fresh", "failed"), ending: "failed" as const },
      target("writes-land", "skipped"),
    ];
    const over = ended("partly", { ...run, targets: found, error: "heartbeats-fresh: 1 of 22 do not beat: billing" });
    expect(words(operationMessage(over, FRAME))).toContain("❌");
    expect(words(operationMessage(over, FRAME))).toContain("diagnostics smoke: 1 passed, 1 failed, 1 skipped in");
    expect(words(operationMessage(over, FRAME))).toContain("1 of 22 do not beat: billing");
    expectSound(endingNote(over, FRAME));
    const well = ended("done", { ...run, targets: [target("redis-answers", "done")] });
    expect(words(operationMessage(well, FRAME))).toContain("✅");
    expect(words(endingNote(well, FRAME))).toContain("diagnostics smoke: 1 passed in");
  });

  test("teaches at its end what would have been typed, which nobody can break out of", () => {
    const typed = ended("recovered", { typed: 'restart billing --reason "`<!channel>"' });
    expectSound(endingNote(typed, FRAME));
    expect(words(endingNote(typed, FRAME)).replaceAll("\\", "")).toContain(
      'same as `/fleet restart billing --reason "\'&lt;!channel&gt;"`',
    );
    expect(words(endingNote(ended("recovered"), FRAME))).not.toContain("same as");
  });

  test("admits that it has no estimate the first time", () => {
    expect(words(operationMessage(operation({ usualSeconds: null, earlierRuns: 0 }), FRAME))).toContain(
      "no estimate, first run",
    );
    const late = operation({ createdAt: NOW - 100_000 });
    expect(words(operationMessage(late, FRAME))).toContain("longer than usual (38 s");
  });

  test("shows what failed, and what was left out", () => {
    const stages = [
      { name: "sent", state: "done", startedAt: NOW, endedAt: NOW + 100, detail: null, error: null },
      { name: "stopped", state: "skipped", startedAt: null, endedAt: null, detail: "was gone", error: null },
      { name: "started", state: "failed", startedAt: NOW, endedAt: NOW + 30_000, detail: null, error: "exit 1 twice" },
      { name: "working", state: "done", startedAt: NOW, endedAt: NOW + 5300, detail: "by the supervisor", error: null },
      { name: "alert clear", state: "skipped", startedAt: null, endedAt: null, detail: null, error: null },
    ] as const;
    const message = operationMessage(
      ended("did-not-come-back", { targets: [{ agent: "billing", stages, memory: {}, ending: "did-not-come-back" }] }),
      FRAME,
    );
    expect(words(message)).toContain(
      "sent ✓ 0.1 s · stopped – was gone · started ✗ 30 s, exit 1 twice · working ✓ 5.3 s, by the supervisor · alert clear –",
    );
    expect(words(message)).toContain("❌");
    expect(words(message)).toContain("billing did not come back");
  });

  test.each([
    { ending: "recovered", command: "restart", mark: "✅", said: "billing recovered in 41 s" },
    { ending: "done", command: "stop", mark: "⏹", said: "billing stopped in 41 s" },
    { ending: "done", command: "start", mark: "✅", said: "billing started in 41 s" },
    { ending: "failed", command: "start", mark: "❌", said: "Start of billing failed" },
    { ending: "refused", command: "drill", mark: "🚫", said: "Drill of billing was refused" },
    { ending: "unknown", command: "restart", mark: "❔", said: "outcome unknown, still asking" },
  ] as const)("of $command that ended $ending says so", ({ ending, command, mark, said }) => {
    const message = operationMessage(ended(ending, { command }), FRAME);
    expect(words(message)).toContain(mark);
    expect(words(message)).toContain(said);
  });

  test.each([
    {
      ending: "recovered",
      mark: "✅",
      said: "billing recovered>",
      note: "billing works again, as was found out later.",
    },
    { ending: "did-not-come-back", mark: "❌", said: "billing did not come back", note: "did not come back" },
    { ending: "unknown", mark: "❔", said: "outcome unknown, nobody can tell any more", note: "Look at it yourself." },
  ] as const)("of what was found out later to be $ending says so, and since when that is known", (found) => {
    const { ending, mark, said, note } = found;
    const known = ended(ending, { knownAt: FRAME.now });
    const message = operationMessage(known, FRAME);
    expectCard(message);
    expect(words(message)).toContain(mark);
    expect(words(message)).toContain(said);
    expect(words(message)).toContain("known since");
    expect(endingNote(known, FRAME).text).not.toContain("keep asking");
    expect(words(endingNote(known, FRAME))).toContain(note);
  });

  test("of a replay that came back says how far it came, and not that an agent came back", () => {
    const error = "Replayed 1 of 25, it came back with the same reason — 24 not tried: vat_id is null";
    const replay = ended("did-not-help", { command: "replay", error });
    const message = operationMessage(replay, FRAME);
    expectCard(message);
    expect(words(message)).toContain("|Replayed 1 of 25, it came back with the same reason — 24 not tried>* (op-481)");
    expect(words(message)).toContain("vat_id is null");
    expect(endingNote(replay, FRAME).text).toContain("Replayed 1 of 25, it came back with the same reason");
    expect(endingNote(replay, FRAME).text).not.toContain("runbook");
  });

  test.each(ENDINGS)("is sound when it ends %s", (ending) => {
    expectCard(operationMessage(ended(ending), FRAME));
    expectSound(endingNote(ended(ending), FRAME));
  });

  test("shows a few of many agents, those in trouble first", () => {
    const targets = Array.from({ length: 5000 }, (_, index) => ({
      agent: `agent-${index}`,
      stages: stagesUpTo(5),
      memory: {},
      ending: index === 4999 ? ("failed" as const) : ("done" as const),
    }));
    const message = operationMessage(operation({ targets }), FRAME);
    expectCard(message);
    expect(words(message)).toContain("*agent-4999*");
    expect(words(message)).toContain("and 4996 more, all done");
  });

  test("says how late it is after Slack was away", () => {
    expect(words(operationMessage(operation(), { ...FRAME, behindMinutes: 4 }))).toContain(
      "this message was 4 min behind",
    );
  });

  test.each(HOSTILE)("stays sound whatever the agent says (%#)", (text) => {
    const stages = stagesUpTo(5).map((stage) => ({ ...stage, state: "failed" as const, detail: text, error: text }));
    const targets = [{ agent: text, stages, memory: {}, ending: "failed" as const }];
    const actor = { ...OPERATOR, name: text, slackUser: text };
    for (const command of ["restart", text]) {
      expectCard(operationMessage(operation({ targets, error: text, reason: text, actor, command }), FRAME));
      expectCard(operationMessage(ended("failed", { targets, error: text, actor, command }), FRAME));
      expectSound(endingNote(ended("did-not-come-back", { targets, error: text, actor, command }), FRAME));
    }
  });
});

describe("the ending of an operation on one agent", () => {
  const before = { at: NOW, waiting: 216, version: "4.7.1", handled: 4000, failed: 9, perSecond: 4.04 };
  const after = { at: NOW, waiting: 0, version: "4.7.2", handled: 300, failed: 0, perSecond: null };
  const withFigures = (figures: TargetProgress["figures"], ending: "recovered" | "did-not-help" = "recovered") =>
    ended(ending, { targets: [{ agent: "billing", stages: stagesUpTo(5), memory: {}, ending, figures }] });

  test("compares before and after, and says what was not measured", () => {
    const message = operationMessage(withFigures({ before, after }), FRAME);
    expectCard(message);
    const shown = message.blocks.flatMap((block) => (block.type === "section" ? (block.fields ?? []) : []));
    expect(shown.map(({ text }) => text)).toEqual([
      "*Waiting* 216 → 0",
      "*Errors since* 0 of 300",
      "*Rate* not measured, before 4.0/s",
      "*Version* 4.7.1 → 4.7.2",
    ]);
  });

  test("shows no figures while it runs, nor where nothing was measured", () => {
    const running = { ...withFigures({ before, after: null }), state: "running" as const, ending: null };
    const nothing = { at: NOW, waiting: null, version: null, handled: null, failed: null, perSecond: null };
    for (const one of [running, withFigures(undefined), withFigures({ before: nothing, after: nothing })])
      expect(words(operationMessage(one, FRAME))).not.toContain("Waiting");
  });
});

describe("the message of an operation over many agents", () => {
  const NAMES = ["content-1", "content-2", "image-creator", "content-4", "content-5", "content-6"];
  const many = (state: Operation["state"], more: Partial<Operation> = {}): Operation => {
    const ended = ["recovered", "recovered", "did-not-come-back"] as const;
    const targets = NAMES.map((agent, index) => ({
      ...{ agent, memory: {}, ending: ended[index] ?? null },
      stages: index < 3 ? stagesUpTo(5) : plannedStages(["sent", "stopped", "started", "working", "alert clear"]),
    }));
    const stop = { at: NOW, until: NOW + 600_000, rule: "budget", why: "budget 1 of 1 used", failed: 1 } as const;
    const stops = state === "running" ? [] : [{ ...stop, answered: null }];
    const bulk = { batches: [NAMES.slice(0, 3), NAMES.slice(3)], budget: 1, stops };
    return operation({ state, targets, bulk, input: { who: ["@content"] }, ...more });
  };
  const buttons = (message: ReturnType<typeof operationMessage>) =>
    message.blocks.flatMap((block) => (block.type === "actions" ? block.elements : [])) as Button[];

  test("that has stopped says how far it came, why, until when it waits, and offers to continue or to abort", () => {
    const message = operationMessage(many("waiting"), FRAME);
    expectCard(message);
    expect(words(message)).toContain("|Restarting @content>*");
    expect(words(message)).toContain(
      "3 of 6 · 2 working · 1 failed: image-creator · budget 1 of 1 used → stopped · 3 not touched",
    );
    expect(words(message)).toMatch(/waits for an answer until <!date\^\d+\^\{time_secs\}\|[\d:]+ UTC>, then it ends/);
    expect(message.text).toBe(
      "Restarting @content (op-481) has stopped: 3 of 6 · 2 working · 1 failed: image-creator · budget 1 of 1 used → stopped · 3 not touched",
    );
    expect(buttons(message).map(({ text }) => text.text)).toEqual(["Continue…", "Abort"]);
    expect(buttons(message).map(({ value }) => JSON.parse(value ?? ""))).toMatchObject([
      { command: "continue", input: { operation: "op-481" } },
      { command: "cancel", input: { operation: "op-481" } },
    ]);
    expect(buttons(message)[0]?.confirm?.text.text).toBe(
      "3 agents are not touched yet. It goes on with them; 1 more failure is allowed.",
    );
    expect(buttons(message)[1]?.style).toBe("danger");
  });

  test("that runs says what is left by what it took before, and can be cancelled", () => {
    const message = operationMessage(many("running", { usualSeconds: 60, earlierRuns: 3 }), FRAME);
    expectCard(message);
    expect(words(message)).toContain(
      "3 of 6 · 2 working · 1 failed: image-creator · 3 to go · ▓▓░░░ about 10 s left, from 3 earlier restarts",
    );
    expect(buttons(message).map(({ text }) => text.text)).toEqual(["Cancel…"]);
  });

  test("that was cancelled says where, and offers nothing any more", () => {
    const error = "cancelled by Second admin: 2 of 6 done, 1 failed, 3 not touched";
    const targets = many("waiting").targets.map(
      (target) => ({ ...target, ending: target.ending ?? "not-touched" }) as const,
    );
    const over = many("ended", { ending: "cancelled", error, targets, endedAt: NOW });
    const message = operationMessage(over, FRAME);
    expectCard(message);
    expect(words(message)).toContain("⏹");
    expect(words(message)).toContain(error);
    expect(words(message)).toContain("*content-4* not touched");
    expect(buttons(message)).toEqual([]);
    expect(endingNote(over, FRAME).text).toContain("2 of 6 done, 1 failed, 3 not touched");
  });

  test("is sound whatever the agents are called and however many they are", () => {
    for (const text of HOSTILE) {
      const targets = Array.from({ length: 40 }, () => ({
        ...(many("waiting").targets[2] as TargetProgress),
        agent: text,
      }));
      expectCard(operationMessage(many("waiting", { targets, input: { who: [text] } }), FRAME));
    }
  });
});

describe("the ending's note", () => {
  test("mentions who acted, which is the one buzz", () => {
    const note = endingNote(ended("recovered"), FRAME);
    expectSound(note);
    expect(words(note)).toContain("<@U0OPERATOR> billing works again, recovered in 41 s. (op-481)");
  });

  test("names a person without a Slack account", () => {
    const note = endingNote(ended("recovered", { actor: { ...OPERATOR, slackUser: null } }), FRAME);
    expect(words(note)).toContain("Operator on call billing works again");
  });
});
