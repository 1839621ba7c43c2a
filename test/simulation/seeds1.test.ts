import { suite } from "./seeds.ts"

suite(1, 2)
