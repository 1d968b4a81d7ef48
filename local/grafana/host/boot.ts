/** Who is signed in, as the stand-in's server says it. */
export interface SignedIn {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly orgRole: string;
  readonly permissions: readonly string[];
  readonly pages: readonly { readonly name: string; readonly path: string; readonly defaultNav: boolean }[];
}

export interface Person {
  readonly key: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
}

export interface Booted {
  readonly user: SignedIn;
  readonly people: readonly Person[];
  readonly signedIn: string;
  readonly isDark: boolean;
}

declare global {
  interface Window {
    grafanaBootData: unknown;
  }
}

const json = async (path: string, init?: RequestInit): Promise<unknown> => (await fetch(path, init)).json();

export const signIn = (person: string): Promise<unknown> =>
  json("/control/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person }),
  });

async function boot(): Promise<void> {
  const { people, signedIn } = (await json("/control/people")) as { people: Person[]; signedIn: string | null };
  const key = signedIn ?? people[0]?.key ?? "";
  if (signedIn === null) await signIn(key);
  const user = (await json("/api/user")) as SignedIn;
  const isDark = localStorage.getItem("rollcall-host.theme") !== "light";
  // Grafana's libraries read it while they are loaded, so all of them are loaded after it is there.
  window.grafanaBootData = {
    settings: { appSubUrl: "", appUrl: `${location.origin}/`, buildInfo: { version: "13.2.2", env: "production" }, apps: {} },
    user: {
      ...{ isSignedIn: true, login: user.login, name: user.name, email: user.email, orgRole: user.orgRole, orgId: 1 },
      permissions: Object.fromEntries(user.permissions.map((action) => [action, true])),
      theme: isDark ? "dark" : "light",
    },
    navTree: [],
  };
  const { start } = await import("./host.tsx");
  await start({ user, people, signedIn: key, isDark });
}

void boot();
