import { z } from "zod";
import { defineCommand } from "../command.ts";
import { personNow } from "../person-actor.ts";
import { findRequest, requestId } from "../request-input.ts";
import { endRequest, refuseEnded } from "../settle-request.ts";

const input = z.strictObject({
  request: requestId,
  text: z.string().max(200).default("").describe("Why, for who asked"),
});

export default defineCommand({
  name: "deny",
  aliases: [],
  kind: "act",
  summary: "Refuse what somebody asked for; one refusal ends it",
  role: "admin",
  danger: 1,
  input,
  words: ["request", "text"],
  examples: ["deny req-31 not during the delivery"],
  subjects: (raw) => [input.parse(raw).request],
  async targets(raw, context) {
    refuseEnded(await findRequest(input.parse(raw).request, context), context.ports.clock.now());
    return [];
  },
  stages: [
    {
      name: "denied",
      async run(_, { ports, operation }) {
        const { request: id, text } = input.parse(operation.input);
        const request = await findRequest(id, { ports });
        const by = personNow(operation.actor, ports);
        const reason = text.trim() === "" ? operation.reason : text.trim();
        await endRequest("denied", { request, by, door: operation.door, reason }, ports);
        return { state: "done", ending: "done" };
      },
    },
  ],
});
