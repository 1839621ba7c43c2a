export * as MemoryTarget from "./MemoryTarget.ts"
export * as ScriptedTarget from "./ScriptedTarget.ts"
