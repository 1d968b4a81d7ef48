import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createKubernetes } from "@rollcall/core/adapters/supervisors/kubernetes.ts";
import { closeServer } from "./docker-engine.ts";
import { KeptProgram, type ProgramName } from "./kept-program.ts";
import type { RuntimeStage } from "./stage.ts";

const TOKEN = "token-of-a-service-account";
const NAMESPACE = "agents";
/** How long a pod may take to end by itself; Kubernetes' own default is 30 s. */
const GRACE_MS = 20_000;

interface Pod {
  readonly name: string;
  readonly createdAt: number;
  readonly program: KeptProgram;
  deletedAt: number | null;
}

interface Deployment {
  readonly program: ProgramName;
  replicas: number;
  annotations: Record<string, string>;
  pods: Pod[];
  made: number;
  /** Grows with each change of what is wanted. */
  generation: number;
}

interface Request {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Record<string, unknown>;
}

/**
 * Stands for the API of Kubernetes with one namespace: deployments and pods as apps/v1 and v1 describe them, the Status object
 * for each refusal, and a controller that makes and ends pods as replicas say. Other paths, methods and media types are refused.
 */
export async function startKubernetesApi(): Promise<RuntimeStage> {
  const deployments = new Map<string, Deployment>();
  const server = createServer((incoming, outgoing) => void receive(deployments, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = { url: new URL(`http://127.0.0.1:${port}`) };
  return {
    kind: "kubernetes",
    runtime: createKubernetes({ endpoint, namespace: NAMESPACE, token: async () => TOKEN }),
    async add(name, program) {
      deployments.set(name, { program, replicas: 0, annotations: {}, pods: [], made: 0, generation: 1 });
    },
    isAlive: async (name) => deployments.get(name)?.pods.some(({ program }) => program.isRunning) ?? false,
    copies: (name) => livingOf(deployments.get(name)?.pods ?? []).length,
    goAway: () => closeServer(server),
    async close() {
      for (const { pods } of deployments.values()) for (const { program } of pods) program.signal("SIGKILL");
      await closeServer(server);
    },
  };
}

async function receive(
  deployments: Map<string, Deployment>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<ServerResponse> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  if (incoming.headers.authorization !== `Bearer ${TOKEN}`) return status(outgoing, 401, "Unauthorized");
  const { pathname } = new URL(incoming.url ?? "/", "http://kubernetes");
  const request = { incoming, outgoing, body };
  const [, kind = "", name = "", part = ""] = PATH.exec(pathname) ?? [];
  if (kind === "deployments") return onDeployment(deployments.get(decodeURIComponent(name)), name, request);
  if (kind === "pods" && name === "" && incoming.method === "GET") return listPods(deployments, request);
  if (kind === "pods" && name !== "") return onPod(deployments, { name, part, request });
  return status(outgoing, 404, "the server could not find the requested resource");
}

const PATH = new RegExp(
  `^(?:/apis/apps/v1/namespaces/${NAMESPACE}/(?=deployments)|/api/v1/namespaces/${NAMESPACE}/(?=pods))(deployments|pods)(?:/([^/]+))?(?:/(log))?$`,
);

async function onDeployment(found: Deployment | undefined, name: string, request: Request): Promise<ServerResponse> {
  const { incoming, outgoing, body } = request;
  if (found === undefined) return status(outgoing, 404, `deployments.apps "${name}" not found`);
  if (incoming.method === "PATCH") {
    if (incoming.headers["content-type"] !== "application/merge-patch+json") {
      return status(outgoing, 415, "the body of the request was in an unknown format");
    }
    const wrong = mistakeIn(body);
    if (wrong !== null) return status(outgoing, 422, `Deployment.apps "${name}" is invalid: ${wrong}`);
    await patch(name, found, body);
  } else if (incoming.method !== "GET") return status(outgoing, 405, "the server does not allow this method");
  return sendJson(outgoing, {
    ...{ apiVersion: "apps/v1", kind: "Deployment" },
    metadata: { name, namespace: NAMESPACE, annotations: found.annotations, generation: found.generation },
    spec: { replicas: found.replicas, selector: { matchLabels: { app: name } } },
    status: statusOf(found),
  });
}

/** As apps/v1 declares them: an int32 that is not negative, and a map of strings. */
function mistakeIn({ spec, metadata }: Request["body"]): string | null {
  const { replicas } = (spec ?? {}) as { replicas?: unknown };
  const isCount = Number.isInteger(replicas) && Number(replicas) >= 0 && Number(replicas) < 2 ** 31;
  if (replicas !== undefined && !isCount) return `spec.replicas: Invalid value: ${JSON.stringify(replicas)}`;
  const { annotations = {} } = (metadata ?? {}) as { annotations?: Record<string, unknown> };
  const odd = Object.entries(annotations).find(([, value]) => typeof value !== "string");
  return odd === undefined ? null : `metadata.annotations.${odd[0]}: Invalid value: ${JSON.stringify(odd[1])}`;
}

/** As the controller counts: what is 0 is left out. */
function statusOf({ generation, pods }: Deployment): unknown {
  const replicas = pods.filter(({ deletedAt }) => deletedAt === null).length;
  const ready = livingOf(pods).length;
  return {
    observedGeneration: generation,
    ...(replicas > 0 && { replicas, updatedReplicas: replicas }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    ...(replicas > ready && { unavailableReplicas: replicas - ready }),
  };
}

const livingOf = (pods: readonly Pod[]): Pod[] =>
  pods.filter(({ deletedAt, program }) => deletedAt === null && program.isRunning);

async function patch(name: string, found: Deployment, body: Request["body"]): Promise<void> {
  const { spec, metadata } = body as {
    spec?: { replicas?: number };
    metadata?: { annotations?: Record<string, string> };
  };
  Object.assign(found.annotations, metadata?.annotations ?? {});
  if (spec?.replicas === undefined) return;
  if (spec.replicas !== found.replicas) found.generation += 1;
  found.replicas = spec.replicas;
  const living = found.pods.filter(({ deletedAt }) => deletedAt === null);
  for (const one of living.slice(spec.replicas)) void endPod(found, one, GRACE_MS);
  for (let count = living.length; count < spec.replicas; count += 1) {
    found.made += 1;
    const program = new KeptProgram(found.program);
    found.pods.push({ name: `${name}-5c9f-${found.made}`, createdAt: Date.now(), program, deletedAt: null });
    await program.start();
  }
}

/** A pod is listed until its process is gone. */
async function endPod(found: Deployment, one: Pod, graceMs: number): Promise<void> {
  one.deletedAt = Date.now();
  if (graceMs > 0) one.program.signal("SIGTERM");
  if (graceMs === 0 || !(await one.program.endsWithin(graceMs))) one.program.signal("SIGKILL");
  await one.program.endsWithin(5000);
  found.pods = found.pods.filter((other) => other !== one);
}

function listPods(deployments: Map<string, Deployment>, { incoming, outgoing }: Request): ServerResponse {
  const selector = new URL(incoming.url ?? "/", "http://kubernetes").searchParams.get("labelSelector") ?? "";
  const meant = [...deployments].filter(([name]) => selector === "" || selector === `app=${name}`);
  const items = meant.flatMap(([name, { pods }]) => pods.map((one) => describePod(name, one)));
  return sendJson(outgoing, { apiVersion: "v1", kind: "PodList", items });
}

function onPod(
  deployments: Map<string, Deployment>,
  { name, part, request: { incoming, outgoing, body } }: { name: string; part: string; request: Request },
): ServerResponse {
  const owner = [...deployments.values()].find(({ pods }) => pods.some((one) => one.name === name));
  const one = owner?.pods.find((candidate) => candidate.name === name);
  if (owner === undefined || one === undefined) return status(outgoing, 404, `pods "${name}" not found`);
  if (part === "log" && incoming.method === "GET") return outgoing.end(`${one.program.errors.join("\n")}\n`);
  if (part !== "" || incoming.method !== "DELETE")
    return status(outgoing, 405, "the server does not allow this method");
  void endPod(owner, one, Number(body.gracePeriodSeconds ?? GRACE_MS / 1000) * 1000);
  return sendJson(outgoing, describePod(name, one));
}

function describePod(app: string, { name, createdAt, deletedAt, program }: Pod): unknown {
  const { exit, startedAt } = program;
  const terminated = exit && {
    exitCode: exit.code ?? 137,
    ...{ reason: exit.code === 0 ? "Completed" : "Error", finishedAt: new Date(exit.at).toISOString() },
  };
  const running = { startedAt: new Date(startedAt ?? createdAt).toISOString() };
  return {
    metadata: {
      ...{ name, namespace: NAMESPACE, labels: { app }, creationTimestamp: new Date(createdAt).toISOString() },
      ...(deletedAt !== null && { deletionTimestamp: new Date(deletedAt).toISOString() }),
    },
    status: {
      containerStatuses: [
        {
          ...{ name: "agent", containerID: `containerd://${name}-${program.starts}` },
          state: terminated ? { terminated } : { running },
        },
      ],
    },
  };
}

function sendJson(outgoing: ServerResponse, content: unknown, code = 200): ServerResponse {
  return outgoing.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(content));
}

const status = (outgoing: ServerResponse, code: number, message: string): ServerResponse =>
  sendJson(outgoing, { apiVersion: "v1", kind: "Status", status: "Failure", message, code }, code);
