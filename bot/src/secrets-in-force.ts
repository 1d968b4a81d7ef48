import { auditEntry } from "@rollcall/core/domain/audit.ts";
import type { AuditLog } from "@rollcall/core/ports/audit-log.ts";
import { type FollowedSecrets, followSecrets } from "@rollcall/core/secrets/follow-secrets.ts";
import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import type { Environment } from "@rollcall/core/secrets/sources.ts";
import type { Logger } from "pino";
import { type ControlConfig, controlConfig } from "./config.ts";
import type { SecretMetrics } from "./metrics/secrets.ts";

interface SecretsOptions {
  readonly config: ControlConfig;
  /** Where the names of files and programs stand. */
  readonly environment: Environment;
  readonly audit: Pick<AuditLog, "append">;
  readonly log: Logger;
  readonly metrics: SecretMetrics;
}

/** The secrets that others prove themselves with, followed, counted and audited; their values appear nowhere. */
export function followControlSecrets({ config, environment, audit, log, metrics }: SecretsOptions): FollowedSecrets {
  const rotating = Object.entries(config).flatMap(([setting, value]) =>
    value instanceof RotatingSecret ? [{ setting, secret: value }] : [],
  );
  for (const { setting, secret } of rotating) secret.whenPreviousIsUsed(() => metrics.previousUsed(setting));
  metrics.watch(() => rotating.map(({ setting, secret }) => ({ setting, previousUntil: secret.previousUntil() })));
  return followSecrets({
    schema: controlConfig,
    settings: config,
    environment,
    onChange: ({ setting, previousUntil }) => {
      const until = previousUntil === null ? null : new Date(previousUntil).toISOString();
      log.info({ setting, previous_until: until }, "a secret has changed");
      const change = { event: "configuration", actor: "rollcall", door: "host", action: "secret-changed" } as const;
      const row = auditEntry({ ...change, targets: [setting], after: { previousUntil: until } });
      audit
        .append(row)
        .catch((error: unknown) => log.error({ err: error, setting }, "a changed secret was not audited"));
    },
    onProblem: (problem) => log.error({ problem }, "a secret could not be read again"),
  });
}
