// One step of an LSTM with one unit: its parameters W_k, U_k, b_k, and V_k where a gate sees the cell state; the input; the two states.
function lstmStep(p, x, c, h) {
  const squash = a => 1 / (1 + Math.exp(-a));
  const inside = k => p["W_" + k] * h + p["U_" + k] * x + (p["V_" + k] || 0) * c + p["b_" + k];
  const f = squash(inside("f")), i = squash(inside("i")), o = squash(inside("o"));
  const kept = f * c + i * Math.tanh(inside("c"));
  return {f, i, o, c: kept, h: o * Math.tanh(kept)};
}

// The gates and the states over a signal, from zero: letter to numbers.
function lstmFollow(p, signal) {
  const seen = {f: [], i: [], o: [], c: [], h: []};
  let c = 0, h = 0;
  for (const x of signal) {
    const now = lstmStep(p, x, c, h);
    for (const letter in seen) seen[letter].push(now[letter]);
    ({c, h} = now);
  }
  return seen;
}

const place = value => String(value).replace("-", "−");

// The picture in words, as lstm_kit/play.py has it.
function lstmDescribed(places, seen) {
  const number = value => (Math.round(value * 100) / 100 + 0).toFixed(2).replace("-", "−");
  const span = name => `${name}_t from ${number(Math.min(...seen[name]))} to ${number(Math.max(...seen[name]))}`;
  const at = Object.entries(places).map(([name, value]) => `${name} = ${place(value)}`).join(", ");
  const state = (what, name) => `${what} ${span(name)}, ${number(seen[name].at(-1))} at the end`;
  return `Over ${seen.c.length} steps with ${at}: ${state("the cell state", "c")}; ${state("the output", "h")}; the gates ${[..."fio"].map(span).join(", ")}.`;
}

{
  const table = JSON.parse(document.getElementById("play-table").textContent);
  const figure = document.getElementById("play"), form = figure.querySelector("form"), said = document.getElementById("play-said");
  const sliders = [...form.querySelectorAll("input")];
  let later;
  const draw = () => {
    const places = Object.fromEntries(sliders.map(slider => [slider.name, slider.valueAsNumber]));
    const seen = lstmFollow({...table.weights, ...places}, table.signal);
    for (const letter in seen) figure.querySelector("polyline." + letter).setAttribute("points", seen[letter].map((value, t) => `${t},${value}`).join(" "));
    for (const slider of sliders) slider.labels[0].querySelector(".place").textContent = "= " + place(slider.valueAsNumber);
    clearTimeout(later);
    later = setTimeout(() => { said.textContent = lstmDescribed(places, seen); }, 400); // a screen reader is told once, not at every step of the way
  };
  form.addEventListener("input", draw);
  form.addEventListener("reset", () => setTimeout(draw)); // once the sliders are back
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
}
