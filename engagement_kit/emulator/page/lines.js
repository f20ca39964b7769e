// A request as lines to paste. They are signed when they are shown, and anew when they are copied.

import { post } from "./ask.js";
import { copy, make, options, trying, write } from "./make.js";
import { clockTime } from "./words.js";

const NAMES = { curl: "curl", python: "Python", kit: "engagement_kit" };
let panels = 0;
let people = {};
const shown = new Set(); // the panels

export function begin(accounts) {
  people = Object.fromEntries(accounts.map((one) => [one.name, one.name]));
  people.app = "the app alone (bearer token)";
  return people;
}

// A panel for what `source` gives: the members of POST /emulator/lines. With `choose` it asks for
// whom to sign; the first time that is decided by who sent the request.
export function panel(source, { choose = false } = {}) {
  const group = `lines-${(panels += 1)}`;
  const said = make("span", { role: "status" });
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  const note = make("p", { class: "muted" });
  const text = make("pre", { tabindex: "0", class: "lines-text" });
  const as = make("select", {});
  const choices = Object.entries(NAMES).map(([value, label], place) =>
    make("label", { class: "pill" },
      make("input", { type: "radio", name: group, value, checked: place === 0 }), make("span", {}, label)));
  const button = make("button", { type: "button", click: () => renew(true) }, "Copy");
  const place = make("div", { class: "lines" },
    make("div", { class: "row" },
      make("fieldset", { class: "choice" }, make("legend", {}, "Lines for"),
        make("div", { class: "pills" }, ...choices)),
      choose ? make("label", {}, "Signed for ", as) : null, button, said),
    problem, note, text);
  const chosen = () => place.querySelector("input:checked").value;

  let asked = 0;
  async function renew(andCopy = false) {
    const mine = (asked += 1); // a later question wins
    const told = await trying(problem, async () => {
      const members = await source();
      return post("lines", choose && as.value ? { ...members, as: as.value } : members);
    });
    if (mine !== asked && !andCopy) return;
    if (!told) {
      write(text, "");
      write(note, "");
      return;
    }
    if (choose && !as.value) options(as, people, told.as);
    const name = chosen();
    const found = told.lines[name];
    button.setAttribute("aria-label", `Copy the ${NAMES[name]} lines`);
    text.setAttribute("aria-label", `${NAMES[name]} lines`);
    button.disabled = !found;
    write(text, found || "");
    write(note, found ? about(name, told) : `There are none: ${told.missing[name]}.`);
    if (andCopy && found) await copy(found, text, said);
  }

  for (const one of [as, ...choices]) one.addEventListener("change", () => renew());
  const one = { place, renew };
  shown.add(one);
  return one;
}

// Writes all panels anew: apps, tokens or switches have changed.
export function changed() {
  for (const one of shown) {
    if (one.place.isConnected) one.renew();
    else shown.delete(one);
  }
}

function about(name, told) {
  if (told.warning) return `${told.warning.charAt(0).toUpperCase()}${told.warning.slice(1)}.`;
  if (name !== "curl") return "With the made-up keys of this emulator; good as long as it runs.";
  if (told.good_for_s === null) return "With the made-up bearer token; good as long as it runs.";
  return `Signed at ${clockTime(Date.now() / 1000)} UTC: good for ${told.good_for_s / 60} minutes, and ` +
    "for one sending. Copy signs it anew.";
}
