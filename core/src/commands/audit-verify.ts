import { z } from "zod";
import { defineCommand } from "../command.ts";
import { auditEntry } from "../domain/audit.ts";
import { timeToken } from "../domain/report.ts";
import { counted } from "../fleet-words.ts";

export default defineCommand({
  name: "audit-verify",
  aliases: [],
  kind: "read",
  summary: "Prove that the audit log is unbroken",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["audit verify"],
  async run(_, { ports, actor, door }) {
    const check = await ports.audit.verify();
    const { rows, unbroken, firstBad, head, anchors } = check;
    const detail = { rows, unbroken, firstBad, head, anchors: anchors?.count ?? null };
    await ports.audit.append(auditEntry({ event: "verify", actor: actor.id, door, command: "audit-verify", detail }));
    const compared = anchors === null ? "no anchors outside the database" : `${counted(anchors.count, "anchor")} fit`;
    return {
      headline: firstBad === null ? `🟢 *${counted(rows, "row")}, unbroken*` : `🔴 *Broken at a-${firstBad.seq}*`,
      context: `as of ${timeToken(ports.clock.now())}`,
      lines:
        firstBad === null
          ? [compared]
          : [firstBad.why, `${counted(rows, "row")} before it fit. Runbook: audit-rolled-back.md`],
      fields: [{ name: "Head", value: head }],
      actions: [],
      sameAs: "same as /fleet audit verify",
      data: check,
    };
  },
});
