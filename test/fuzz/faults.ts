import type { Received } from "./send.ts"

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Where an answer begins: those of a pipeline follow each other, and no body of ours holds such a line. */
const beginning = /^HTTP\/1\.1 (\d{3}) .*\r\n/m

const answerOf = (text: string): Answer => {
  const [head = "", ...rest] = text.split("\r\n\r\n")
  const [first = "", ...lines] = head.split("\r\n")
  const headers = new Map(lines.map((line) => [line.split(":")[0]?.toLowerCase() ?? "", line.replace(/^[^:]*: ?/, "")]))
  return { status: Number(beginning.exec(`${first}\r\n`)?.[1] ?? 0), headers, body: rest.join("\r\n\r\n") }
}

const answersOf = (text: string) =>
  text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part !== "")
    .map(answerOf)

const isFault = (value: unknown) => {
  const { code, message, path } = Object(value)
  return [code, message, path].every((text) => typeof text === "string") && (path === "" || path.startsWith("/"))
}

const problemFaults = ({ body, headers, status }: Answer) => {
  if (headers.get("content-type") !== "application/problem+json") return ["an error that is no problem"]
  const problem = JSON.parse(body)
  const { detail, errors, title, type } = problem
  return [
    ...(problem.status === status ? [] : ["a problem of another status"]),
    ...([detail, title, type].every((text) => typeof text === "string") ? [] : ["a problem that says nothing"]),
    ...(status !== 400 || (Array.isArray(errors) && errors.length > 0 && errors.every(isFault))
      ? []
      : ["a 400 that does not say where"])
  ]
}

/** What Node answers itself where there is no request to give on. */
const isNodes = ({ body, headers, status }: Answer) =>
  (body === "" || body === "0\r\n\r\n") &&
  !headers.has("x-request-id") &&
  [100, 400, 408, 413, 417, 431].includes(status)

const faultsOfAnswer = (answer: Answer, isHead: boolean): ReadonlyArray<string> => {
  const { headers, status } = answer
  if (status === 0) return ["what is no HTTP"]
  if (isNodes(answer)) return []
  if (status >= 500 || status < 200) return [`a ${status}`]
  const bare = ["x-request-id", "x-content-type-options"].filter((name) => !headers.has(name))
  if (bare.length > 0) return [`a ${status} without ${bare.join(" and ")}`]
  return status >= 400 && !isHead && !headers.has("transfer-encoding") ? problemFaults(answer) : []
}

/** What is wrong with what was answered, and the statuses of it. */
export const judge = ({ stuck, text }: Received, isHead: boolean) => {
  const answers = answersOf(text)
  return {
    statuses: answers.map(({ status }) => status),
    faults: [
      ...(stuck ? ["a connection that stays open"] : []),
      ...answers.flatMap((answer) => faultsOfAnswer(answer, isHead))
    ]
  }
}
