import { join } from "node:path";
import { expect, test } from "vitest";
import { renderEnvExample } from "./env-example.ts";

test(".env.example lists every setting of the control service as its configuration declares it", async () => {
  // `npx vitest run -u bot/src/env-example.test.ts` writes it anew.
  await expect(renderEnvExample()).toMatchFileSnapshot(join(import.meta.dirname, "../../.env.example"));
});
