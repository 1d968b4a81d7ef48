import { z } from "zod";
import { beginOf, periodField } from "../audit-period.ts";
import { defineCommand } from "../command.ts";
import { auditEntry } from "../domain/audit.ts";
import { timeToken } from "../domain/report.ts";

const USUAL_PERIOD = "7d";

const input = z.strictObject({ period: periodField.default(USUAL_PERIOD) });

export default defineCommand({
  name: "audit-export",
  aliases: [],
  kind: "read",
  summary: "Say where the audit log can be fetched as a file",
  role: "admin",
  danger: 0,
  input,
  words: ["period"],
  examples: ["audit export", "audit export 30d"],
  async run(raw, { ports, actor, door }) {
    const { period } = input.parse(raw);
    const now = ports.clock.now();
    const from = new Date(beginOf(period, now)).toISOString();
    const detail = { from, to: new Date(now).toISOString() };
    // Who asks for it is written down here, who fetches it there.
    await ports.audit.append(auditEntry({ event: "export", actor: actor.id, door, command: "audit-export", detail }));
    const path = (format: string) => `/api/v1/audit/export?format=${format}&from=${encodeURIComponent(from)}`;
    return {
      headline: `*The audit log of the last ${period}* can be fetched as a file`,
      context: `as of ${timeToken(now)} · with a token of an admin; each fetch is written down`,
      lines: [
        `CSV: ${path("csv")}`,
        `JSON Lines, to check the chain: ${path("jsonl")}`,
        "On the host: npm run audit -- export",
      ],
      fields: [],
      actions: [],
      sameAs: `same as /fleet audit export ${period}`,
      data: { from, csv: path("csv"), jsonl: path("jsonl") },
    };
  },
});
