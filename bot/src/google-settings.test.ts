import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { production, readSettings } from "@rollcall/core/secrets/read-settings.ts";
import { Secret } from "@rollcall/core/secrets/secret.ts";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { googleSettings, googleSourceOf } from "./google-settings.ts";

const schema = z.object(googleSettings);
const ALL = {
  GOOGLE_SERVICE_ACCOUNT: "{}",
  GOOGLE_DELEGATED_ADMIN: "Admin@Example.test",
  ROLLCALL_GROUP_ADMIN: "admins@example.test",
  ROLLCALL_GROUP_OPERATOR: "operators@example.test",
  ROLLCALL_GROUP_VIEWER: "viewers@example.test",
};

describe("settings of Google", () => {
  test("are none, and then roles come from access.yaml", () => {
    expect(googleSourceOf(schema.parse({}))).toEqual({ source: null });
  });

  test("are all five, with addresses in lower case and Google's own address", () => {
    expect(googleSourceOf(schema.parse({ ...ALL, ROLLCALL_FOREIGN_DOMAINS: "Partner.example, b.example" }))).toEqual({
      source: {
        key: expect.any(Secret),
        administrator: "admin@example.test",
        apiUrl: "https://admin.googleapis.com/",
        groups: { admin: "admins@example.test", operator: "operators@example.test", viewer: "viewers@example.test" },
        foreignDomains: ["partner.example", "b.example"],
      },
    });
  });

  test("have their key from a file, which in production only its owner can read", () => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-google-"));
    const file = join(folder, "key.json");
    writeFileSync(file, "the key\n");
    chmodSync(file, 0o640);
    const read = (word: string) =>
      readSettings(schema.extend({ ROLLCALL_PRODUCTION: production }), {
        ROLLCALL_PRODUCTION: word,
        GOOGLE_SERVICE_ACCOUNT_FILE: file,
      });
    expect(read("true")).toEqual({ problems: [expect.stringContaining("can be read by others (mode 640)")] });
    chmodSync(file, 0o600);
    const found = read("true");
    expect("settings" in found && found.settings.GOOGLE_SERVICE_ACCOUNT?.reveal()).toBe("the key");
    rmSync(folder, { recursive: true });
  });

  test.each(Object.keys(ALL))("without %s are refused, and never taken for none", (name) => {
    const found = googleSourceOf(schema.parse({ ...ALL, [name]: undefined }));
    expect(found).toEqual({ problems: [expect.stringContaining(`${name} not set`)] });
  });

  test.each([
    ["GOOGLE_API_URL", "https://admin.googleapis.com"],
    ["GOOGLE_API_URL", "ftp://x/"],
    ["ROLLCALL_GROUP_ADMIN", "admins"],
    ["ROLLCALL_FOREIGN_DOMAINS", "*"],
    ["ROLLCALL_FOREIGN_DOMAINS", "a@b.example"],
  ])("%s=%s is refused", (name, value) => {
    expect(schema.safeParse({ ...ALL, [name]: value }).success).toBe(false);
  });
});
