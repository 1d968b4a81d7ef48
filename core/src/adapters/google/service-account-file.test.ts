import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readServiceAccount } from "./service-account-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-key-"));
});
afterAll(() => rm(folder, { recursive: true }));

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const good = {
  type: "service_account",
  client_email: "x@y.iam.gserviceaccount.com",
  private_key: String(privateKey.export({ format: "pem", type: "pkcs8" })),
};
async function read(content: string) {
  const file = join(folder, "key.json");
  await writeFile(file, content);
  return readServiceAccount(file);
}

describe("the key of a service account", () => {
  test("is read as Google gives it", async () => {
    expect(await read(JSON.stringify({ ...good, project_id: "p" }))).toEqual({
      email: good.client_email,
      privateKey: good.private_key,
    });
  });

  test.each([
    ["no JSON", "{"],
    ["the key of a person", JSON.stringify({ ...good, type: "authorized_user" })],
    ["no private key", JSON.stringify({ ...good, private_key: "planted-secret" })],
  ])("%s is refused without quoting it", async (...[, content]) => {
    const failure = await read(content).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "invalid_input" });
    expect(String((failure as Error).message)).not.toContain("planted-secret");
  });

  test("a file that is not there is named", async () => {
    await expect(readServiceAccount(join(folder, "none.json"))).rejects.toThrow("none.json cannot be read (ENOENT)");
  });
});
