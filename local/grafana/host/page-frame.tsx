import type { PluginPageProps } from "@grafana/runtime";
import type { ReactElement } from "react";
import { setPluginPage } from "#plugin-page";

/** Title, breadcrumbs and actions, as Grafana draws them around a page of a plugin. */
function PageFrame({ pageNav, actions, subTitle, children }: PluginPageProps): ReactElement {
  const title = pageNav?.text ?? "Rollcall";
  document.title = `${title} · Rollcall · Grafana stand-in`;
  return (
    <div>
      <nav aria-label="Breadcrumbs" className="host-crumbs">
        <a href="/a/rollcall-fleet-app/overview">Rollcall</a>
        {pageNav?.parentItem === undefined ? null : <a href={pageNav.parentItem.url}>{pageNav.parentItem.text}</a>}
      </nav>
      <header className="host-title">
        <h1>{title}</h1>
        <div className="host-actions">{actions}</div>
      </header>
      {subTitle}
      {children}
    </div>
  );
}

/** Puts the frame in place of the one that only Grafana has. */
export const setPageFrame = (): void => setPluginPage(PageFrame);
