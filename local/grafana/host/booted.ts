import { askJson } from "./ask.ts";
import type { TranslatedMeta } from "./language.ts";

declare global {
  interface Window {
    grafanaBootData: unknown;
    __grafana_public_path__: string;
  }
}

/** Who is signed in, as the stand-in's server says it. */
export interface SignedIn {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly orgRole: string;
  readonly permissions: readonly string[];
  readonly pages: readonly { readonly name: string; readonly path: string; readonly defaultNav: boolean }[];
}

/** What the server wrote into the page, as Grafana's does. */
interface BootData {
  readonly user: SignedIn;
  readonly people: readonly { readonly key: string; readonly name: string }[];
  /** Key of who is signed in. */
  readonly signedIn: string;
  /** What they prefer: "de-DE"; "" if nothing. */
  readonly language: string;
  readonly meta: TranslatedMeta;
}

export interface Booted extends BootData {
  readonly isDark: boolean;
}

/** What Grafana speaks unless somebody chooses, and what has texts for whatever another language lacks. */
const ENGLISH = "en-US";

function boot(): Booted {
  const data = JSON.parse(document.getElementById("boot-data")?.textContent ?? "") as BootData;
  const asked = new URLSearchParams(location.search).get("theme");
  const isDark = (asked ?? localStorage.getItem("rollcall-host.theme")) !== "light";
  return { ...data, isDark, language: data.language === "" ? ENGLISH : data.language };
}

export const booted: Booted = boot();
const { user, language, isDark, meta } = booted;
const path = meta.translations[language] ?? meta.translations[ENGLISH];
/** Texts of the plugin: on their way while Grafana's libraries are still being read. */
export const texts: Promise<unknown> = path === undefined ? Promise.resolve({}) : askJson(`/${path}`);
// Grafana's libraries read it while they are loaded.
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
