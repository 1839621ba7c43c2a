#!/usr/bin/env node
import * as Cli from "./Cli.ts"

Cli.main("0.1.0")
