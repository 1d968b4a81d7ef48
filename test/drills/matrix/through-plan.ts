import { randomUUID } from "node:crypto";
import { tokenIn } from "./doors.ts";

/**
 * Asks for a command and confirms the plan that comes back.
 * @returns the id of the request that waits for a second person then
 */
export async function askThroughPlan(
  url: string,
  { token, input, reason }: { token: string; input: object; reason: string },
): Promise<string> {
  const post = async (asked: object): Promise<string> => {
    const response = await fetch(url, {
      method: "POST",
      signal: AbortSignal.timeout(20_000),
      headers: {
        ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
        "idempotency-key": `key-${randomUUID()}`,
      },
      body: JSON.stringify({ ...asked, reason }),
    });
    return await response.text();
  };
  const planned = await post({ input });
  const confirm = tokenIn(planned);
  if (confirm === null) throw new Error(`no plan came: ${planned}`);
  const answer = await post({ confirm });
  const { request } = JSON.parse(answer) as { request?: { id: string } };
  if (request === undefined) throw new Error(`nobody was asked: ${answer}`);
  return request.id;
}
