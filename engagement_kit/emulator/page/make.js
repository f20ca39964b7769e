// Makes parts of the page. Whatever is shown becomes text, never HTML.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function filled(one, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") one.addEventListener(name, value);
    else if (value === true) one.setAttribute(name, "");
    else if (value !== false && value !== null) one.setAttribute(name, value);
  }
  one.append(...children.filter((child) => child !== null)); // texts become text nodes
  return one;
}

export const make = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

export const draw = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

// Sets a text only where it differs, so that a selection of it stays.
export function write(one, text) {
  if (one.textContent !== text) one.textContent = text;
}

export function options(select, words, chosen) {
  select.replaceChildren(
    ...Object.entries(words).map(([value, text]) => make("option", { value }, text || value)),
  );
  if (chosen !== undefined) select.value = chosen;
}

// Shows or hides a control; the focus of one that goes moves on to another.
export function hide(one, hidden, next) {
  const focused = document.activeElement === one;
  one.hidden = hidden;
  if (hidden && focused) next().focus({ preventScroll: true });
}

// Shows a problem in words, or takes it away.
export function problem(place, text = "") {
  write(place, text);
  place.hidden = !text;
}

// Does what a person asked for; says in words what went wrong.
export async function trying(place, work) {
  problem(place);
  try {
    return await work();
  } catch (error) {
    problem(place, error.message);
    return undefined;
  }
}

// Says something for a few seconds, also to screen readers.
export function say(place, text) {
  place.textContent = text;
  clearTimeout(place.sayingFor);
  place.sayingFor = setTimeout(() => write(place, ""), 8000);
}

// Copies a text; where the browser does not let us, selects what shows it.
export async function copy(text, shown, said) {
  try {
    await navigator.clipboard.writeText(text);
    say(said, "Copied.");
  } catch {
    getSelection().selectAllChildren(shown);
    shown.focus();
    say(said, "Selected: press Ctrl+C, or ⌘C, to copy.");
  }
}
