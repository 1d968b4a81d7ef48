import type { GrafanaTheme2 } from "@grafana/data";

/** The frame's own look; the plugin brings its own. */
export const styleText = ({ colors }: GrafanaTheme2): string => `
body { margin: 0; background: ${colors.background.canvas}; color: ${colors.text.primary}; }
#root, .host { min-height: 100vh; }
.host { display: flex; flex-direction: column; }
.host-strip { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; padding: 6px 16px; background: ${colors.background.secondary}; border-bottom: 1px solid ${colors.border.weak}; font-size: 12px; }
.host-strip select, .host-board-choice select { background: ${colors.background.primary}; color: ${colors.text.primary}; border: 1px solid ${colors.border.medium}; height: 26px; padding: 2px 4px; max-width: 200px; font: inherit; }
.host-body { display: flex; flex-grow: 1; min-width: 0; }
.host-nav { width: 180px; flex-shrink: 0; padding: 16px; display: flex; flex-direction: column; gap: 8px; border-right: 1px solid ${colors.border.weak}; }
.host-nav a { color: ${colors.text.secondary}; text-decoration: none; }
.host-nav a[aria-current] { color: ${colors.text.primary}; font-weight: 500; }
.host-main { flex-grow: 1; min-width: 0; padding: 16px 24px; }
.host-crumbs { display: flex; gap: 8px; font-size: 12px; }
.host-crumbs a + a::before { content: "›"; margin-right: 8px; color: ${colors.text.secondary}; display: inline-block; }
.host-crumbs a { color: ${colors.text.link}; }
.host-title { display: flex; justify-content: space-between; align-items: center; flex-wrap: wrap; gap: 8px; }
.host-actions { display: flex; gap: 8px; flex-wrap: wrap; }
.host-menu { display: none; }
.host-board { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: 30px; gap: 8px; }
.host-board-row { grid-column: 1 / -1; align-self: end; margin: 0; font-size: 16px; }
.host-board-choice a { color: ${colors.text.link}; }
.host-board-choice a[aria-current] { color: ${colors.text.primary}; font-weight: 500; }
.host-board-choice { display: flex; gap: 12px; flex-wrap: wrap; margin: 8px 0; align-items: center; }
.host-board-table { overflow: auto; height: 100%; }
@media (max-width: 768px) {
  .host-menu { display: inline-flex; }
  .host-words { display: none; }
  .host-nav { display: none; }
  .host-nav-open { display: flex; position: fixed; inset: 48px 0 0 0; width: auto; background: ${colors.background.primary}; z-index: 10; }
  .host-main { padding: 12px; }
  .host-board { display: flex; flex-direction: column; }
}
`;
