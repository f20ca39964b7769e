// Clock, faults, settings, and the way back to the start.

import { get, post, remove } from "./ask.js";
import { byId, make, options, say, trying, write } from "./make.js";
import { moment, number, plural } from "./words.js";

const MAIN = ["profile", "zeros", "app", "credentials", "gzip", "per_minute", "per_second"];
const NUMBERS = ["per_minute", "per_second"];
const fields = new Map(); // of settings, by name
let shownFaults = "", defaults = {}, meanings = {}, changed;

export function begin(index, onChanged) {
  changed = onChanged;
  beginClock();
  beginFaults(index["/emulator/faults"].POST);
  beginSettings(index["/emulator/settings"].POST);
  beginReset();
}

export function heard(state) {
  showClock(state.clock);
  showFaults(state.faults);
  showSettings(state.settings);
}

// --- clock
function beginClock() {
  const move = (members) => trying(byId("clock-problem"), async () => {
    const clock = await post("clock", members);
    showClock(clock);
    say(byId("clock-said"), `It is ${moment(clock.now)} UTC in this world.`);
    changed();
  });
  for (const button of document.querySelectorAll("[data-travel]")) {
    button.addEventListener("click", () => move({ travel_s: Number(button.dataset.travel) }));
  }
  byId("clock-freeze").addEventListener("click", (event) =>
    move({ freeze: event.target.dataset.freeze === "true" }));
  byId("clock-form").addEventListener("submit", (event) => {
    event.preventDefault();
    move({ set: `${byId("clock-set").value}Z` });
  });
}

function showClock(clock) {
  write(byId("clock-now"), `${moment(clock.now)} UTC`);
  byId("clock-now").dateTime = clock.now;
  write(byId("clock-state"), clock.frozen ? "stands still" : "runs");
  const button = byId("clock-freeze");
  write(button, clock.frozen ? "Let it run" : "Freeze");
  button.dataset.freeze = String(!clock.frozen);
  const field = byId("clock-set");
  if (!field.value) field.value = clock.now.replace("Z", "");
}

