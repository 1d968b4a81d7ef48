import { readFile } from "node:fs/promises";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import { keepOutOfText } from "../../secrets/redact.ts";

const shape = z.looseObject({
  type: z.literal("service_account"),
  client_email: z.email(),
  private_key: z
    .string()
    .regex(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----END PRIVATE KEY-----\n?$/, "a PEM private key"),
});

/**
 * The key of a service account, in the file that Google gives.
 * @throws Failure "invalid_input"; nothing of the file is quoted
 */
export async function readServiceAccount(path: string): Promise<{ email: string; privateKey: string }> {
  const next = "Make a JSON key of the service account in the Google Cloud console, and name its file.";
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new Failure("invalid_input", `the service account's key ${path} cannot be read (${code})`, { next });
  }
  const parsed = shape.safeParse(asJson(text));
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path: at }) => at.join(".") || "the file").join(", ");
    throw new Failure("invalid_input", `${path} is not the key of a service account: look at ${places}`, { next });
  }
  const { client_email: email, private_key: privateKey } = parsed.data;
  keepOutOfText(privateKey);
  return { email, privateKey };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
