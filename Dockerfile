# One image for all of our own programs; docker-compose.yml says which one a container runs.
FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY core/package.json core/
COPY agent/package.json agent/
COPY exporter/package.json exporter/
COPY bot/package.json bot/
COPY local/package.json local/
COPY grafana-plugin/package.json grafana-plugin/
COPY test/package.json test/
COPY dashboards/package.json dashboards/
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY core core
COPY agent agent
COPY exporter exporter
COPY bot bot
COPY local local
COPY alerting alerting
COPY fleet.yaml ./
RUN mkdir -p /anchors /data /run/rollcall && chown node:node /anchors /data /run/rollcall
USER node
