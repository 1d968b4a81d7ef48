import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readServiceAccount } from "./service-account-key.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const good = {
  type: "service_account",
  client_email: "x@y.iam.gserviceaccount.com",
  client_id: "118000000000000000001",
  private_key: String(privateKey.export({ format: "pem", type: "pkcs8" })),
};

describe("the key of a service account", () => {
  test("is read as Google gives it", () => {
    expect(readServiceAccount(JSON.stringify({ ...good, project_id: "p" }))).toEqual({
      email: good.client_email,
      privateKey: good.private_key,
      number: good.client_id,
    });
  });

  test.each([
    ["no JSON", "{"],
    ["the key of a person", JSON.stringify({ ...good, type: "authorized_user" })],
    ["no private key", JSON.stringify({ ...good, private_key: "planted-secret" })],
  ])("%s is refused without quoting it", (...[, content]) => {
    const read = () => readServiceAccount(content);
    expect(read).toThrow(expect.objectContaining({ code: "invalid_input" }));
    expect(read).toThrow(/^(?!.*planted-secret)/s);
  });
});
