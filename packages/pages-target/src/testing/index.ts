export type { FakeDeployment, FakeOptions, FakeProject } from "./fakeAccount.ts"
export * from "./FakeFault.ts"
export * from "./FakePages.ts"
