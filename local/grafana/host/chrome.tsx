import type { AppPlugin, NavModel } from "@grafana/data";
import { locationService } from "@grafana/runtime";
import { Button, useTheme2 } from "@grafana/ui";
import { lazy, type ReactElement, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { signIn } from "./ask.ts";
import type { Booted } from "./booted.ts";
import { preferLanguage, type TranslatedMeta } from "./language.ts";
import { styleText } from "./style.ts";

const BoardPage = lazy(() => import("./board/board-page.tsx"));

interface ChromeProps {
  readonly booted: Booted;
  readonly plugin: AppPlugin;
  readonly meta: TranslatedMeta;
}

const follow = (changed: () => void): (() => void) => locationService.getHistory().listen(changed);
const where = (): string => locationService.getLocation().pathname;

/** Strip, navigation from plugin.json, and the page in the middle. */
export function Chrome({ booted, plugin, meta }: ChromeProps): ReactElement {
  const path = useSyncExternalStore(follow, where);
  const theme = useTheme2();
  const [isNavOpen, setNavOpen] = useState(false);
  useEffect(interceptLinks, []);
  const { pages } = booted.user;
  useEffect(() => {
    const first = pages.find(({ defaultNav }) => defaultNav)?.path ?? "/a/rollcall-fleet-app";
    if (path === "/") locationService.replace(first);
  }, [path, pages]);
  return (
    <div className="host">
      <style>{styleText(theme)}</style>
      <Strip booted={booted} languages={Object.keys(meta.translations)} onMenu={() => setNavOpen(!isNavOpen)} />
      <div className="host-body">
        <nav aria-label="Navigation" className={isNavOpen ? "host-nav host-nav-open" : "host-nav"}>
          <strong>Rollcall</strong>
          {pages.map((page) => (
            <a
              key={page.path}
              href={page.path}
              aria-current={path.startsWith(page.path) ? "page" : undefined}
              onClick={() => setNavOpen(false)}
            >
              {page.name}
            </a>
          ))}
        </nav>
        <main className="host-main">
          <Main path={path} plugin={plugin} meta={meta} />
        </main>
      </div>
    </div>
  );
}

function Main({ path, plugin, meta }: Pick<ChromeProps, "plugin" | "meta"> & { readonly path: string }): ReactElement {
  const [, board] = /^\/d\/([a-z-]+)/.exec(path) ?? [];
  if (board !== undefined)
    return (
      <Suspense fallback={<p role="status">Loading…</p>}>
        <BoardPage key={board} uid={board} />
      </Suspense>
    );
  return path.startsWith("/plugins/") ? <Config plugin={plugin} /> : <Root plugin={plugin} meta={meta} />;
}

function Root({ plugin, meta }: Pick<ChromeProps, "plugin" | "meta">): ReactElement | null {
  const App = plugin.root;
  if (App === undefined) return null;
  return (
    <Suspense fallback={<p role="status">Loading…</p>}>
      <App
        meta={meta}
        basename="/a/rollcall-fleet-app"
        onNavChanged={(_nav: NavModel) => undefined}
        query={{}}
        path=""
      />
    </Suspense>
  );
}

function Config({ plugin }: Pick<ChromeProps, "plugin">): ReactElement {
  const [page] = plugin.configPages ?? [];
  if (page === undefined) return <p>The plugin has no page of settings.</p>;
  const Body = page.body;
  return (
    <Suspense fallback={<p role="status">Loading…</p>}>
      <h1>{page.title}</h1>
      <Body plugin={plugin} query={{}} />
    </Suspense>
  );
}

interface StripProps {
  readonly booted: Booted;
  readonly languages: readonly string[];
  readonly onMenu: () => void;
}

function Strip({ booted, languages, onMenu }: StripProps): ReactElement {
  const { people, signedIn, isDark, user, language } = booted;
  return (
    <header className="host-strip">
      <Button size="sm" variant="secondary" icon="bars" aria-label="Menu" className="host-menu" onClick={onMenu} />
      <span className="host-words">
        <strong>Stand-in, not Grafana.</strong> The plugin is the real one; nothing leaves this machine.
      </span>
      <label>
        I am{" "}
        <select
          value={signedIn}
          onChange={async (event) => {
            await signIn(event.currentTarget.value);
            location.reload();
          }}
        >
          {people.map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <select
        aria-label="Language"
        style={{ width: 76 }}
        value={language}
        onChange={async (event) => {
          await preferLanguage(event.currentTarget.value);
          location.reload();
        }}
      >
        {languages.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <span className="host-words">{user.orgRole} in Grafana, which counts for nothing in Rollcall</span>
      <Button
        size="sm"
        variant="secondary"
        onClick={() => {
          localStorage.setItem("rollcall-host.theme", isDark ? "light" : "dark");
          location.reload();
        }}
      >
        {isDark ? "Light" : "Dark"}
      </Button>
    </header>
  );
}

/** Grafana turns plain links to its own pages into navigation without a reload. */
function interceptLinks(): () => void {
  const click = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const href = link.getAttribute("href") ?? "";
    if (link.target !== "" || !/^\/(a|d|plugins)\//.test(href)) return;
    event.preventDefault();
    locationService.push(href);
  };
  document.addEventListener("click", click);
  return () => document.removeEventListener("click", click);
}
