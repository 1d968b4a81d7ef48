import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connectPrometheus } from "./client.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const saying = (status: number, body: string) => serve((_, response) => response.writeHead(status).end(body));
const vector = (result: unknown) => JSON.stringify({ status: "success", data: { resultType: "vector", result } });

describe("Prometheus's answer", () => {
  test("that is no number is none", async () => {
    const numbers = ["NaN", "+Inf", "-Inf", "1.5"].map((text) => ({ metric: {}, value: [1, text] }));
    const host = await saying(200, vector(numbers));
    const values = (await connectPrometheus(`http://${host}`).instant("up", 0)).map(({ value }) => value);
    expect(values).toEqual([null, null, null, 1.5]);
  });

  test.each([
    [400, '{"status":"error","errorType":"bad_data","error":"parse error"}', "Prometheus answered 400: parse error"],
    [502, "<html>bad gateway</html>", "Prometheus answered 502 and no answer of its API"],
    [200, '{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}', "a kind of result"],
    [200, '{"status":"success","data":{"resultType":"matrix","result":[]}}', "a matrix for one moment"],
    [200, vector([{ metric: {}, value: ["now", 1] }]), "a kind of result"],
  ])("with %i %s is said in words", async (status, body, words) => {
    const host = await saying(status, body);
    const asked = connectPrometheus(`http://${host}`).instant("up", 0);
    await expect(asked).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining(words) });
  });

  test("that does not end is given up when it is too large", async () => {
    let isOpen = true;
    const host = await serve((_, response) => {
      const more = (): void => {
        while (isOpen && response.write("x".repeat(65_536)));
      };
      response.on("drain", more).on("close", () => {
        isOpen = false;
      });
      more();
    });
    await expect(connectPrometheus(`http://${host}`).instant("up", 0)).rejects.toMatchObject({
      code: "unavailable",
      message: "Prometheus answered more than 4 MB",
    });
    await expect.poll(() => isOpen).toBe(false);
  });

  test("that does not come is waited for 5 s and no longer", async () => {
    const host = await serve(() => undefined);
    await expect(connectPrometheus(`http://${host}`).instant("up", 0)).rejects.toMatchObject({
      code: "unavailable",
      message: "Prometheus does not answer",
    });
  });

  test("that leads elsewhere is not followed", async () => {
    let elsewhere = 0;
    const other = await serve((_, response) => {
      elsewhere += 1;
      response.end(vector([]));
    });
    const host = await serve((_, response) => response.writeHead(307, { location: `http://${other}/` }).end());
    await expect(connectPrometheus(`http://${host}`).instant("up", 0)).rejects.toMatchObject({ code: "unavailable" });
    expect(elsewhere).toBe(0);
  });
});

test("user and password of the address go in a header, and a path before the API is kept", async () => {
  const seen: (string | undefined)[] = [];
  const host = await serve((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.end(vector([]));
  });
  await connectPrometheus(`http://reader:p%40ss@${host}/metrics/`).instant("up", 0);
  expect(seen).toEqual(["/metrics/api/v1/query", `Basic ${Buffer.from("reader:p@ss").toString("base64")}`]);
});
