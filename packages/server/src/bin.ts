#!/usr/bin/env node
import { enableCompileCache } from "node:module"

// What is imported below it is compiled once, not at every start.
enableCompileCache()
const { main } = await import("./Cli.ts")
main("0.1.0")
