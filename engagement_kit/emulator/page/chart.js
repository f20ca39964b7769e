// Draws counts of hours or days as bars.

import { draw, make } from "./make.js";
import { metric as named, moment, number } from "./words.js";

const HEIGHT = 100; // in units of the drawing, which is stretched to its place
let charts = 0;

function told(chart, by) {
  const counts = chart.counts;
  if (!counts.length) return "No hour of it is counted yet.";
  const peak = Math.max(...counts);
  const sum = counts.reduce((all, one) => all + one, 0);
  return `${number(counts.length)} ${by}s from ${moment(chart.start)} UTC on, ` +
    `${number(sum)} in all, at most ${number(peak)} in one ${by}.`;
}

function bars(counts, places, titles) {
  const peak = Math.max(1, ...counts);
  return counts.map((count, place) => {
    // What is not zero can be seen; below zero nothing is drawn.
    const height = count > 0 ? Math.max(2, (HEIGHT * count) / peak) : 0;
    const bar = draw("rect", {
      class: "bar", x: place, y: HEIGHT - height, width: places > 200 ? 1 : 0.85, height,
    });
    if (titles) bar.append(draw("title", {}, titles(place)));
    return bar;
  });
}

// One chart as SVG; `places` is how many bars there is room for.
export function drawn(chart, { metric, by, places, titles = null }) {
  const id = `chart-${(charts += 1)}`;
  const title = `${named(metric)} of tweet ${chart.tweet_id} by ${by}`;
  const room = Math.max(places, chart.counts.length, 1);
  return draw(
    "svg",
    {
      class: "chart", role: "img", viewBox: `0 0 ${room} ${HEIGHT}`,
      preserveAspectRatio: "none", "aria-labelledby": `${id}-title`,
      "aria-describedby": `${id}-desc`,
    },
    draw("title", { id: `${id}-title` }, title),
    draw("desc", { id: `${id}-desc` }, told(chart, by)),
    ...bars(chart.counts, room, titles),
  );
}

// The same, large, with what its axes mean.
export function figure(chart, { metric, by }) {
  const start = chart.start ? Date.parse(chart.start) : 0;
  const step = by === "day" ? 86_400_000 : 3_600_000;
  const at = (place) => moment(new Date(start + place * step).toISOString().slice(0, 16));
  const titles = (place) => `${at(place)} UTC: ${number(chart.counts[place])}`;
  const peak = Math.max(0, ...chart.counts);
  const places = Math.max(12, chart.counts.length);
  return make(
    "figure", { class: "figure" },
    make("figcaption", {}, `${named(metric)} by ${by}. ${told(chart, by)}`),
    make("div", { class: "axis" }, make("span", {}, number(peak))),
    drawn(chart, { metric, by, places, titles }),
    make("div", { class: "axis" }, make("span", {}, chart.counts.length ? `${at(0)}` : ""),
      make("span", {}, chart.counts.length ? `${at(places)} UTC` : "")),
  );
}
