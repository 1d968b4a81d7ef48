import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BulkStage, membersOf } from "../bulk-fixture.ts";
import { currentPage } from "../operation-page-fixture.ts";
import { OperationRecord } from "../operation-record.ts";
import { ENDINGS, type Ending, OPERATION_STATES, type OperationState } from "./operation.ts";
import { mayBecome, TRANSITIONS } from "./operation-states.ts";

const PAGE = join(import.meta.dirname, "../../../docs/operations.md");

describe("the states of an operation", () => {
  test("each can be reached, and each but the last can be left", () => {
    expect(new Set(TRANSITIONS.map(({ to }) => to))).toEqual(new Set(OPERATION_STATES));
    expect(new Set(TRANSITIONS.map(({ from }) => from))).toEqual(
      new Set([null, ...OPERATION_STATES.filter((state) => state !== "ended")]),
    );
  });

  test.each<[OperationState | null, OperationState, Ending | null]>([
    [null, "running", null],
    ["queued", "waiting", null],
    ["queued", "ended", "recovered"],
    ["waiting", "verifying", null],
    ["waiting", "ended", "done"],
    ["running", "queued", null],
    ["running", "ended", "not-touched"],
    ["running", "ended", null],
    ["ended", "running", null],
    ["ended", "ended", "done"],
  ])("%s never becomes %s as %s", (from, to, ending) => {
    expect(mayBecome(from === null ? null : { state: from, ending: null }, { state: to, ending })).toBe(false);
  });

  test("everything but an agent's own ending may end what runs", () => {
    const allowed = ENDINGS.filter((ending) =>
      mayBecome({ state: "running", ending: null }, { state: "ended", ending }),
    );
    expect(allowed).toEqual(ENDINGS.filter((ending) => ending !== "not-touched"));
  });

  test("the executor stores no other step", async () => {
    const stage = new BulkStage(membersOf("platform"));
    const execution = { progress: { save: stage.save.bind(stage) }, signal: new AbortController().signal };
    const record = new OperationRecord(stage.row, execution as never);
    await expect(record.save(() => ({ state: "waiting" }))).rejects.toThrow(
      "op-1 is queued, and nothing makes it waiting",
    );
    expect(stage.saved).toEqual([]);
    await record.save(() => ({ state: "running" }));
    await expect(record.save(() => ({ state: "ended", ending: "not-touched" }))).rejects.toThrow(
      "op-1 is running, and nothing makes it ended as not-touched",
    );
  });

  test("docs/operations.md draws them as they are; `npm test -- operation-states -u` writes it anew", async () => {
    await expect(currentPage(readFileSync(PAGE, "utf8"))).toMatchFileSnapshot(PAGE);
  });
});
