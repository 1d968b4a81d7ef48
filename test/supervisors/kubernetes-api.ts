import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DeleteOptions } from "@kubernetes-models/apimachinery/apis/meta/v1/DeleteOptions";
import { createKubernetes } from "@rollcall/core/adapters/supervisors/kubernetes.ts";
import { type IDeployment, Deployment as PublishedDeployment } from "kubernetes-models/apps/v1/Deployment";
import { type IPod, Pod as PublishedPod } from "kubernetes-models/v1/Pod";
import { PodList } from "kubernetes-models/v1/PodList";
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
 * Stands for the API of Kubernetes with one namespace: deployments and pods, the Status object for each refusal, and a controller
 * that makes and ends pods as replicas say. What it takes and what it answers fits the published schemas of apps/v1 and v1. Other
 * paths, methods and media types are refused.
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
    const wrong = mistakeIn(name, found, body);
    if (wrong !== null) return status(outgoing, 422, `Deployment.apps "${name}" is invalid: ${wrong}`);
    await patch(name, found, body);
  } else if (incoming.method !== "GET") return status(outgoing, 405, "the server does not allow this method");
  return sendJson(outgoing, published(new PublishedDeployment(describeDeployment(name, found))));
}

/** What would be there after the patch, against the schema, which lets a negative count through. */
function mistakeIn(name: string, found: Deployment, { spec, metadata }: Request["body"]): string | null {
  const whole = describeDeployment(name, found);
  const wanted = {
    ...whole,
    metadata: { ...whole.metadata, ...(metadata as object) },
    spec: { ...whole.spec, ...(spec as object) },
  } as IDeployment;
  if ((wanted.spec?.replicas ?? 0) < 0)
    return `spec.replicas: Invalid value: ${wanted.spec?.replicas}: must be greater than or equal to 0`;
  try {
    new PublishedDeployment(wanted).validate();
    return null;
  } catch (error) {
    return String(error);
  }
}

const TEMPLATE = { spec: { containers: [{ name: "agent", image: "agent:1" }] } };

const describeDeployment = (name: string, found: Deployment): IDeployment => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment" },
  metadata: { name, namespace: NAMESPACE, annotations: found.annotations, generation: found.generation },
  spec: { replicas: found.replicas, selector: { matchLabels: { app: name } }, template: TEMPLATE },
  status: statusOf(found),
});

/** @throws Error if the published schema knows it otherwise */
function published<Sent extends { validate(): void }>(sent: Sent): Sent {
  sent.validate();
  return sent;
}

/** As the controller counts: what is 0 is left out. */
function statusOf({ generation, pods }: Deployment): NonNullable<IDeployment["status"]> {
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
  return sendJson(outgoing, published(new PodList({ items })));
}

function onPod(
  deployments: Map<string, Deployment>,
  { name, part, request: { incoming, outgoing, body } }: { name: string; part: string; request: Request },
): ServerResponse {
  const owner = [...deployments.values()].find(({ pods }) => pods.some((one) => one.name === name));
  const one = owner?.pods.find((candidate) => candidate.name === name);
  if (owner === undefined || one === undefined) return status(outgoing, 404, `pods "${name}" not found`);
  if (part === "log" && incoming.method === "GET") return sendLog(one, incoming, outgoing);
  if (part !== "" || incoming.method !== "DELETE")
    return status(outgoing, 405, "the server does not allow this method");
  const { gracePeriodSeconds = GRACE_MS / 1000 } = published(new DeleteOptions(body));
  void endPod(owner, one, gracePeriodSeconds * 1000);
  return sendJson(outgoing, published(new PublishedPod(describePod(name, one))));
}

const LOG_OPTIONS = new Set(["container", "timestamps", "limitBytes", "sinceTime", "previous", "tailLines"]);

/** The kubelet takes whole seconds of `sinceTime`, and gives the log of one process of the container. */
function sendLog({ name, program }: Pod, incoming: IncomingMessage, outgoing: ServerResponse): ServerResponse {
  const query = new URL(incoming.url ?? "/", "http://kubernetes").searchParams;
  if ([...query.keys()].some((option) => !LOG_OPTIONS.has(option))) return status(outgoing, 400, "unknown option");
  const container = query.get("container") ?? "agent";
  if (container !== "agent") return status(outgoing, 400, `container ${container} is not valid for pod ${name}`);
  const sinceTime = query.get("sinceTime");
  if (sinceTime !== null && Number.isNaN(Date.parse(sinceTime))) return status(outgoing, 400, "invalid sinceTime");
  const since = sinceTime === null ? 0 : Math.floor(Date.parse(sinceTime) / 1000) * 1000;
  const start = program.starts - (query.get("previous") === "true" ? 1 : 0);
  const tail = Number(query.get("tailLines") ?? 0);
  const lines = program.written.filter((line) => line.start === start && line.at >= since).slice(-tail);
  const isStamped = query.get("timestamps") === "true";
  const text = lines.map((line) => `${isStamped ? `${shortStampOf(line.at)} ` : ""}${line.text}\n`).join("");
  return outgoing.end(text.slice(0, Number(query.get("limitBytes") ?? text.length)));
}

/** RFC 3339; zeros at the end are left out. */
const shortStampOf = (at: number): string => new Date(at).toISOString().replace(/\.?0*Z$/, "Z");

function describePod(app: string, { name, createdAt, deletedAt, program }: Pod): IPod {
  const { exit, startedAt } = program;
  const terminated = exit && {
    exitCode: exit.code ?? 137,
    ...{ reason: exit.code === 0 ? "Completed" : "Error", finishedAt: new Date(exit.at).toISOString() },
  };
  const running = { startedAt: new Date(startedAt ?? createdAt).toISOString() };
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      ...{ name, namespace: NAMESPACE, labels: { app }, creationTimestamp: new Date(createdAt).toISOString() },
      ...(deletedAt !== null && { deletionTimestamp: new Date(deletedAt).toISOString() }),
    },
    spec: TEMPLATE.spec,
    status: {
      containerStatuses: [
        {
          ...{
            name: "agent",
            image: "agent:1",
            imageID: "agent@sha256:1",
            containerID: `containerd://${name}-${program.starts}`,
          },
          ...{ ready: terminated === null, restartCount: program.starts - 1, started: true },
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
