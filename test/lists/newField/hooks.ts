import { registerHooks } from "node:module"
import { withColumn, withField } from "./line.ts"

const changed = (url: string) => {
  if (url.endsWith("/core/src/list/DeployFields.ts")) return withField
  return url.endsWith("/core/src/domain/Deploy.ts") ? withColumn : undefined
}

// Everything that is loaded behind this sees rows that have the field and the line that describes it.
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const change = changed(url)
    return change === undefined ? loaded : { ...loaded, source: change(String(loaded.source)) }
  }
})
