// Shows the chosen earmark's figures, and what the typed amount would leave. The server says the same after the submit.
"use strict";

const form = document.querySelector("[data-disbursement]");
const earmark = form.elements.namedItem("earmark");
const amount = form.elements.namedItem("amount");
const submit = form.querySelector("button[type=submit]");

// "1.234,50" → 123450 øre; null for what is not an amount in Danish notation. Whole øre only: no fractions anywhere.
function oere(text) {
  const typed = text.replace(/\s|kr\.?$/gi, "");
  const parts = /^(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?$/.exec(typed);
  if (!parts || parts[1].length > 15) return null;
  return BigInt(parts[1].replaceAll(".", "")) * 100n + BigInt((parts[2] || "").padEnd(2, "0"));
}

function kroner(value) {
  const whole = String(value / 100n).replace(/\B(?=(\d{3})+$)/g, ".");
  return `${whole},${String(value % 100n).padStart(2, "0")}\u00a0kr.`;
}

function show() {
  form.querySelector("[data-hint]").hidden = earmark.value !== "";
  for (const panel of form.querySelectorAll("[data-earmark]")) {
    panel.hidden = panel.dataset.earmark !== earmark.value;
    if (panel.hidden) continue;
    const asked = oere(amount.value);
    const after = asked === null ? null : BigInt(panel.dataset.left) - asked;
    const tooMuch = after !== null && after < 0n;
    panel.classList.toggle("over", tooMuch);
    panel.querySelector("[data-after]").textContent = after === null ? "–" : tooMuch ? `Beløbet er ${kroner(-after)} for stort` : kroner(after);
  }
}

form.addEventListener("input", show);
form.addEventListener("change", show);
form.addEventListener("submit", () => { submit.disabled = true; });
window.addEventListener("pageshow", () => { submit.disabled = false; show(); });
