import { MemoryArtifacts } from "@deploys/core"
import { artifacts, suite } from "./ArtifactStoreContract.ts"

const faulty = [
  "/etc/passwd",
  "../up",
  "a/../../up",
  "a//b",
  "./a",
  "back\\slash",
  "line\nbreak",
  "\ud800",
  "",
  "x".repeat(1025)
]
const faults = faulty.map((path, index) => ({ locator: `faulty ${index}`, reason: "path" as const, path }))
const bad = Object.fromEntries(faults.map(({ locator, path }) => [locator, { "index.html": "hi", [path]: "x" }]))

suite("memory", MemoryArtifacts.layerOf({ ...artifacts, ...bad }), { faults })
