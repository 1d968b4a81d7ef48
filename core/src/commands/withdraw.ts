import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { personNow } from "../person-actor.ts";
import { findRequest, requestId } from "../request-input.ts";
import { endRequest, refuseEnded } from "../settle-request.ts";

const input = z.strictObject({ request: requestId });

export default defineCommand({
  name: "withdraw",
  aliases: [],
  kind: "act",
  summary: "Take back what you asked a second person for",
  role: "operator",
  danger: 1,
  input,
  words: ["request"],
  examples: ["withdraw req-31"],
  subjects: (raw) => [input.parse(raw).request],
  async targets(raw, context) {
    const request = await findRequest(input.parse(raw).request, context);
    refuseEnded(request, context.ports.clock.now());
    if (request.actor.id !== context.actor.id) {
      throw new Failure("forbidden", `${request.id} is ${request.actor.name}'s, so it is not yours to take back`, {
        rule: "not-yours",
        next: `An admin can refuse it: deny ${request.id}. Nothing was done.`,
      });
    }
    return [];
  },
  stages: [
    {
      name: "withdrawn",
      async run(_, { ports, operation }) {
        const request = await findRequest(input.parse(operation.input).request, { ports });
        const by = personNow(operation.actor, ports);
        await endRequest("withdrawn", { request, by, door: operation.door, reason: operation.reason }, ports);
        return { state: "done", ending: "done" };
      },
    },
  ],
});
