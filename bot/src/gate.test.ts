import { describe, expect, test } from "vitest";
import { createGate } from "./gate.ts";

const port = { greet: async (name: string) => `hello ${name}` };

describe("a gate", () => {
  test("refuses calls until it is open", async () => {
    const gate = createGate("being prepared");
    const guarded = gate.guard(port);
    await expect(guarded.greet("Olga")).rejects.toMatchObject({ code: "unavailable", message: "being prepared" });
    gate.open();
    expect(await guarded.greet("Olga")).toBe("hello Olga");
  });

  test("lets through who took the function while it was shut", async () => {
    const gate = createGate("being prepared");
    const { greet } = gate.guard(port);
    await expect(greet("Olga")).rejects.toMatchObject({ code: "unavailable" });
    gate.open();
    expect(await greet("Olga")).toBe("hello Olga");
  });
});
