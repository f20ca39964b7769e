// Lays JSON out for people, text by text. It is not parsed: that would round long numbers, and put
// names that look like numbers into another order. What is nested too deep for people stays as it
// is: its lines would take time and room that grow with the square of the depth.

const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;
const WIDTH = 88;
const DEEPEST = 20; // objects and lists within each other

class Tokens {
  #all;
  #at = 0;

  constructor(all) {
    this.#all = all;
  }

  next() {
    return this.#all[this.#at];
  }

  take() {
    this.#at += 1;
    return this.#all[this.#at - 1];
  }
}

// A value becomes its text, or a list of parts between brackets.
function read(tokens) {
  const token = tokens.take();
  if (token !== "[" && token !== "{") return token;
  const parts = [];
  while (tokens.next() !== "]" && tokens.next() !== "}") {
    if (tokens.next() === ",") tokens.take();
    let name = "";
    if (token === "{") {
      name = `${tokens.take()}: `;
      tokens.take(); // the colon
    }
    parts.push([name, read(tokens)]);
  }
  return { open: token, parts, close: tokens.take() };
}

function laid(value, indent) {
  if (typeof value === "string") return value;
  const inner = `${indent}  `;
  const parts = value.parts.map(([name, part]) => name + laid(part, inner));
  const flat = value.open + parts.join(", ") + value.close;
  if (!flat.includes("\n") && indent.length + flat.length <= WIDTH) return flat;
  const plain = value.open === "[" && value.parts.every(([, part]) => typeof part === "string");
  const lines = plain ? filled(parts, WIDTH - inner.length) : parts;
  return `${value.open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${value.close}`;
}

// Puts texts on lines, as many to each as find room.
function filled(texts, room) {
  const lines = [texts[0]];
  for (const text of texts.slice(1)) {
    const line = `${lines.at(-1)}, ${text}`;
    if (line.length < room) lines[lines.length - 1] = line;
    else lines.push(text);
  }
  return lines;
}

function isDeep(tokens) {
  let depth = 0;
  return tokens.some((token) => {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    return depth > DEEPEST;
  });
}

// Returns the text laid out; as it is where it is no JSON, or deep.
export function pretty(text) {
  try {
    JSON.parse(text);
    const tokens = text.match(TOKENS);
    return isDeep(tokens) ? text : laid(read(new Tokens(tokens)), "");
  } catch {
    return text;
  }
}
