const root = document.documentElement
const toggle = document.querySelector(".theme")
const dark = matchMedia("(prefers-color-scheme: dark)")
const stored = localStorage.getItem("theme")

const current = () => root.dataset.theme ?? (dark.matches ? "dark" : "light")
const label = () => {
  toggle.textContent = current() === "dark" ? "Daylight" : "Lamplight"
}

if (stored !== null) root.dataset.theme = stored
toggle.hidden = false
label()
dark.addEventListener("change", label)
toggle.addEventListener("click", () => {
  root.dataset.theme = current() === "dark" ? "light" : "dark"
  localStorage.setItem("theme", root.dataset.theme)
  label()
})

const calculator = document.querySelector(".calculator")
if (calculator !== null) {
  const { cups, ratio } = calculator.elements
  const brew = () => {
    const water = Number(cups.value) * 250
    calculator.querySelector("[data-cups]").textContent = cups.value
    calculator.querySelector("[data-ratio]").textContent = `1 : ${ratio.value}`
    calculator.querySelector("output").textContent =
      `${Math.round(water / Number(ratio.value))} g coffee, ${water} g water`
  }
  calculator.addEventListener("input", brew)
  brew()
}
