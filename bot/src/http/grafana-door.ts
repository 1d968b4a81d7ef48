import type { GrafanaUser } from "@rollcall/core/adapters/grafana/identity-token.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { personActor } from "@rollcall/core/person-actor.ts";
import { rightsOf } from "@rollcall/core/policy.ts";
import type { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import type { FastifyRequest } from "fastify";
import type { Caller, IdentifyingPorts } from "./authentication.ts";
import { hasTicket } from "./live-ticket.ts";

/** How people who are signed in to Grafana are known; `wiring.ts` makes it from the configuration. */
export interface GrafanaDoor {
  /** What the plugin's route sends along: it came through our Grafana. */
  readonly secret: RotatingSecret;
  /** Who it is, by Grafana's signed token. @throws Failure "unauthenticated", "unavailable" */
  readonly prove: (token: string) => Promise<GrafanaUser>;
}

interface DoorDeps {
  readonly ports: IdentifyingPorts;
  readonly grafana?: GrafanaDoor | undefined;
}

const SECRET = "x-rollcall-grafana-secret";
const TOKEN = "x-grafana-id";

/** Whether somebody wants to be believed as Grafana: only by the secret's header, however it is spelt. */
export const saysGrafana = ({ raw }: Pick<FastifyRequest, "raw">): boolean =>
  headerNames(raw).some((name) => plain(name) === SECRET);

/**
 * Who Grafana says it is: by the plugin's secret and by a token that Grafana signed, both; nothing else in the request counts.
 * @throws Failure "unauthenticated", "invalid_input" for a request that says it in two ways, "unavailable"
 */
export async function identifyByGrafana(request: FastifyRequest, { ports, grafana }: DoorDeps): Promise<Caller> {
  refuseTwoMeanings(request);
  requireSecret(request, grafana);
  const token = request.headers[TOKEN];
  if (typeof token !== "string" || token === "")
    throw new Failure("unauthenticated", "Grafana did not say who is signed in", {
      rule: "no-credential",
      next: "Sign in to Grafana; without a person its secret opens nothing but /health.",
    });
  return callerFor(await grafana.prove(token), ports);
}

/** The same person as things are now, for a stream that is open. @throws Failure "unauthenticated" if they are not known by it any more */
export function knownByGrafanaAgain(request: FastifyRequest, user: GrafanaUser, { ports, grafana }: DoorDeps): Caller {
  requireSecret(request, grafana);
  if (user.expiresAt <= ports.clock.now())
    throw new Failure("unauthenticated", "Grafana's token has expired; connect again", { rule: "expired-credential" });
  return callerFor(user, ports);
}

function requireSecret({ headers }: FastifyRequest, grafana: GrafanaDoor | undefined): asserts grafana is GrafanaDoor {
  const secret = headers[SECRET];
  if (grafana !== undefined && typeof secret === "string" && grafana.secret.matches(secret)) return;
  throw new Failure("unauthenticated", "the secret of Grafana's plugin is not the one that is set here", {
    rule: "unknown-credential",
    next: "Set GRAFANA_PLUGIN_SECRET here and the same in the settings of Grafana's plugin (docs/grafana-door.md).",
  });
}

/** Two headers, or one spelt in two ways, are read differently by different programs; so is a second credential. */
function refuseTwoMeanings(request: FastifyRequest): void {
  const names = headerNames(request.raw).filter((name) => [SECRET, TOKEN].includes(plain(name)));
  const odd = names.find((name) => name.toLowerCase() !== plain(name));
  if (odd !== undefined) throw ambiguous(`the header ${odd.slice(0, 40)} is spelt otherwise than Grafana spells it`);
  const twice = [SECRET, TOKEN].find((wanted) => names.filter((name) => plain(name) === wanted).length > 1);
  if (twice !== undefined) throw ambiguous(`the header ${twice} stands more than once`);
  if (request.headers.authorization !== undefined) throw ambiguous("an API token and Grafana's secret were sent");
  if (hasTicket(request)) throw ambiguous("a ticket and Grafana's secret were sent");
}

const ambiguous = (message: string): Failure =>
  new Failure("invalid_input", message, { rule: "unproven-identity", next: "Send one proof of who you are, once." });

/** As they were sent: Node joins headers that stand twice. */
const headerNames = ({ rawHeaders }: FastifyRequest["raw"]): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 0);

/** Some programs take `_` for `-`. */
const plain = (name: string): string => name.toLowerCase().replaceAll("_", "-");

/** Rights are looked up at each request; Grafana's own roles are not read. */
function callerFor(user: GrafanaUser, ports: IdentifyingPorts): Caller {
  const person = user.mail === null ? null : ports.directory.byMail(user.mail);
  const identity = `grafana:${user.org}/${user.subject}`;
  const actor = person === null ? stranger(user, identity, ports) : personActor(person, rightsOf(ports));
  return { actor, door: "grafana", identity, tokenId: null, scopes: ["read", "act"], grafana: user };
}

/** Known to Grafana, but nobody here: may ask who they are. */
const stranger = ({ mail, name }: GrafanaUser, id: string, { directory }: IdentifyingPorts): Actor => ({
  ...{ id, name, role: null, person: false, slackUser: null },
  source: mail === null ? "the people whose address Grafana vouches for" : directory.source,
});
