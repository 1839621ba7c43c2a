export * as ScriptedTarget from "./ScriptedTarget.ts"
