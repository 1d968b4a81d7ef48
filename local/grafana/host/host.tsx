import * as emotionCss from "@emotion/css";
import * as emotionReact from "@emotion/react";
import { type AppPlugin, createTheme, ThemeContext } from "@grafana/data";
import { config, setBackendSrv, setPluginLinksHook, setReturnToPreviousHook } from "@grafana/runtime";
import { GlobalStyles, PortalContainer } from "@grafana/ui";
import * as lodash from "lodash";
import * as react from "react";
import * as jsxRuntime from "react/jsx-runtime";
import * as reactDom from "react-dom";
import { createRoot } from "react-dom/client";
import * as rxjs from "rxjs";
import { sharedInPart } from "#shared-in-part";
import { loadAmd, type Shared } from "./amd.ts";
import { backend } from "./backend.ts";
import { booted, texts } from "./booted.ts";
import { Chrome } from "./chrome.tsx";
import { addTexts, speak } from "./language.ts";
import { setPageFrame } from "./page-frame.tsx";

/** What bundlers ask every module for. */
const INTEROP = new Set(["__esModule", "default", "then"]);

const SHARED: Shared = {
  react,
  "react/jsx-runtime": jsxRuntime,
  "react-dom": reactDom,
  rxjs,
  lodash,
  "@emotion/css": emotionCss,
  "@emotion/react": emotionReact,
  ...Object.fromEntries(Object.entries(sharedInPart).map(([name, members]) => [name, strict(name, members)])),
};

const MODULE = "/public/plugins/rollcall-fleet-app/module.js";

/** A module that says so if somebody asks for what this page was not built with. */
function strict(name: string, members: Readonly<Record<string, unknown>>): object {
  return new Proxy(members, {
    get(target, member) {
      if (typeof member === "symbol" || member in target || INTEROP.has(member)) return Reflect.get(target, member);
      throw new Error(`the plugin asks for ${member} of ${name}, which its sources do not import`);
    },
  });
}

/** Draws the page around the plugin, as Grafana would, and the plugin in it. */
async function start(): Promise<void> {
  const theme = createTheme({
    colors: { mode: booted.isDark ? "dark" : "light" },
    typography: { fontFamily: '"Inter", "Helvetica", "Arial", "DejaVu Sans", sans-serif' },
  });
  config.theme2 = theme;
  setBackendSrv(backend);
  setReturnToPreviousHook(() => () => undefined);
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPageFrame();
  const { meta, language } = booted;
  const i18next = await speak(language);
  addTexts(meta.id, language, await texts);
  const { plugin } = (await loadAmd(MODULE, { ...SHARED, i18next })) as { plugin: AppPlugin };
  plugin.meta = meta;
  await plugin.init?.(meta);
  createRoot(document.getElementById("root") as HTMLElement).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Chrome booted={booted} plugin={plugin} meta={meta} />
      <PortalContainer />
    </ThemeContext.Provider>,
  );
}

void start();
