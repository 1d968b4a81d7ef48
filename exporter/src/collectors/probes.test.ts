import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectOnce } from "../../test/read-collected.ts";
import { makeCertificate } from "../../test/self-signed.ts";
import type { ProbeTarget } from "./collectors-file.ts";
import { probesCollector } from "./probes.ts";

// In whole seconds, as a certificate has it.
const ENDS_AT = new Date("2031-05-06T07:08:09Z");

const tokens: (string | undefined)[] = [];
const answer: RequestListener = ({ url, headers }, outgoing) => {
  tokens.push(headers.authorization);
  if (url === "/silent") return;
  if (url === "/cut") {
    outgoing.writeHead(200, { "content-length": 100 });
    outgoing.write("the rest never comes", () => outgoing.destroy());
    return;
  }
  const isAllowed = url !== "/private" || headers.authorization === "Bearer right";
  outgoing.writeHead(url === "/moved" ? 302 : isAllowed ? 200 : 401, { location: "/" }).end("hello");
};

let folder: string;
let plain: Server;
let secure: Server;
let certificate: string;
const listen = (server: Server): Promise<void> => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const at = (server: Server, path: string): string =>
  `${server === secure ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "probes-"));
  const { key, cert } = makeCertificate(ENDS_AT);
  certificate = join(folder, "ca.pem");
  await writeFile(certificate, cert);
  plain = createServer(answer);
  secure = createTlsServer({ key, cert }, answer);
  await Promise.all([listen(plain), listen(secure)]);
});
afterAll(async () => {
  for (const server of [plain, secure]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true });
});

const ask = (...targets: (Pick<ProbeTarget, "name" | "url"> & Partial<ProbeTarget>)[]) =>
  collectOnce(
    probesCollector({
      targets: targets.map((target) => ({ expectStatus: [200], ...target })),
      ...{ everySeconds: 15, timeoutSeconds: 2 },
    }),
  );

describe("a probe", () => {
  test("is up when the address answers as it should, and says how long that took", async () => {
    const found = await ask({ name: "home", url: at(plain, "/") });
    expect(found).toMatchObject({ "rollcall_probe_up home": 1, "rollcall_probe_status home": 200 });
    expect(found["rollcall_probe_duration_seconds home"]).toBeGreaterThan(0);
    expect(found).not.toHaveProperty("rollcall_probe_certificate_end_timestamp_seconds home");
  });

  test("is down with any other status, which is told; a redirection is not followed", async () => {
    const found = await ask(
      { name: "private", url: at(plain, "/private") },
      { name: "moved", url: at(plain, "/moved") },
    );
    expect(found).toMatchObject({ "rollcall_probe_up private": 0, "rollcall_probe_status private": 401 });
    expect(found).toMatchObject({ "rollcall_probe_up moved": 0, "rollcall_probe_status moved": 302 });
  });

  test("proves that a door is locked, and that the right token opens it", async () => {
    const authorizationFile = join(folder, "token");
    await writeFile(authorizationFile, "Bearer right\n");
    const url = at(plain, "/private");
    const found = await ask(
      { name: "locked", url, expectStatus: [401, 403] },
      { name: "open", url, authorizationFile },
    );
    expect(found).toMatchObject({ "rollcall_probe_up locked": 1, "rollcall_probe_up open": 1 });
  });

  test.each([
    ["nobody listens", () => "http://127.0.0.1:1/"],
    ["nothing is answered in time", () => at(plain, "/silent")],
    ["the answer breaks off", () => at(plain, "/cut")],
  ])("is down without a status or a time when %s, and its neighbour is measured all the same", async (_, url) => {
    const found = await ask({ name: "bad", url: url() }, { name: "home", url: at(plain, "/") });
    expect(Object.keys(found).filter((name) => name.endsWith(" bad"))).toEqual(["rollcall_probe_up bad"]);
    expect(found).toMatchObject({ "rollcall_probe_up bad": 0, "rollcall_probe_up home": 1 });
  });

  test("of TLS says when the certificate ends, also of one that is not trusted", async () => {
    const url = at(secure, "/");
    const found = await ask({ name: "trusted", url, caFile: certificate }, { name: "strange", url });
    expect(found).toMatchObject({ "rollcall_probe_up trusted": 1, "rollcall_probe_up strange": 0 });
    for (const name of ["trusted", "strange"]) {
      expect(found[`rollcall_probe_certificate_end_timestamp_seconds ${name}`]).toBe(ENDS_AT.getTime() / 1000);
    }
  });

  test("gives its token to no server that is not trusted", async () => {
    const authorizationFile = join(folder, "secret-token");
    await writeFile(authorizationFile, "Bearer only for the right one");
    const found = await ask({ name: "strange", url: at(secure, "/"), authorizationFile });
    expect(found["rollcall_probe_up strange"]).toBe(0);
    expect(tokens).not.toContain("Bearer only for the right one");
    await ask({ name: "trusted", url: at(secure, "/"), authorizationFile, caFile: certificate });
    expect(tokens).toContain("Bearer only for the right one");
  });
});
