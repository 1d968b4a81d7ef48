import { z } from "zod";
import { answerOffer, offerToMe } from "../answer-offer.ts";
import { defineCommand } from "../command.ts";
import { incidentField } from "../incidents/write-incident.ts";

const input = z.strictObject({ alert: incidentField });

export default defineCommand({
  name: "give-accept",
  aliases: [],
  kind: "act",
  summary: "Say yes to an alert that somebody hands over to you: it is yours",
  role: "operator",
  danger: 1,
  input,
  words: ["alert"],
  examples: ["give accept inc-7"],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, context) {
    await offerToMe(input.parse(raw).alert, context);
    return [];
  },
  stages: [{ name: "taken", run: (_, context) => answerOffer("taken", context) }],
});
