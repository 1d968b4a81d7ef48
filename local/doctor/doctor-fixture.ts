import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import type { Finding } from "./finding.ts";
import { readSituation, type Situation } from "./situation.ts";

// Its ports lie below those that Linux hands out to outgoing connections (from 32768 on).
export const OFFSET = "13500";

/** A data folder for each test, and the situation in it. */
export function createPlace() {
  const home = mkdtempSync(join(tmpdir(), "rollcall-doctor-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const place = {
    folder: "",
    envFile: "",
    environment: () => ({ ROLLCALL_DATA_DIR: place.folder, ROLLCALL_PORT_OFFSET: OFFSET }),
    renew() {
      place.folder = mkdtempSync(join(home, "data-"));
      place.envFile = join(mkdtempSync(join(home, "env-")), ".env");
    },
    situation(changes: Partial<Situation> = {}, env = ""): Situation {
      writeFileSync(place.envFile, env);
      return { ...readSituation(place.envFile, place.environment()), ...changes };
    },
  };
  return place;
}

export const toMend = (findings: readonly Finding[]) => findings.filter(({ state }) => state === "mend");

/** Exactly one thing is wrong, and it is said what and how to mend it. */
export function expectOne(findings: readonly Finding[], found: RegExp, how: RegExp): void {
  expect(toMend(findings)).toEqual([
    expect.objectContaining({ found: expect.stringMatching(found), mend: expect.stringMatching(how) }),
  ]);
}

/** A service that answers what a test says. */
export async function answering(answer: (path: string, response: ServerResponse) => void) {
  const server: Server = createServer((request, response) => answer(request.url ?? "", response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}
