import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createDocker } from "@rollcall/core/adapters/supervisors/docker.ts";
import type { Endpoint } from "@rollcall/core/adapters/supervisors/http-exchange.ts";
import { createKubernetes } from "@rollcall/core/adapters/supervisors/kubernetes.ts";
import { createPm2 } from "@rollcall/core/adapters/supervisors/pm2.ts";
import type { RuntimesInUse } from "@rollcall/core/adapters/supervisors/supervise-runtimes.ts";
import { createSystemd } from "@rollcall/core/adapters/supervisors/systemd.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { z } from "zod";

/** Runtimes beside the built-in supervisor. */
const KINDS = ["pm2", "systemd", "docker", "kubernetes"] as const;
type Kind = (typeof KINDS)[number];
const isKind = (word: string): word is Kind => (KINDS as readonly string[]).includes(word);

// Where Kubernetes puts the account of a pod: kubernetes.io/docs/tasks/run-application/access-api-from-pod
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Settings of the runtimes that keep agents, for the configuration of the control service. */
export const runtimeSettings = {
  ROLLCALL_RUNTIMES: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()])))
    .refine((words) => words.every(isKind), `any of ${KINDS.join(", ")}, with commas between`)
    .transform((words) => words.filter(isKind))
    .describe("Runtimes that keep agents beside the built-in supervisor: pm2, systemd, docker, kubernetes"),
  ROLLCALL_PM2: z.string().min(1).default("pm2").describe("PM2's command, for agents of the runtime pm2"),
  ROLLCALL_SYSTEMCTL: z.string().min(1).default("systemctl").describe("systemctl, for agents of the runtime systemd"),
  ROLLCALL_JOURNALCTL: z
    .string()
    .min(1)
    .default("journalctl")
    .describe("journalctl, for the last words of such agents"),
  ROLLCALL_SYSTEMD_USER: z
    .enum(["on", "off"])
    .default("off")
    .transform((word) => word === "on")
    .describe("Whether such agents are units of our own user instead of the system"),
  ROLLCALL_DOCKER: z
    .string()
    .regex(/^(\/|https?:\/\/)/, "the path of a socket or an address http://…")
    .default("/var/run/docker.sock")
    .describe("Where the Docker Engine listens, for agents of the runtime docker"),
  ROLLCALL_KUBERNETES_URL: z
    .url({ protocol: /^https?$/ })
    .default("https://kubernetes.default.svc")
    .describe("API of Kubernetes, for agents of the runtime kubernetes"),
  ROLLCALL_KUBERNETES_NAMESPACE: z.string().min(1).default("default").describe("Namespace of such agents"),
  ROLLCALL_KUBERNETES_TOKEN_FILE: z
    .string()
    .min(1)
    .default(`${ACCOUNT}/token`)
    .describe("File with the token of our service account there; read again each time"),
  ROLLCALL_KUBERNETES_CA_FILE: z
    .string()
    .min(1)
    .default(`${ACCOUNT}/ca.crt`)
    .describe("Certificate authority of that API; those of the system if there is no such file"),
};

type RuntimeConfig = Readonly<z.infer<z.ZodObject<typeof runtimeSettings>>>;

/** The runtimes that are set; each may be away, and says so when it is asked. */
export function runtimesOf(config: RuntimeConfig, env: Readonly<Record<string, string>>): RuntimesInUse["runtimes"] {
  const makers = {
    pm2: () => createPm2({ path: config.ROLLCALL_PM2, env }),
    systemd: () =>
      createSystemd({
        ...{ systemctl: config.ROLLCALL_SYSTEMCTL, journalctl: config.ROLLCALL_JOURNALCTL, env },
        isUser: config.ROLLCALL_SYSTEMD_USER,
      }),
    docker: () => createDocker(endpointOf(config.ROLLCALL_DOCKER)),
    kubernetes: () =>
      createKubernetes({
        endpoint: { url: new URL(config.ROLLCALL_KUBERNETES_URL), ca: contentOf(config.ROLLCALL_KUBERNETES_CA_FILE) },
        namespace: config.ROLLCALL_KUBERNETES_NAMESPACE,
        token: () => readToken(config.ROLLCALL_KUBERNETES_TOKEN_FILE),
      }),
  };
  return Object.fromEntries(config.ROLLCALL_RUNTIMES.map((kind) => [kind, makers[kind]()]));
}

const endpointOf = (text: string): Endpoint => (text.startsWith("/") ? { socketPath: text } : { url: new URL(text) });

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new Failure("unavailable", `the token of Kubernetes cannot be read: ${file}`, { cause });
  }
}
