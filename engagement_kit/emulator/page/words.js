// Writes numbers, moments and spans for people; all moments are UTC.

export const number = (value) => value.toLocaleString("en-US");

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export const bytes = (count) => plural(count, "byte");

export const moment = (text) => text.replace("T", " ").replace("Z", "");

export const metric = (name) => name.replaceAll("_", " ");

// From Unix seconds.
export const clockTime = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);

export function age(seconds) {
  const steps = [["day", 86400], ["h", 3600], ["min", 60]];
  for (const [name, length] of steps) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return name === "day" ? plural(count, "day") : `${count} ${name}`;
  }
  return "less than a minute";
}
