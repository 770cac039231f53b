// Danish amounts, read and written: what the pages' small scripts share. Whole øre only: no fractions anywhere.
"use strict";

// "1.234,50" → 123450n øre; null for what is not an amount in Danish notation.
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
