// Counts and adds up what is ticked. The server says the same after the submit; without this script the button beside asks it to.
"use strict";

const form = document.querySelector("[data-ticking]");
const boxes = form.querySelectorAll("input[name=tick]");
const approve = form.querySelector("button[value=approve]");

// Whole øre only: no fractions anywhere.
function kroner(value) {
  const whole = String(value / 100n).replace(/\B(?=(\d{3})+$)/g, ".");
  return `${whole},${String(value % 100n).padStart(2, "0")}\u00a0kr.`;
}

function show() {
  const ticked = [...boxes].filter((box) => box.checked);
  form.querySelector("[data-count]").textContent = ticked.length;
  form.querySelector("[data-sum]").textContent = kroner(ticked.reduce((sum, box) => sum + BigInt(box.dataset.oere), 0n));
}

form.querySelector("[data-without-script]").hidden = true;
form.addEventListener("change", show);
form.addEventListener("submit", () => { setTimeout(() => { approve.disabled = true; }); }); // afterwards, so that the button is still sent
window.addEventListener("pageshow", () => { approve.disabled = false; show(); });
