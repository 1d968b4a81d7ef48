import "./public-path.ts";
import { AppPlugin } from "@grafana/data";
import { lazy } from "react";
import { addExtensions } from "./extensions.ts";
import { translated } from "./translated.ts";

// Grafana loads this file with every page of its own: all else waits until one of our pages is opened.
const App = lazy(() => translated(import("./app.tsx")));
const Configuration = lazy(() => translated(import("./pages/configuration.tsx")));

// Who opens one of them gets it while Grafana still draws its frame; if it does not come, it is asked for again when it is drawn.
if (location.pathname.includes("/a/rollcall-fleet-app")) import("./app.tsx").catch(() => undefined);

export const plugin = addExtensions(
  new AppPlugin<{ url?: string }>().setRootPage(App).addConfigPage({
    title: "Configuration",
    icon: "cog",
    body: Configuration,
    id: "configuration",
  }),
);
