import { z } from "zod";
import { answerOffer, offerToMe } from "../answer-offer.ts";
import { defineCommand } from "../command.ts";
import { incidentField } from "../incidents/write-incident.ts";

const input = z.strictObject({ alert: incidentField });

export default defineCommand({
  name: "give-decline",
  aliases: [],
  kind: "act",
  summary: "Say not now to an alert that somebody hands over to you: it stays theirs",
  role: "operator",
  danger: 1,
  input,
  words: ["alert"],
  examples: ["give decline inc-7"],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, context) {
    await offerToMe(input.parse(raw).alert, context);
    return [];
  },
  stages: [{ name: "declined", run: (_, context) => answerOffer("declined", context) }],
});
