/** Runs the hosts of this folder, one after the other. Each ends by itself. */
await import("./hono.ts")
await import("./express.ts")
await import("./fastify.ts")
await import("./node.ts")
await import("./effect.ts")
