import { describe, expect, test } from "vitest";
import { readAccept, toOpenMetrics } from "./open-metrics.ts";

/** As Prometheus 2.42 sends it. */
const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

describe("readAccept", () => {
  test.each([
    [PROMETHEUS, true, true],
    ["application/openmetrics-text", true, false],
    ["text/plain;version=0.0.4", false, true],
    ["text/plain, application/openmetrics-text;q=0.5", false, true],
    ["application/openmetrics-text;q=0, */*", false, true],
    ["*/*", false, true],
    [undefined, false, true],
  ])("%s", (accept, wanted, textTaken) => {
    expect(readAccept(accept)).toEqual({ wanted, textTaken });
  });
});

describe("toOpenMetrics", () => {
  test("takes _total from a counter's family and not from its series, and every blank but one from a value", () => {
    const page =
      '# HELP a_total What "is"\n# TYPE a_total counter\na_total{x="y  z"}    7\n\n# HELP b B\n# TYPE b gauge\nb 1\n\n';
    expect(toOpenMetrics(page, new Map([['a_total{x="y  z"}', ' # {trace_id="1"} 2 3']]))).toBe(
      '# HELP a What \\"is\\"\n# TYPE a counter\na_total{x="y  z"} 7 # {trace_id="1"} 2 3\n# HELP b B\n# TYPE b gauge\nb 1\n# EOF\n',
    );
  });

  test("does not call a counter what is not named like one", () => {
    expect(toOpenMetrics("# TYPE a counter\na 1\n", new Map())).toBe("# TYPE a unknown\na 1\n# EOF\n");
  });
});
