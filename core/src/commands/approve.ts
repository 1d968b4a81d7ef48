import { z } from "zod";
import { defineCommand } from "../command.ts";
import { personNow } from "../person-actor.ts";
import { findRequest, requestId } from "../request-input.ts";
import { approveRequest, refuseApprover } from "../settle-request.ts";
import { APPROVAL, whoMayApprove } from "../who-may-approve.ts";

const input = z.strictObject({ request: requestId });

export default defineCommand({
  ...APPROVAL,
  aliases: [],
  summary: "Agree to what somebody else asked for; it is done at once",
  input,
  words: ["request"],
  examples: ["approve req-31"],
  subjects: (raw) => [input.parse(raw).request],
  async targets(raw, context) {
    const request = await findRequest(input.parse(raw).request, context);
    const wanted = { request, by: context.actor, door: context.door, reason: null };
    refuseApprover(wanted, context.ports.clock.now(), whoMayApprove(request, context.ports));
    return [];
  },
  stages: [
    {
      name: "approved",
      async run(_, { ports, operation, commands }) {
        const request = await findRequest(input.parse(operation.input).request, { ports });
        const by = personNow(operation.actor, ports);
        const wanted = { request, by, door: operation.door, reason: operation.reason };
        const isRepeat = request.state === "approved" && request.decidedBy?.id === by.id;
        const settled = isRepeat ? request : await approveRequest(wanted, { ports, commands });
        return { state: "done", ending: "done", detail: `${settled.operationId}: ${settled.command}` };
      },
    },
  ],
});
