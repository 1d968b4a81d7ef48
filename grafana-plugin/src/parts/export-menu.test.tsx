import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExportMenu } from "./export-menu.tsx";

interface Saved {
  readonly name: string;
  readonly content: Blob;
}

let saved: Saved[];

beforeEach(() => {
  saved = [];
  let content: Blob | undefined;
  // jsdom has no addresses for what is in memory, and follows no link.
  Object.assign(URL, {
    createObjectURL: (blob: Blob) => {
      content = blob;
      return "blob:export";
    },
    revokeObjectURL: () => undefined,
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
    if (content !== undefined) saved.push({ name: this.download, content });
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const ROWS = [
  { at: "2026-11-19T02:40:52.000Z", who: "Olga", words: "restart billing, forced", took: 5.4 },
  { at: "2026-11-19T02:41:52.000Z", who: "=cmd()", words: 'said "no"', took: null },
];

async function exportAs(format: string): Promise<string | undefined> {
  render(<ExportMenu name="operations" rows={() => ROWS} />);
  fireEvent.click(screen.getByRole("button", { name: "Export" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: format }));
  return saved[0]?.content.text();
}

test("JSON holds every row as it is", async () => {
  expect(JSON.parse((await exportAs("JSON")) ?? "")).toEqual(ROWS);
  expect([saved[0]?.name, saved[0]?.content.type]).toEqual(["operations.json", "application/json"]);
});

test("CSV holds the same rows, an empty cell for what is not known, and no formula", async () => {
  expect(await exportAs("CSV")).toBe(
    `at,who,words,took\r\n${ROWS[0]?.at},Olga,"restart billing, forced",5.4\r\n${ROWS[1]?.at},'=cmd(),"said ""no""",\r\n`,
  );
  expect(saved[0]?.name).toBe("operations.csv");
});
