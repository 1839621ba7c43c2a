/** A page that reads a deploy's events from another origin, and hands to its own what it has read. */
export const page = (events: string) => `<!doctype html>
<title>Reader</title>
<script type="module">
const say = (path, text) => fetch(path, { method: "POST", body: text })
try {
  const response = await fetch(${JSON.stringify(events)}, { headers: { authorization: "Bearer root" } })
  let text = ""
  let told = false
  for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
    if (!told && text.includes("waiting")) {
      told = true
      await say("/waiting", "")
    }
  }
  await say("/done", response.status + " " + response.headers.get("x-request-id") + "\\n" + text)
} catch (error) {
  await say("/done", "broke " + error)
}
</script>
`
