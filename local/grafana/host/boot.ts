import { preferredLanguage } from "./language.ts";
import { askJson, type Person, type SignedIn, signIn } from "./sign-in.ts";

declare global {
  interface Window {
    grafanaBootData: unknown;
    __grafana_public_path__: string;
  }
}

async function boot(): Promise<void> {
  const { people, signedIn } = (await askJson("/control/people")) as { people: Person[]; signedIn: string | null };
  const key = signedIn ?? people[0]?.key ?? "";
  if (signedIn === null) await signIn(key);
  const user = (await askJson("/api/user")) as SignedIn;
  const asked = new URLSearchParams(location.search).get("theme");
  const isDark = (asked ?? localStorage.getItem("rollcall-host.theme")) !== "light";
  const language = await preferredLanguage();
  // Grafana's libraries read it while they are loaded, so all of them are loaded after it is there.
  window.__grafana_public_path__ = "/public/";
  window.grafanaBootData = {
    settings: {
      appSubUrl: "",
      appUrl: `${location.origin}/`,
      buildInfo: { version: "13.2.2", env: "production" },
      apps: {},
      featureToggles: {},
    },
    user: {
      ...{ isSignedIn: true, login: user.login, name: user.name, email: user.email, orgRole: user.orgRole, orgId: 1 },
      permissions: Object.fromEntries(user.permissions.map((action) => [action, true])),
      theme: isDark ? "dark" : "light",
      language,
    },
    navTree: [],
  };
  const { start } = await import("./host.tsx");
  await start({ user, people, signedIn: key, isDark, language });
}

void boot();
