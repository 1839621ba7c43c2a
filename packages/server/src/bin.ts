#!/usr/bin/env node
import { enableCompileCache } from "node:module"
import { setFlagsFromString } from "node:v8"

// V8 learns at the start, where layers are built to stay, that scopes and contexts live long. Those of requests, from the same
// lines of code, would then be taken for old, and keep whole answers until the old are collected.
setFlagsFromString("--no-allocation-site-pretenuring")
// What is imported below it is compiled once, not at every start.
enableCompileCache()
const { main } = await import("./Cli.ts")
main("0.1.0")
