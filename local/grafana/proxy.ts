import { type IncomingMessage, request as openRequest } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IdTokens } from "./id-tokens.ts";
import { actionsOf } from "./manifest.ts";
import type { GrafanaPerson } from "./people.ts";
import { type Matched, matchRoute } from "./routes.ts";

export interface ProxyParts {
  /** What an admin entered: the control service's address, `http://127.0.0.1:8080`, and the secret. */
  readonly settings: () => { readonly upstream: string; readonly pluginSecret: string };
  readonly idTokens: IdTokens;
  /** Who is signed in; null: nobody. */
  readonly personOf: (request: FastifyRequest) => GrafanaPerson | null;
}

const PREFIX = "/api/plugin-proxy/rollcall-fleet-app/";

/** Taken away before a request goes on: what belongs to Grafana's own session, and what would name another page. */
const REMOVED = new Set([
  ...["cookie", "authorization", "origin", "referer", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"],
  // Of this connection only.
  ...["host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization"],
  "content-length",
]);

/** The way from a page of Grafana to the control service: `/api/plugin-proxy/rollcall-fleet-app/…`. */
export function addPluginProxy(app: FastifyInstance, parts: ProxyParts): void {
  app.route({
    method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    url: `${PREFIX}*`,
    handler: async (request, reply) => {
      const person = parts.personOf(request);
      if (person === null) return reply.code(401).send({ message: "Unauthorized" });
      const [path = "", query] = (request.raw.url ?? "").slice(PREFIX.length).split(/\?(.*)/s);
      const matched = matchRoute(request.method, path);
      if (matched === null) return reply.code(404).send({ message: "plugin proxy route not found" });
      const { reqAction } = matched.route;
      if (reqAction !== undefined && !actionsOf(person).includes(reqAction))
        return reply.code(403).send({ message: "plugin proxy route access denied" });
      reply.hijack();
      const headers = { ...headersFor(request, person, parts), ...routeHeaders(matched, parts) };
      forward({ request, reply, headers }, urlOf(matched, parts, query));
      return reply;
    },
  });
}

const urlOf = ({ route, rest }: Matched, parts: ProxyParts, query: string | undefined): string =>
  `${fillIn(route.url, parts)}${rest}${query === undefined ? "" : `?${query}`}`;

const routeHeaders = ({ route }: Matched, parts: ProxyParts): Record<string, string> =>
  Object.fromEntries(route.headers.map(({ name, content }) => [name.toLowerCase(), fillIn(content, parts)]));

/** What of Grafana's templates plugin.json uses. */
const fillIn = (template: string, { settings }: ProxyParts): string =>
  template
    .replaceAll("{{ .JsonData.url }}", settings().upstream)
    .replaceAll("{{ .SecureJsonData.secret }}", settings().pluginSecret);

/** As Grafana's proxy sets them; a client's `X-Grafana-Id` is only written over, so it stays where there is no token. */
function headersFor(
  request: FastifyRequest,
  person: GrafanaPerson,
  parts: ProxyParts,
): Record<string, string | string[]> {
  const kept = Object.entries(request.raw.headersDistinct).flatMap(([name, values = []]) =>
    REMOVED.has(name) || name === "x-grafana-user" ? [] : [[name, values.length === 1 ? (values[0] ?? "") : values]],
  );
  const from = [request.headers["x-forwarded-for"], request.ip].flat().filter((one) => one !== undefined);
  const token = parts.idTokens.issue(person);
  const { login, email, org, role, name } = person;
  return {
    ...(Object.fromEntries(kept) as Record<string, string | string[]>),
    "x-grafana-referer": request.headers.referer ?? "",
    "x-forwarded-for": from.join(", "),
    "x-grafana-context": JSON.stringify({ Login: login, Email: email, Name: name, OrgID: org, OrgRole: role }),
    ...(token === null ? {} : { "x-grafana-id": token }),
    ...(Buffer.isBuffer(request.body) ? { "content-length": String(request.body.length) } : {}),
  };
}

interface Forwarded {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly headers: Record<string, string | string[]>;
}

/** Nothing is held back: each part of the answer goes on as it comes. */
function forward({ request, reply, headers }: Forwarded, url: string): void {
  const { raw } = reply;
  const going = openRequest(url, { method: request.method, headers }, (answer) => {
    raw.writeHead(answer.statusCode ?? 502, answerHeaders(answer));
    raw.flushHeaders();
    answer.pipe(raw);
    answer.on("error", () => raw.destroy());
  });
  going.on("error", () => {
    if (raw.headersSent) return raw.destroy();
    raw.writeHead(502, { "content-type": "application/json" });
    raw.end('{"message":"Bad gateway: the plugin\'s server does not answer"}');
  });
  // Who goes away ends the stream at the other side too.
  raw.on("close", () => going.destroy());
  going.end(Buffer.isBuffer(request.body) ? request.body : undefined);
}

function answerHeaders({ headers }: IncomingMessage): Record<string, string | string[] | undefined> {
  const { "set-cookie": _cookie, connection: _connection, "keep-alive": _keepAlive, ...kept } = headers;
  return { ...kept, "content-security-policy": "sandbox" };
}
