import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import { keepOutOfText } from "../../secrets/redact.ts";

const shape = z.looseObject({
  type: z.literal("service_account"),
  client_email: z.email(),
  /** The number that domain-wide delegation is given to. */
  client_id: z.string().regex(/^\d+$/).optional(),
  private_key: z
    .string()
    .regex(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----END PRIVATE KEY-----\n?$/, "a PEM private key"),
});

/** What is needed of the key, and the number of the account if the key tells it. */
export interface ServiceAccount {
  readonly email: string;
  readonly privateKey: string;
  readonly number: string | null;
}

/**
 * The key of a service account, as the JSON that Google gives.
 * @throws Failure "invalid_input"; nothing of it is quoted
 */
export function readServiceAccount(text: string): ServiceAccount {
  const parsed = shape.safeParse(asJson(text));
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path: at }) => at.join(".") || "the whole").join(", ");
    const next = "Make a JSON key of the service account in the Google Cloud console, and name its file.";
    throw new Failure(
      "invalid_input",
      `GOOGLE_SERVICE_ACCOUNT is not the key of a service account: look at ${places}`,
      {
        next,
      },
    );
  }
  const { client_email: email, client_id: number = null, private_key: privateKey } = parsed.data;
  keepOutOfText(privateKey);
  return { email, privateKey, number };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
