import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { ReportView } from "./report-view.tsx";

const REPORT = { headline: "*3 alerts*", context: null, lines: [], fields: [], actions: [], sameAs: null };
const picture = { path: "/api/v1/reports/daily?format=png", words: "The fleet: Events of handled, failed" };

afterEach(cleanup);

describe("a report", () => {
  test("shows its picture by way of Grafana's proxy, and says what is on it to whoever cannot see it", () => {
    render(<ReportView report={{ ...REPORT, picture }} />);
    const shown = screen.getByAltText(picture.words);
    expect(shown.getAttribute("src")).toBe(`/api/plugin-proxy/rollcall-fleet-app${picture.path}`);
  });

  test("without one shows none", () => {
    const { container } = render(<ReportView report={REPORT} />);
    expect(container.querySelectorAll("img")).toHaveLength(0);
  });
});
