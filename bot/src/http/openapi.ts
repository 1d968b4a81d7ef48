import { fastifySwagger } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import { commandRequest } from "@rollcall/core/contract.ts";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import { describeCommand } from "./commands.ts";
import type { App, AppDeps } from "./deps.ts";
import { DOCS_CSP } from "./security-headers.ts";

type Document = Record<string, unknown> & { paths?: Record<string, Record<string, unknown>> };

/** The OpenAPI document, made from the routes and from every command's own declaration, and a page to read it. */
export function registerDocs(app: App, deps: Pick<AppDeps, "version" | "commands">): void {
  void app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Rollcall",
        version: deps.version,
        description:
          "The fleet, its commands and their operations. Every error is {code, message, found, allowed, next, id}.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "rc_…" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  void app.register(async (scope) => {
    let document: Document | null = null;
    const read = (): Document => {
      document ??= withCommands(app.swagger() as unknown as Document, deps);
      return document;
    };
    scope.get("/api/v1/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
      reply.type("application/json; charset=utf-8").serializer(JSON.stringify).send(read()),
    );
    await scope.register(fastifySwaggerUi, {
      routePrefix: "/docs",
      staticCSP: DOCS_CSP,
      // Its bar loads other documents and bears the name of the framework; there is one document here.
      theme: {
        title: "Rollcall API",
        css: [{ filename: "rollcall.css", content: ".swagger-ui .topbar{display:none}" }],
      },
      uiConfig: { docExpansion: "list", deepLinking: false },
      transformSpecification: () => read() as never,
      transformSpecificationClone: false,
    });
  });
}

/** One path per command, with the schema of its own input: what a generated client is made from. */
function withCommands(document: Document, { commands }: Pick<AppDeps, "commands">): Document {
  const general = document.paths?.["/api/v1/commands/{name}"]?.post as Record<string, unknown> | undefined;
  if (general === undefined) return document;
  const { parameters: _parameters, ...rest } = general;
  const paths = Object.fromEntries(
    commands.map(describeCommand).map((command) => [
      `/api/v1/commands/${command.name}`,
      {
        post: {
          ...rest,
          operationId: command.name,
          summary: command.summary,
          description: `Role: ${command.role ?? "none"}. Danger: ${command.danger}. Examples: ${command.examples.join(" · ")}`,
          ...(command.kind === "act" ? { parameters: [IDEMPOTENCY_KEY] } : {}),
          requestBody: { required: true, content: { "application/json": { schema: bodyOf(command.input) } } },
        },
      },
    ]),
  );
  return { ...document, paths: { ...document.paths, ...paths } };
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description: "unique per wish; the same key again changes nothing",
  schema: { type: "string", minLength: 8, maxLength: 200 },
};

function bodyOf(input: Record<string, unknown>): Record<string, unknown> {
  const { $schema: _schema, ...body } = z.toJSONSchema(commandRequest, { io: "input" }) as Record<string, unknown>;
  const { $schema: _inner, ...own } = input;
  return { ...body, properties: { ...(body.properties as object), input: own } };
}
