import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { portsAt } from "../stack/addresses.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { checkDisk, checkFiles, checkPorts, checkSettings } from "./check-settings.ts";
import { clockFinding } from "./check-stores.ts";
import { createPlace, expectOne, OFFSET, toMend } from "./doctor-fixture.ts";

const place = createPlace();
const { situation } = place;
beforeEach(() => place.renew());
afterEach(() => void vi.restoreAllMocks());

describe("npm run doctor, on settings and files", () => {
  const slack = [
    ...["SLACK_BOT_TOKEN=xoxb-1", "SLACK_SIGNING_SECRET=0123456789abcdef", "SLACK_BOT_ID=B1", "SLACK_BOT_USER_ID=U1"],
    ...["SLACK_TEAM_ID=T1", "ROLLCALL_SLACK_ALERTS_CHANNEL=C1", "ROLLCALL_SLACK_OPS_CHANNEL=C2"],
  ];

  test("settings that are whole are fine, and so is none", () => {
    expect(toMend(checkSettings(situation({}, slack.join("\n"))))).toEqual([]);
    expect(toMend(checkSettings(situation()))).toEqual([]);
  });

  test.each([
    ["a missing one", slack.slice(0, -1), /not ROLLCALL_SLACK_OPS_CHANNEL/, /Set them all/],
    ["a channel by its name", [...slack, "ROLLCALL_SLACK_OPS_CHANNEL=ops"], /OPS_CHANNEL is not the id/, /Correct/],
    ["a wrong token", [...slack, "SLACK_BOT_TOKEN=xoxp-1"], /SLACK_BOT_TOKEN is not a bot token/, /Correct/],
    ["a short key", ["ROLLCALL_FLEET_KEY=short"], /FLEET_KEY is not at least 32/, /Correct/],
    ["a misspelt name", ["SLACK_BOT_TOKN=x"], /nobody reads SLACK_BOT_TOKN/, /spelling/],
  ])("%s is named", (...[, lines, found, how]) => {
    const findings = checkSettings(situation({}, lines.join("\n")));
    expectOne(findings, found, how);
    expect(JSON.stringify(findings)).not.toContain("xoxp-1");
  });

  test("a fleet file that is wrong, and secrets that are damaged or open to others, are named", async () => {
    const fleetFile = join(place.folder, "fleet.yaml");
    writeFileSync(fleetFile, "fleet: demo\nagents: []\n");
    expectOne(await checkFiles(situation({ fleetFile })), /agents/, /Correct .*fleet\.yaml/);
    const file = join(place.folder, "secrets.json");
    readOrMakeSecrets(file);
    expect(toMend(await checkFiles(situation()))).toEqual([]);
    chmodSync(file, 0o644);
    expectOne(await checkFiles(situation()), /mode 644/, /chmod 600/);
    writeFileSync(file, "{}");
    expectOne(await checkFiles(situation()), /damaged/, /Restore/);
  });

  test("a disk with room is fine, and a folder that is not there yet is skipped", async () => {
    expect((await checkDisk(situation())).map(({ state }) => state)).toEqual(["fine"]);
    const layout = { ...situation().layout, root: join(place.folder, "none") };
    expect((await checkDisk(situation({ layout }))).map(({ state }) => state)).toEqual(["skipped"]);
  });

  test("a disk that is nearly full is named, with how much is needed", async () => {
    expectOne(await checkDisk(situation(), async () => 499 * 1024 * 1024), /499 MB are free/, /needs 500 MB/);
    expect(toMend(await checkDisk(situation(), async () => 500 * 1024 * 1024))).toEqual([]);
  });

  test("a port that somebody else has, and one that nobody listens on, are named", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const exporter = (server.address() as AddressInfo).port;
    const ports = { ...portsAt(OFFSET), exporter };
    expectOne(await checkPorts(situation({ ports })), new RegExp(`${exporter} .*pid ${process.pid}`), /PORT_OFFSET/);
    const findings = await checkPorts(situation({ ports, isRunning: true }));
    expect(toMend(findings).map(({ found }) => found)).toContain(
      `nothing listens on ${ports.control} (Control service)`,
    );
    expect(findings.some(({ found }) => found.includes(String(exporter)))).toBe(false);
    server.close();
  });

  test.each([
    [0, "fine"],
    [500, "fine"],
    [-60_000, "mend"],
    [60_000, "mend"],
  ])("a clock that is %d ms off: %s", (off, state) => {
    const now = Date.now();
    expect(clockFinding("clock", { at: now + off, began: now - 1000, now }).state).toBe(state);
  });
});
