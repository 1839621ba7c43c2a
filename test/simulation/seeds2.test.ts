import { suite } from "./seeds.ts"

suite(2, 2)
