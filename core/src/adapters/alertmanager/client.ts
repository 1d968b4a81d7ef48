import type { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import { addressOf } from "../prometheus/address.ts";

const TIMEOUT_MS = 3_000;
const NEXT = "npm run status shows whether it runs; ALERTMANAGER_URL says where it is looked for.";

/**
 * Asks Alertmanager's API, version 2. Each call has 3 s and follows no redirect.
 * @param url `http://127.0.0.1:9093`; may hold user and password
 */
export function openAlertmanager(url: string): (path: string, init?: RequestInit) => Promise<Response> {
  const { base, headers } = addressOf(url);
  return async (path, init = {}) => {
    const request = { ...init, headers: { ...headers, "content-type": "application/json" } };
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await fetch(`${base}/api/v2${path}`, { ...request, redirect: "error", signal });
    } catch (cause) {
      throw new Failure("unavailable", "Alertmanager does not answer", { cause, next: NEXT });
    }
  };
}

/** What it answered, in its form. @throws Failure "unavailable" if it refused, broke off or answered something else */
export async function read<Form>(answer: Response, form: z.ZodType<Form>): Promise<Form> {
  let text: string;
  try {
    text = await answer.text();
  } catch (cause) {
    throw new Failure("unavailable", "Alertmanager does not answer to the end", { cause, next: NEXT });
  }
  if (!answer.ok) throw refused(answer.status, text);
  const parsed = form.safeParse(asJson(text));
  if (!parsed.success) throw new Failure("unavailable", "Alertmanager answered in a form that is not known here");
  return parsed.data;
}

export const refused = (status: number, text: string): Failure =>
  new Failure("unavailable", `Alertmanager answered ${status}: ${text.trim().slice(0, 200)}`);

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
