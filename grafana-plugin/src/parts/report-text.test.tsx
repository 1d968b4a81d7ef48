import { cleanup, render } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { titleOf } from "./order.ts";
import { plainTimes, ReportText } from "./report-text.tsx";

const NOON = new Date(2026, 10, 28, 12, 0, 5).getTime();

afterEach(cleanup);

describe("a line of a report", () => {
  test("is bold where it says so, and tells moments in the reader's zone", () => {
    const { container } = render(<ReportText text={`🟢 *billing* works since {{time:${NOON}}}`} now={NOON} />);
    expect(container.innerHTML).toBe("🟢 <strong>billing</strong> works since 12:00:05");
    expect(plainTimes(`*a* {{time:${NOON}}}`, NOON)).toBe("a 12:00:05");
  });

  test.each([
    "<img src=x onerror=alert(1)>",
    "*<script>alert(1)</script>*",
    "`<b>`",
    "{{constructor}}",
    "[x](javascript:1)",
  ])("%s is shown, and is nothing but text", (text) => {
    const { container } = render(<ReportText text={text} now={NOON} />);
    expect(container.querySelectorAll("img, script, b, a")).toHaveLength(0);
    expect(container.textContent).toContain(text.replaceAll(/[*`]/g, ""));
  });
});

test("a form's title names the command and whom it is about", () => {
  expect(titleOf({ command: "roll-call", input: { who: ["billing", "@orders"] } })).toBe("Roll call billing @orders");
});
