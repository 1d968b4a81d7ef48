import { describe, expect, test } from "vitest";
import { errorWords } from "./text.ts";

describe("errorWords", () => {
  test("says when and what, and leaves the ids to the log", () => {
    expect(
      errorWords("2026-11-21T11:23:26.244Z error no key agent=billing request_id=req-1 correlation_id=req-1 took=3s"),
    ).toBe("<!date^1795260206^{time_secs}|11:23:26 UTC> error no key agent=billing took=3s");
  });

  test("takes a line of any other form as it is", () => {
    expect(errorWords("Segmentation fault")).toBe("Segmentation fault");
    expect(errorWords("<!channel> *x*")).not.toContain("<!channel>");
  });
});
