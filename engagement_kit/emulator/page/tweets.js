// Accounts, and their newest tweets with a small chart each.

import { get } from "./ask.js";
import { drawn, figure } from "./chart.js";
import { byId, hide, make, options, trying, write } from "./make.js";
import { age, metric as named, moment, number, plural } from "./words.js";

const STEP = 6;
const HOURS = 24; // of the small charts
const ALWAYS = ["impressions", "engagements", "favorites"];
const RELOAD_MS = 60_000; // of the world's time
const SPANS = { 72: "3 days", 168: "7 days", 672: "28 days", 2160: "90 days", 9600: "400 days" };
const KINDS = { own: "shown to everybody", unavailable: "deleted", very_old: "from before ids had a time" };
const TRAITS = { video: "video", media: "media", link: "link", app_card: "app card", very_old: "old id" };

const rows = new Map(); // by tweet id, so that what is open stays open
let many = STEP, loadedAt = null, loads = 0, onTry;

export const account = () => document.querySelector("input[name=account]:checked").value;

export async function begin(accounts, choices, tryTweets) {
  onTry = tryTweets;
  byId("tweets-accounts").append(...accounts.map(pill));
  const kinds = Object.keys(choices.tweets.kind).filter(
    (one) => one !== "foreign" || accounts.length > 1,
  );
  options(byId("tweets-kind"),
    Object.fromEntries(kinds.map((one) => [one, KINDS[one] || one.replaceAll("_", " ")])));
  options(byId("tweets-metric"),
    Object.fromEntries(Object.keys(choices.chart.metric).map((one) => [one, named(one)])));
  for (const id of ["tweets-accounts", "tweets-kind", "tweets-metric"]) {
    byId(id).addEventListener("change", () => {
      many = STEP;
      load();
    });
  }
  byId("tweets-more").addEventListener("click", () => {
    many += STEP;
    load();
  });
  return load();
}

function pill(one, place) {
  return make("label", { class: "pill" },
    make("input", { type: "radio", name: "account", value: one.name, checked: place === 0 }),
    make("span", {}, one.name), make("small", {}, one.user_id));
}

// Loads anew where the world's time went on or was moved.
export function heard(state) {
  const now = Date.parse(state.clock.now);
  if (loadedAt !== null && Math.abs(now - loadedAt) >= RELOAD_MS) load();
}

export async function load() {
  const mine = (loads += 1); // a later load wins
  const kind = byId("tweets-kind").value;
  const metric = byId("tweets-metric").value;
  await trying(byId("tweets-problem"), async () => {
    const { tweet_ids: ids } = await get("tweets", { account: account(), kind, n: many });
    const asked = { tweet_ids: ids.join(",") };
    const [about, charts] = ids.length
      ? await Promise.all([
        get("about", asked), get("chart", { ...asked, metric, hours: HOURS })])
      : [{ tweets: [], now: null }, { charts: [] }];
    if (mine !== loads) return;
    if (about.now) loadedAt = Date.parse(about.now);
    show(about.tweets, charts.charts, metric);
  });
}

function show(tweets, charts, metric) {
  const focused = document.activeElement;
  const list = byId("tweets-list");
  const shown = tweets.map((tweet, place) => {
    const row = rows.get(tweet.tweet_id) || rowOf(tweet.tweet_id);
    rows.set(tweet.tweet_id, row);
    row.update(tweet, charts[place], metric);
    return row.place;
  });
  list.replaceChildren(...shown);
  if (list.contains(focused)) focused.focus({ preventScroll: true });
  for (const id of rows.keys()) if (!tweets.some((one) => one.tweet_id === id)) rows.delete(id);
  const last = () => list.querySelector("li:last-child button") || byId("tweets-kind");
  hide(byId("tweets-more"), tweets.length < many || many >= 96, last);
  write(byId("tweets-about"), tweets.length
    ? `The ${plural(tweets.length, "newest tweet", "newest tweets")}. Charts: ${named(metric)} by hour, ` +
      `the first ${HOURS} hours of each life, as far as they are over.`
    : "There is no such tweet at the world's time.");
}

function rowOf(id) {
  const parts = {
    chart: make("div", { class: "tweet-chart" }), when: make("span", { class: "muted" }),
    marks: make("span", {}), counts: make("dl", { class: "counts" }),
    panel: make("div", { class: "panel", id: `tweet-${id}`, hidden: true }),
  };
  const by = make("select", {}, make("option", {}, "hour"), make("option", {}, "day"));
  const hours = make("select", {});
  options(hours, SPANS, "72");
  const row = { id, parts, by, hours, tweet: null, metric: null };
  const toggle = make("button", {
    type: "button", "aria-expanded": "false", "aria-controls": `tweet-${id}`,
    "aria-label": `Look closer at ${id}`,
    click: () => {
      parts.panel.hidden = !parts.panel.hidden;
      toggle.setAttribute("aria-expanded", String(!parts.panel.hidden));
      closer(row);
    },
  }, "Look closer");
  const attempt = make("button", {
    type: "button", "aria-label": `Try a request for ${id}`, click: () => onTry([id], account()),
  }, "Try");
  for (const one of [by, hours]) one.addEventListener("change", () => closer(row));
  row.large = make("div", {});
  row.all = make("dl", { class: "counts all" });
  row.problem = make("p", { class: "problem", role: "alert", hidden: true });
  parts.panel.append(
    make("div", { class: "row" }, make("label", {}, "By ", by), make("label", {}, "The first ", hours)),
    row.problem, row.large, make("h4", {}, "All counts so far"), row.all);
  row.place = make("li", { class: "tweet" }, parts.chart,
    make("div", { class: "tweet-what" }, make("code", {}, id), parts.marks, parts.when),
    parts.counts, make("div", { class: "row" }, toggle, attempt), parts.panel);
  row.update = (tweet, chart, metric) => update(row, tweet, chart, metric);
  return row;
}

function update(row, tweet, chart, metric) {
  const { parts } = row;
  Object.assign(row, { tweet, metric });
  parts.chart.replaceChildren(drawn(chart, { metric, by: "hour", places: HOURS }));
  write(parts.when, `${moment(tweet.created_at).slice(0, 16)} UTC, ${age(tweet.age_s)} old`);
  const marks = tweet.has.map((one) => TRAITS[one] || one);
  if (tweet.state !== "shown") marks.unshift(tweet.state);
  parts.marks.replaceChildren(...marks.map((one) => make("span", { class: "mark" }, one)));
  parts.counts.replaceChildren(...counted(tweet.lifetime, [...new Set([metric, ...ALWAYS])].slice(0, 4)));
  closer(row);
}

const counted = (counts, names) => names.map((name) =>
  make("div", {}, make("dt", {}, named(name)), make("dd", {}, number(counts[name]))));

async function closer(row) {
  if (row.parts.panel.hidden) return;
  row.all.replaceChildren(...counted(row.tweet.lifetime, Object.keys(row.tweet.lifetime)));
  const asked = { metric: row.metric, by: row.by.value };
  const told = await trying(row.problem, () =>
    get("chart", { tweet_ids: row.id, hours: row.hours.value, ...asked }));
  if (told) row.large.replaceChildren(figure(told.charts[0], asked));
}