// --- faults
function beginFaults(told) {
  meanings = told.choices.kind;
  const names = Object.keys(meanings).map((one) => [one, one.replaceAll("_", " ")]);
  options(byId("faults-kind"), Object.fromEntries(names));
  byId("faults-endpoint").append(
    ...Object.keys(told.choices.endpoint).map((one) => make("option", {}, one)));
  const explain = () => write(byId("faults-meaning"),
    `Its answer: ${meanings[byId("faults-kind").value].replaceAll("`", "")}.`);
  byId("faults-kind").addEventListener("change", explain);
  explain();
  byId("faults-form").addEventListener("submit", (event) => {
    event.preventDefault();
    trying(byId("faults-problem"), async () => {
      const { number: which, faults } = await post("faults", asked());
      showFaults(faults);
      say(byId("faults-said"), `Fault ${which} is in force.`);
    });
  });
  byId("faults-clear").addEventListener("click", () => trying(byId("faults-problem"), async () => {
    showFaults((await remove("faults")).faults);
    say(byId("faults-said"), "No fault is in force.");
    byId("faults-kind").focus();
  }));
}

// Reads the form. What is no number goes on as text: the emulator says what is allowed.
function asked() {
  const members = { kind: byId("faults-kind").value };
  const numeric = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
  for (const name of ["endpoint", "tweet_id"]) {
    const text = byId(`faults-${name}`).value.trim();
    if (text) members[name] = text;
  }
  for (const name of ["times", "rate", "seconds"]) {
    const text = byId(`faults-${name}`).value.trim();
    if (text) members[name] = numeric(text);
  }
  const nth = byId("faults-nth").value.trim();
  if (nth) members.nth = nth.split(",").map((one) => numeric(one.trim()));
  return members;
}

function inWords(fault) {
  const parts = [];
  if (fault.endpoint) parts.push(`on ${fault.endpoint}`);
  if (fault.tweet_id) parts.push(`for the tweet ${fault.tweet_id}`);
  if (fault.nth) parts.push(`only number ${fault.nth.join(", ")} of those that it meets`);
  if (fault.rate) parts.push(`a share of ${fault.rate}`);
  if (fault.times) parts.push(`${plural(fault.times, "time")} at most`);
  if (["slow", "hang"].includes(fault.kind)) parts.push(plural(fault.seconds, "second"));
  return parts.join(", ") || "every request";
}

function showFaults(faults) {
  const seen = JSON.stringify(faults);
  if (seen === shownFaults) return; // so that the focus stays
  shownFaults = seen;
  const at = document.activeElement?.dataset?.fault;
  byId("faults-none").hidden = faults.length > 0;
  byId("faults-clear").hidden = faults.length < 2;
  byId("faults-list").replaceChildren(...faults.map((one) => make("li", { class: "fault" },
    make("span", { class: "mark struck" }, one.kind.replaceAll("_", " ")),
    make("span", { class: "grow" }, inWords(one)),
    make("span", { class: "muted" }, `met ${number(one.met)}, struck ${number(one.struck)}`),
    make("button", {
      type: "button", "data-fault": one.number, "aria-label": `Remove fault ${one.number}, ${one.kind}`,
      click: () => trying(byId("faults-problem"), async () => {
        showFaults((await remove(`faults/${one.number}`)).faults);
        say(byId("faults-said"), `Fault ${one.number} is gone.`);
        byId("faults-kind").focus({ preventScroll: true });
      }),
    }, "Remove"))));
  if (at) byId("faults-list").querySelector(`[data-fault="${Number(at)}"]`)?.focus({ preventScroll: true });
}

// --- settings
function beginSettings({ takes, choices }) {
  for (const [name, hint] of Object.entries(takes)) {
    const words = choices[name];
    const attributes = { id: `setting-${name}`, "aria-describedby": `hint-${name}` };
    const field = words ? make("select", attributes) : make("input", {
      ...attributes, autocomplete: "off", placeholder: NUMBERS.includes(name) ? "no limit" : "none" });
    if (words) options(field, Object.fromEntries(Object.keys(words).map((one) => [one, one.replaceAll("_", " ")])));
    defaults[name] = words ? Object.keys(words)[0] : "";
    field.addEventListener("change", () => set(name, field));
    fields.set(name, field);
    const meaning = hint.slice(hint.indexOf(". ") + 2) || hint;
    byId(MAIN.includes(name) ? "settings-main" : "settings-more").append(
      make("div", { class: "switch" },
        make("label", { for: `setting-${name}` }, name.replaceAll("_", " ")), field,
        make("p", { class: "muted", id: `hint-${name}` }, meaning)));
  }
}

async function set(name, field) {
  const text = field.value.trim();
  const number_ = NUMBERS.includes(name) && text !== "" && Number.isFinite(Number(text));
  await trying(byId("settings-problem"), async () => {
    const now = await post("settings", { [name]: text === "" ? null : number_ ? Number(text) : text });
    say(byId("settings-said"), `${name.replaceAll("_", " ")} is now ${now[name] ?? "not set"}.`);
    showSettings(now, true);
  });
}

function showSettings(settings, also = false) {
  let others = 0;
  for (const [name, field] of fields) {
    const value = settings[name] === null ? "" : String(settings[name]);
    if (also || field !== document.activeElement) field.value = value;
    const differs = value !== defaults[name];
    field.closest(".switch").classList.toggle("changed", differs);
    if (differs && !MAIN.includes(name)) others += 1;
  }
  write(byId("settings-changed"), others ? `(${number(others)} changed)` : "");
}

// --- reset
function beginReset() {
  const dialog = byId("reset-dialog");
  byId("reset").addEventListener("click", () => dialog.showModal());
  byId("reset-no").addEventListener("click", () => dialog.close());
  byId("reset-yes").addEventListener("click", () => trying(byId("settings-problem"), async () => {
    dialog.close();
    await post("reset");
    byId("clock-set").value = "";
    heard(await get("state"));
    say(byId("settings-said"), "All is as at the start.");
    changed(true);
  }));
}
