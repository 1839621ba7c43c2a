// PostGraphile with its stock preset, and the filter that its docs name.
import { createServer } from "node:http"
import { grafserv } from "postgraphile/grafserv/node"
import { makePgService } from "postgraphile/adaptors/pg"
import { PostGraphileAmberPreset } from "postgraphile/presets/amber"
import { postgraphile } from "postgraphile"
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter"

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["deploys"], poolConfig: { max: 10 } })
  ],
  grafserv: { watch: false, graphiql: false },
  grafast: { explain: false }
})

const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })))
