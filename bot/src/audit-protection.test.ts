import { Failure } from "@rollcall/core/domain/failure.ts";
import { acceptanceOf } from "@rollcall/test/store-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { type AuditProtection, watchProtection } from "./audit-protection.ts";
import { operationOf } from "./http/app-fixture.ts";

let found: () => string[];
let accepted: number;
let watch: AuditProtection;
let accept: () => Promise<unknown>;
beforeEach(() => {
  found = () => [];
  accepted = 0;
  watch = watchProtection({} as never, async () => found());
  const store = watch.guard({
    find: async () => null,
    async accept() {
      accepted += 1;
      return { operation: operationOf(), repeated: false };
    },
  });
  accept = () => store.accept(acceptanceOf());
});

describe("while the audit log", () => {
  test("was not looked at yet, nothing is accepted", async () => {
    await expect(accept()).rejects.toMatchObject({
      code: "unavailable",
      detail: { found: "it was not looked at yet" },
    });
    expect(accepted).toBe(0);
  });

  test("is protected, commands are accepted", async () => {
    expect(await watch.look()).toEqual({ problems: [], changed: false });
    await accept();
    expect(accepted).toBe(1);
  });

  test("is not protected, nothing is accepted, and it is said what is wrong; then it goes on by itself", async () => {
    await watch.look();
    found = () => ["the trigger is switched off"];
    expect(await watch.look()).toMatchObject({ changed: true });
    expect(await watch.look()).toMatchObject({ changed: false });
    await expect(accept()).rejects.toMatchObject({
      code: "unavailable",
      detail: { found: "the trigger is switched off", next: expect.stringContaining("audit-unprotected.md") },
    });
    expect(accepted).toBe(0);
    found = () => [];
    expect(await watch.look()).toMatchObject({ changed: true });
    await accept();
    expect(accepted).toBe(1);
  });

  test("cannot be looked at, what was found last stays in force", async () => {
    found = () => ["the trigger is switched off"];
    await watch.look();
    found = () => {
      throw new Failure("unavailable", "PostgreSQL does not answer");
    };
    await expect(watch.look()).rejects.toMatchObject({ code: "unavailable" });
    await expect(accept()).rejects.toMatchObject({ detail: { found: "the trigger is switched off" } });
  });
});
