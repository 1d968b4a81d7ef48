import type { AppPluginMeta, PluginConfigPageProps } from "@grafana/data";
import { config, getBackendSrv } from "@grafana/runtime";
import { Alert, Button, Field, Input, LinkButton, SecretInput } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { firstValueFrom } from "rxjs";
import { t } from "../translate.ts";
import { ConnectionTest } from "./connection-test.tsx";

interface Settings {
  readonly url?: string;
}

/** Where the control service is, and the secret that it knows us by. */
export default function Configuration({ plugin }: PluginConfigPageProps<AppPluginMeta<Settings>>): ReactElement {
  const { meta } = plugin;
  const [url, setUrl] = useState(meta.jsonData?.url ?? "");
  const [secret, setSecret] = useState("");
  const [isSecretSet, setSecretSet] = useState(meta.secureJsonFields?.secret === true);
  const [saving, setSaving] = useState<{ isSaving: boolean; problem: string | null }>({
    isSaving: false,
    problem: null,
  });
  const problem = problemOf(url, secret, isSecretSet);
  const save = async (): Promise<void> => {
    setSaving({ isSaving: true, problem: null });
    try {
      await saveSettings({ url: url.replace(/\/+$/, ""), secret: isSecretSet ? null : secret });
      // Grafana hands a plugin's settings to its pages when it is loaded.
      window.location.reload();
    } catch (error) {
      setSaving({ isSaving: false, problem: wordsOf(error) });
    }
  };
  return (
    <form
      style={{ maxWidth: 600, display: "grid", gap: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null && !saving.isSaving) void save();
      }}
    >
      <Field
        label={t("config.address", "Address of the control service")}
        description={t("config.address-hint", "As Grafana's server reaches it")}
        htmlFor="config-url"
        noMargin
      >
        <Input
          id="config-url"
          placeholder="http://control:8080"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
      </Field>
      <Field
        label={t("config.secret", "Secret")}
        description={t("config.secret-hint", "GRAFANA_PLUGIN_SECRET of the control service, 32 characters or more")}
        htmlFor="config-secret"
        noMargin
      >
        <SecretInput
          id="config-secret"
          isConfigured={isSecretSet}
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          onReset={() => {
            setSecretSet(false);
            setSecret("");
          }}
        />
      </Field>
      {problem === null ? null : <p>{problem}</p>}
      {saving.problem === null ? null : (
        <Alert severity="error" title={t("config.not-saved", "Not saved: {{why}}", { why: saving.problem })} />
      )}
      <div style={{ display: "flex", gap: 8 }}>
        <Button type="submit" disabled={problem !== null || saving.isSaving}>
          {saving.isSaving ? t("config.saving", "Saving…") : t("verb.save", "Save")}
        </Button>
      </div>
      <ConnectionTest isSetUp={Boolean(meta.jsonData?.url) && meta.secureJsonFields?.secret === true} />
      <h2 style={{ margin: 0 }}>{t("config.by-file", "The same by a file")}</h2>
      <pre style={{ fontFamily: "monospace", margin: 0 }}>{yamlOf(url)}</pre>
      <div>
        <LinkButton variant="secondary" href={`${config.appSubUrl ?? ""}/a/rollcall-fleet-app/overview`}>
          {t("config.open", "Open Rollcall")}
        </LinkButton>
      </div>
    </form>
  );
}

const LEAST_SECRET = 32;

function problemOf(url: string, secret: string, isSecretSet: boolean): string | null {
  if (!/^https?:\/\/[^\s/]+(\/[^\s?#]*)?$/.test(url))
    return t("config.bad-address", "The address is like http://control:8080, without a query.");
  if (!isSecretSet && secret.length < LEAST_SECRET)
    return t("config.short-secret", "The secret has {{n}} characters or more.", { n: LEAST_SECRET });
  return null;
}

async function saveSettings({ url, secret }: { url: string; secret: string | null }): Promise<void> {
  await firstValueFrom(
    getBackendSrv().fetch({
      url: "api/plugins/rollcall-fleet-app/settings",
      method: "POST",
      showErrorAlert: false,
      data: {
        enabled: true,
        pinned: true,
        jsonData: { url },
        ...(secret === null ? {} : { secureJsonData: { secret } }),
      },
    }),
  );
}

const wordsOf = (error: unknown): string => {
  const said = (error as { data?: { message?: unknown } } | null)?.data?.message;
  return typeof said === "string" ? said : t("refusal.not-taken", "Grafana did not take it");
};

const yamlOf = (url: string): string =>
  `apiVersion: 1
apps:
  - type: rollcall-fleet-app
    jsonData:
      url: ${url === "" ? "http://control:8080" : url}
    secureJsonData:
      secret: $ROLLCALL_GRAFANA_SECRET
`;
