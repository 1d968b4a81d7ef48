import { expect, test } from "vitest";
import { placeOfLines } from "./lines-link.tsx";

const LINE = { at: 1_795_142_452_000, source: "billing", kind: "agent" };

test("an answer with lines leads to them: who wrote them, from the first to the last", () => {
  const lines = [
    LINE,
    { ...LINE, at: LINE.at - 60_000 },
    { ...LINE, source: "invoices" },
    { ...LINE, source: "exporter", kind: "service" },
  ];
  expect(placeOfLines({ lines })).toEqual({
    ...{ agent: "billing invoices", service: "exporter", from: "1795142392000", to: "1795142452001" },
  });
});

test.each([[undefined], [null], ["lines"], [{}], [{ lines: "many" }], [{ lines: [] }], [{ lines: ["sent", 7] }]])(
  "%j holds none",
  (data) => expect(placeOfLines(data)).toBeNull(),
);
