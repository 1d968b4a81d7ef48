import * as emotionCss from "@emotion/css";
import * as emotionReact from "@emotion/react";
import * as grafanaData from "@grafana/data";
import { type AppPlugin, createTheme, ThemeContext } from "@grafana/data";
import * as grafanaRuntime from "@grafana/runtime";
import { config, setBackendSrv, setPluginLinksHook, setReturnToPreviousHook } from "@grafana/runtime";
import * as grafanaUi from "@grafana/ui";
import { GlobalStyles, PortalContainer } from "@grafana/ui";
import * as lodash from "lodash";
import * as react from "react";
import * as jsxRuntime from "react/jsx-runtime";
import * as reactDom from "react-dom";
import { createRoot } from "react-dom/client";
import * as rxjs from "rxjs";
import { loadAmd } from "./amd.ts";
import { backend } from "./backend.ts";
import { Chrome } from "./chrome.tsx";
import { readTexts, speak, type TranslatedMeta } from "./language.ts";
import { setPageFrame } from "./page-frame.tsx";
import type { Booted } from "./sign-in.ts";

const SHARED = {
  react,
  "react/jsx-runtime": jsxRuntime,
  "react-dom": reactDom,
  rxjs,
  lodash,
  "@emotion/css": emotionCss,
  "@emotion/react": emotionReact,
  "@grafana/data": grafanaData,
  "@grafana/runtime": grafanaRuntime,
  "@grafana/ui": grafanaUi,
};

const MODULE = "/public/plugins/rollcall-fleet-app/module.js";

/** Draws the page around the plugin, as Grafana would, and the plugin in it. */
export async function start(booted: Booted): Promise<void> {
  const theme = createTheme({
    colors: { mode: booted.isDark ? "dark" : "light" },
    typography: { fontFamily: '"Inter", "Helvetica", "Arial", "DejaVu Sans", sans-serif' },
  });
  config.theme2 = theme;
  setBackendSrv(backend);
  setReturnToPreviousHook(() => () => undefined);
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPageFrame();
  const i18next = await speak(booted.language);
  const meta = (await (await fetch("/api/plugins/rollcall-fleet-app/settings")).json()) as TranslatedMeta;
  await readTexts(meta, booted.language);
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
