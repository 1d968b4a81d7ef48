import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { findFreePort } from "../tools/free-port.ts";
import { type Ports, portsAt, StartFailure } from "./addresses.ts";
import { findPortOwner, isPortFree } from "./port-owner.ts";
import { checkDisk, checkPorts } from "./preflight.ts";

let other: ChildProcess | undefined;
afterEach(() => {
  other?.kill("SIGKILL");
  other = undefined;
});

/** Another program that listens on a port. */
async function occupy(port: number, host: string): Promise<number> {
  other = spawn(
    process.execPath,
    ["-e", `require("net").createServer().listen(${port}, "${host}", () => console.log(1))`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(other.stdout as NodeJS.ReadableStream, "data");
  return other.pid as number;
}

describe("checkPorts", () => {
  test.each(["127.0.0.1", "0.0.0.0", "::"])(
    "a port taken on %s is named with the process that has it",
    async (host) => {
      const port = await findFreePort();
      const pid = await occupy(port, host);
      const ports: Ports = { ...portsAt("0"), prometheus: port };
      const failure = await checkPorts(ports, ["prometheus"]).then(
        () => null,
        (error: StartFailure) => error,
      );
      expect(failure).toBeInstanceOf(StartFailure);
      expect(failure?.step).toBe("3/7 Prometheus");
      expect(failure?.message).toMatch(
        new RegExp(`^port ${port} is taken by pid ${pid} \\(.+\\)\\. Stop it, or set ROLLCALL_PORT_OFFSET=\\d+\\.$`),
      );
    },
  );

  test("several taken ports are all named", async () => {
    const servers = [createServer(), createServer()];
    const taken = await Promise.all(
      servers.map(async (server) => {
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        return (server.address() as { port: number }).port;
      }),
    );
    const ports = { ...portsAt("0"), redis: taken[0] as number, slack: taken[1] as number };
    await expect(checkPorts(ports, ["slack", "redis"])).rejects.toThrow(
      `port ${taken[0]} is taken by pid ${process.pid} (${findPortOwner(taken[0] as number)?.program}), ${taken[1]} (Slack stand-in) by pid ${process.pid}`,
    );
    for (const server of servers) server.close();
  });

  test("ports that are not needed may be taken", async () => {
    const port = await findFreePort();
    await occupy(port, "127.0.0.1");
    await expect(checkPorts({ ...portsAt("0"), slack: port }, [])).resolves.toBeUndefined();
  });
});

describe("findPortOwner", () => {
  test("nobody has a free port", async () => {
    const port = await findFreePort();
    expect(findPortOwner(port)).toBeNull();
    expect(await isPortFree(port)).toBe(true);
  });
});

describe("checkDisk", () => {
  test("a disk that is nearly full is said with the folder and what to do", async () => {
    const free = async (folder: string) => (folder === "/full" ? 120 : 9_000) * 1024 * 1024;
    await expect(checkDisk(["/roomy", "/full"], free)).rejects.toThrow(
      "Only 120 MB are free for /full; Rollcall needs 500 MB. Make room, or set ROLLCALL_DATA_DIR to a folder on another disk.",
    );
  });

  test("this machine's own disk is measured", async () => {
    await expect(checkDisk([process.cwd()])).resolves.toBeUndefined();
  });
});
