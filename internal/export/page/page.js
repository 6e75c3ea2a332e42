// The page shows one recorded session. Its data is in it; it asks nobody for anything.
"use strict";
(async () => {

// ---------------------------------------------------------------- elements

const $ = (selector, inside = document) => inside.querySelector(selector);

// put gives an element attributes and children. Texts become text nodes, so that no text of a scenario is ever markup.
function put(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...real(children));
  return element;
}
// real leaves out the children that there are not.
const real = children => children.flat(Infinity).filter(c => c !== undefined && c !== null && c !== false && c !== "");
const h = (name, attributes, ...children) => put(document.createElement(name), attributes, children);
const s = (name, attributes, ...children) => put(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

const ruler = document.createElement("canvas").getContext("2d");
const fonts = { sans: '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif' };
function width(text) {
  ruler.font = fonts.sans;
  return ruler.measureText(text).width;
}
// fit cuts a text to what has room in so many pixels.
function fit(text, room) {
  if (text.length * 12 < room || width(text) <= room) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (width(text.slice(0, middle) + "…") <= room) low = middle; else high = middle - 1;
  }
  return low > 0 ? text.slice(0, low) + "…" : "";
}

// ---------------------------------------------------------------- data

async function unpack(id) {
  const element = document.getElementById(id);
  const letters = atob(element.textContent);
  element.remove(); // it is not needed twice
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

const report = JSON.parse(await unpack("report"));
const { names, kinds } = report.events;
const count = report.events.time.length;
// Events are numbered from 1.
const times = new Float64Array(count + 1), causes = new Int32Array(count + 1);
for (let n = 1; n <= count; n++) {
  times[n] = times[n - 1] + report.events.time[n - 1];
  const before = report.events.cause[n - 1];
  causes[n] = before ? n - before : 0;
}
const nameOf = n => names[report.events.name[n - 1]];
const kindOf = n => kinds[report.events.kind[n - 1]];
const textOf = n => report.events.text[n - 1];
const toneOf = n => report.events.tones[n - 1].trim();
let lines = null; // the events as the recording has them; they come later
let effects = null;

function effectsOf(n) {
  if (!effects) {
    effects = new Map();
    for (let e = 1; e <= count; e++) {
      if (!causes[e]) continue;
      const list = effects.get(causes[e]);
      if (list) list.push(e); else effects.set(causes[e], [e]);
    }
  }
  return effects.get(n) ?? [];
}

const length = Math.max(report.length, 1);
const seconds = ns => (ns / 1e9).toFixed(6);
// span formats a length of time with three digits that count.
function span(ns) {
  for (const [size, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]]) {
    if (ns >= size) return String(+(ns / size).toPrecision(ns >= 1000 * size ? 4 : 3)) + " " + unit;
  }
  return ns + " ns";
}
const plural = (n, what) => `${n.toLocaleString("en-GB")} ${what}${n === 1 ? "" : "s"}`;
const tones = {
  connected: "g", completed: "g", stable: "g", open: "g", complete: "g", succeeded: "g", failed: "b",
  disconnected: "w", closing: "w", closed: "d", new: "d", "": "d",
};
const stateTone = state => tones[state] ?? "c";
const peerColour = name => {
  const i = report.peers.indexOf(name);
  return i < 0 ? "var(--dim)" : `var(--peer-${i % 6})`;
};
// With CSSOM, which the content security policy allows; a style attribute it does not.
const coloured = (element, colour) => { element.style.color = colour; return element; };

// ---------------------------------------------------------------- what is chosen

let chosen = 0;
const onChosen = [], onRange = [], onTheme = [];
const range = { from: 0, to: length };

function setRange(from, to) {
  const least = 1000;
  if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
  if (to - from >= length) { from = 0; to = length; }
  if (from < 0) { to -= from; from = 0; }
  if (to > length) { from -= to - length; to = length; }
  range.from = Math.max(0, from);
  range.to = to;
  for (const f of onRange) f();
}
function zoom(factor, at = (range.from + range.to) / 2) { setRange(at - (at - range.from) * factor, at + (range.to - at) * factor); }
function pan(share) { const by = (range.to - range.from) * share; setRange(range.from + by, range.to + by); }

function choose(n, open = true) {
  if (!(n >= 1 && n <= count)) return;
  chosen = n;
  if (open) $("#detail").hidden = false;
  showDetail();
  for (const f of onChosen) f(n);
}

const eventLink = (n, text) => h("a", { href: "#event-" + n }, text ?? `#${n} ${nameOf(n)} ${textOf(n) || kindOf(n).name}`);

function showDetail() {
  const panel = $("#detail");
  if (panel.hidden || !chosen) return;
  const n = chosen, kind = kindOf(n);
  const step = by => h("button", { type: "button", "aria-label": by < 0 ? "Event before" : "Next event", onclick: () => choose(n + by) }, by < 0 ? "←" : "→");
  const links = (title, list) => list.length > 0 && h("div", {}, h("div", { class: "dim" }, title),
    h("ul", {}, list.slice(0, 20).map(e => h("li", {}, eventLink(e)))), list.length > 20 && h("div", { class: "dim" }, `and ${list.length - 20} more`));
  let data = "The event's data is still being unpacked.";
  if (lines) {
    try { data = JSON.stringify(JSON.parse(lines[n - 1]).data, null, 2).replaceAll("\\r\\n", "\n    "); } catch { data = lines[n - 1]; }
  }
  panel.replaceChildren(
    h("header", {}, h("b", {}, `#${n} ${kind.name}`), step(-1), step(1),
      h("button", { type: "button", "aria-label": "Close", onclick: closeDetail }, "✕")),
    h("div", { class: "body" },
      h("div", { class: "dim" }, nameOf(n) && [coloured(h("b", {}, nameOf(n)), peerColour(nameOf(n))), " at "], seconds(times[n]) + " s"),
      textOf(n) && h("div", { class: "said tone-" + toneOf(n) }, textOf(n)),
      kind.summary && h("div", { class: "dim" }, kind.summary[0].toUpperCase() + kind.summary.slice(1) + ". ", kind.spec && h("a", { href: kind.spec, rel: "noopener noreferrer", target: "_blank" }, "The standard")),
      links("Because of", causes[n] ? [causes[n]] : []), links("It led to", effectsOf(n)),
      h("pre", {}, data)));
}
function closeDetail() { $("#detail").hidden = true; }

document.addEventListener("click", e => {
  const link = e.target.closest?.('a[href^="#event-"]');
  if (!link) return;
  e.preventDefault();
  choose(Number(link.getAttribute("href").slice(7)));
});
document.addEventListener("keydown", e => {
  if (e.key === "Escape") closeDetail();
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName);
  if (e.key === "/" && !typing) { e.preventDefault(); $("#search").focus(); }
});

const tip = $("#tip");
function showTip(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.width - 4)) + "px";
  tip.style.top = (y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18) + "px";
}
const hideTip = () => { tip.hidden = true; };

// ---------------------------------------------------------------- rows

// A list shows the rows of a scroller that are in sight. The rows are drawn in a window that stays in sight itself, so
// that nothing is ever blank, and no browser's limit to the height of an element is hit.
function newList(scroller, rowHeight, header, draw) {
  const spacer = h("div"), pane = h("div", { class: "window" });
  scroller.replaceChildren(spacer);
  spacer.append(pane);
  const most = 8e6; // pixels; more is scrolled proportionally
  const list = { count: 0, first: 0, pane };
  const room = () => scroller.clientHeight - header;
  const height = () => list.count * rowHeight;
  const scale = () => {
    const real = Math.min(height(), most) - room();
    return height() > most && real > 0 ? (height() - room()) / real : 1;
  };
  list.offset = () => Math.max(0, Math.min(scroller.scrollTop * scale(), height() - room()));
  list.draw = () => {
    const offset = list.offset();
    list.first = Math.floor(offset / rowHeight);
    const last = Math.min(list.count, Math.ceil((offset + room()) / rowHeight));
    draw(list.first, last, list.first * rowHeight - offset);
  };
  list.resize = n => {
    list.count = n;
    spacer.style.height = Math.min(height(), most) + header + "px";
    pane.style.height = scroller.clientHeight + "px";
    list.draw();
  };
  list.reveal = (i, middle) => {
    const top = i * rowHeight, offset = list.offset();
    if (top >= offset && top + rowHeight <= offset + room() && !middle) return;
    const to = middle ? top - room() / 2 : top < offset ? top : top + rowHeight - room();
    scroller.scrollTop = to / scale();
    list.draw();
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; list.draw(); });
  };
  scroller.addEventListener("scroll", later, { passive: true });
  // Arrow keys move what is chosen.
  list.keys = (at, go) => scroller.addEventListener("keydown", e => {
    const page = Math.max(1, Math.floor(room() / rowHeight) - 1);
    const to = { ArrowDown: at() + 1, ArrowUp: at() - 1, PageDown: at() + page, PageUp: at() - page, Home: 0, End: list.count - 1, Enter: at() }[e.key];
    if (to === undefined || list.count === 0) return;
    e.preventDefault();
    go(Math.max(0, Math.min(list.count - 1, to)), e.key === "Enter");
  });
  return list;
}

// chips are buttons that switch parts on and off.
function chips(all, on, changed) {
  return h("div", { class: "chips", role: "group", "aria-label": "What is shown" }, all.map(([name, label]) => {
    const button = h("button", { type: "button", "aria-pressed": String(on.has(name)), onclick: () => {
      if (!on.delete(name)) on.add(name);
      button.setAttribute("aria-pressed", String(on.has(name)));
      changed();
    } }, label);
    return button;
  }));
}

// ---------------------------------------------------------------- sequence

function sequence() {
  const scroller = $("#sequence-rows"), rowHeight = 30, header = 34;
  const on = new Set(["script", "calls", "states", "signaling", "candidates", "channels", "network", "packets", innerWidth < 600 ? "" : "servers"]);
  let folding = "auto", rows = [], arrows = [], lanes = [], at = -1;
  const journeys = report.packets.sent.map((n, i) => ({
    n, end: report.packets.end[i], from: report.events.name[n - 1], to: report.packets.to[i],
    type: report.packets.words[report.packets.type[i]], reason: report.packets.words[report.packets.reason[i]],
  }));
  const journeyAt = new Map(journeys.map(j => [j.n, j]));
  const signalAt = new Map(report.signals.map(x => [x[0], x]));

  function build() {
    const servers = on.has("servers") && on.has("packets")
      ? report.servers.filter(x => journeys.some(j => names[j.from] === x || names[j.to] === x)) : [];
    const [first, ...rest] = report.peers;
    lanes = report.peers.length === 2 ? [first, ...servers, ...rest] : [...report.peers, ...servers];
    rows = []; arrows = [];
    const laneAt = new Map(lanes.map((x, i) => [x, i]));
    const signalRow = new Map();
    let waiting = [], last = 0;
    const push = row => {
      const t = times[row.n];
      if (rows.length && t - last >= 1e9) rows.push({ type: "gap", n: row.n, text: span(t - last) + " later" });
      last = t;
      rows.push(row);
      return rows.length - 1;
    };
    const flush = () => {
      let groups = [];
      const merge = (list, key) => {
        const merged = [], known = new Map();
        for (const j of list) {
          const k = key(j);
          let g = k.next ? merged.at(-1) : known.get(k.key);
          if (!g || g.key !== k.key) { g = { key: k.key, list: [] }; merged.push(g); known.set(k.key, g); }
          g.list.push(j);
        }
        return merged;
      };
      // In turn while there are few; more of them are summed up.
      groups = merge(waiting, j => ({ next: true, key: [j.from, j.to, j.type, j.reason].join() }));
      if (folding === "sum" || folding === "auto" && groups.length > 10) {
        groups = merge(waiting, j => ({ key: [Math.min(j.from, j.to), Math.max(j.from, j.to), j.type.split(" ")[0]].join() }));
      }
      waiting = [];
      for (const g of groups.sort((a, b) => a.list[0].n - b.list[0].n)) push(packetRow(g.list, laneAt));
    };
    for (let n = 1; n <= count; n++) {
      const kind = kindOf(n), name = nameOf(n);
      if (kind.group === "packets") {
        const j = on.has("packets") && journeyAt.get(n);
        if (j && laneAt.has(names[j.from])) waiting.push(j);
        continue;
      }
      if (!on.has(kind.group)) continue;
      let row = null;
      switch (kind.group) {
        case "script": if (kind.name !== "run" && kind.name !== "answer") row = { type: "band", n, text: textOf(n) }; break;
        case "network": if (kind.name === "network" || kind.name === "interface") row = { type: "band", n, text: `${name} ${textOf(n)}` }; break;
        case "calls": if (kind.name === "call" || toneOf(n) === "b" || / after /.test(textOf(n))) row = { type: "mark", n, call: kind.name === "call" }; break;
        case "signaling": row = { type: "signal", n }; break;
        default: row = { type: "mark", n };
      }
      if (!row || (row.type === "mark" || row.type === "signal") && !laneAt.has(name)) continue;
      flush();
      const i = push(row);
      if (row.type === "signal") {
        const sent = signalAt.get(n);
        if (sent) signalRow.set(sent[1] || n, { n, from: laneAt.get(name), to: laneAt.get(names[sent[2]]), row: i, end: sent[1] });
        const begun = signalRow.get(n);
        if (begun && begun.to !== undefined && (begun.n !== n || !begun.end)) arrows.push({ ...begun, last: i, lost: kind.name === "signal-dropped" || !begun.end });
      }
    }
    flush();
    at = -1;
    tools.lastChild.textContent = plural(rows.length, "row");
    list.resize(rows.length);
  }

  function packetRow(list, laneAt) {
    const [j] = list, to = laneAt.get(names[j.to]);
    const lost = list.filter(x => x.reason);
    const types = [...new Set(list.map(x => x.type))];
    let text = types.length === 1 ? types[0] : types[0].split(" ")[0];
    if (list.length > 1) text += ` × ${list.length.toLocaleString("en-GB")}`;
    let reason = "";
    if (lost.length) {
      const reasons = [...new Set(lost.map(x => x.reason))];
      reason = `${lost.length === list.length ? "" : lost.length.toLocaleString("en-GB") + " "}lost: ${reasons[0]}${reasons.length > 1 ? " …" : ""}`;
    }
    return {
      type: "packets", n: j.n, ends: list.map(x => x.n), from: laneAt.get(names[j.from]), to: to === laneAt.get(names[j.from]) ? undefined : to, text, reason,
      lost: lost.length === list.length, both: list.some(x => x.from !== j.from),
      title: `${text}${reason ? "\n" + reason : ""}\n${seconds(times[j.n])} s${list.length > 1 ? " to " + seconds(times[list.at(-1).n]) + " s" : ""}`,
    };
  }

  function draw(firstRow, lastRow, top) {
    const gutter = scroller.clientWidth < 600 ? 64 : 92;
    const w = Math.max(scroller.clientWidth, gutter + lanes.length * 104), tall = scroller.clientHeight;
    const each = (w - gutter) / lanes.length, x = i => gutter + each * (i + .5);
    list.pane.style.width = w + "px";
    const svg = s("svg", { width: w, height: tall, viewBox: `0 0 ${w} ${tall}`, role: "img", "aria-label": "Sequence diagram" });
    const y = i => header + top + (i - firstRow) * rowHeight + rowHeight / 2;
    for (let i = 0; i < lanes.length; i++) svg.append(s("line", { class: "life", x1: x(i), x2: x(i), y1: header, y2: tall }));
    for (const a of arrows) {
      if (a.last < firstRow - 1 || a.row > lastRow) continue;
      drawArrow(svg, x(a.from), y(a.row) + 4, x(a.to), y(a.last) + 4, "s", a.lost, false);
      const right = a.to > a.from, room = Math.abs(a.to - a.from) * each - 40;
      svg.append(s("text", { class: "toned halo tone-s", x: x(a.from) + (right ? 14 : -14), y: y(a.row) - 1, "text-anchor": right ? "start" : "end" },
        fit(textOf(a.n).replace(/^signal ⇢ [^:]*: /, ""), room)));
    }
    for (let i = firstRow; i < lastRow; i++) {
      const row = rows[i], tone = toneOf(row.n);
      if (row.type === "gap") {
        svg.append(s("text", { class: "small halo", x: gutter + (w - gutter) / 2, y: y(i) + 4, "text-anchor": "middle" }, "⋯ " + row.text + " ⋯"));
        continue;
      }
      let title = textOf(row.n) || kindOf(row.n).name;
      if (row.type === "band") svg.append(s("rect", { class: "band", x: gutter - 6, y: y(i) - 12, width: w - gutter, height: 24, rx: 4 })); // over the arrows
      svg.append(s("text", { class: "small", x: gutter - 16, y: y(i) + 4, "text-anchor": "end" }, scroller.clientWidth < 600 ? (times[row.n] / 1e9).toFixed(3) : seconds(times[row.n])));
      if (row.type === "band") {
        svg.append(s("text", { class: "toned tone-" + tone, x: gutter + 4, y: y(i) + 4 }, fit(row.text.replace(/^── /, ""), w - gutter - 20)));
      } else if (row.type === "mark") {
        const lane = lanes.indexOf(nameOf(row.n));
        const text = fit(title.replace(/^(signaling|icegathering|iceconnection|connection|icetransport|dtlstransport|sctptransport)statechange /, "$1 "), each - 36);
        const long = width(text) + 18;
        svg.append(s("g", { class: row.call ? "" : "tone-" + tone },
          s("rect", { class: "pill" + (row.call ? " call" : ""), x: x(lane) - long / 2, y: y(i) - 11, width: long, height: 22, rx: row.call ? 4 : 11 }),
          s("text", { class: row.call ? "" : "toned", x: x(lane), y: y(i) + 4, "text-anchor": "middle" }, text)));
      } else if (row.type === "packets") {
        title = row.title;
        const from = row.from, to = row.to;
        const right = to !== undefined ? to > from : from < lanes.length / 2;
        const end = to !== undefined ? x(to) : x(from) + (right ? 1 : -1) * Math.min(each * .45, 160);
        drawArrow(svg, x(from), y(i) + 5, end, y(i) + 5, row.lost ? "w" : "d", row.lost, row.both);
        const room = Math.abs(end - x(from)) - 20;
        const what = fit(row.text, room), why = row.reason && room - width(what) > 40 ? fit(" · " + row.reason, room - width(what)) : "";
        svg.append(s("text", { class: "toned halo tone-" + (row.lost ? "w" : "d"), x: (x(from) + end) / 2, y: y(i) - 1, "text-anchor": "middle" },
          what, why && s("tspan", { class: "tone-w", fill: "currentColor" }, why)));
      }
      svg.append(s("rect", { class: "row-hit" + (row.n === chosen || row.ends?.includes(chosen) ? " at" : ""), x: 0, y: y(i) - rowHeight / 2, width: w, height: rowHeight, onclick: () => { at = i; choose(row.n); } }, s("title", {}, title)));
    }
    svg.append(s("rect", { x: 0, y: 0, width: w, height: header, fill: "var(--surface)" }), s("line", { class: "life", x1: 0, x2: w, y1: header - .5, y2: header - .5 }));
    for (let i = 0; i < lanes.length; i++) {
      svg.append(s("text", { x: x(i), y: 22, "text-anchor": "middle", fill: "var(--text)", class: "lane-name" }, fit(lanes[i], each - 8)));
      const label = svg.lastChild;
      label.style.fontWeight = 650;
      label.style.fill = peerColour(lanes[i]);
    }
    list.pane.replaceChildren(svg);
  }

  function drawArrow(svg, x1, y1, x2, y2, tone, lost, both) {
    const long = Math.hypot(x2 - x1, y2 - y1) || 1, ux = (x2 - x1) / long, uy = (y2 - y1) / long;
    const head = (hx, hy, dx, dy) => s("path", { class: "head", d: `M${hx} ${hy}L${hx - 8 * dx - 4 * dy} ${hy - 8 * dy + 4 * dx}L${hx - 8 * dx + 4 * dy} ${hy - 8 * dy - 4 * dx}Z` });
    const g = s("g", { class: "tone-" + tone });
    if (lost) {
      const ex = x1 + (x2 - x1) * .8, ey = y1 + (y2 - y1) * .8;
      g.append(s("path", { class: "arrow", "stroke-dasharray": "4 3", d: `M${x1} ${y1}L${ex} ${ey}` }),
        s("path", { class: "arrow", d: `M${ex - 5} ${ey - 5}L${ex + 5} ${ey + 5}M${ex - 5} ${ey + 5}L${ex + 5} ${ey - 5}` }));
    } else {
      g.append(s("path", { class: "arrow", d: `M${x1} ${y1}L${x2 - 3 * ux} ${y2 - 3 * uy}` }), head(x2 - 2 * ux, y2 - 2 * uy, ux, uy));
      if (both) g.append(head(x1 + 2 * ux, y1 + 2 * uy, -ux, -uy));
    }
    svg.append(g);
  }

  const tools = $("#sequence-tools");
  tools.append(
    chips([["script", "Steps"], ["calls", "Calls"], ["states", "States"], ["signaling", "Signaling"], ["candidates", "Candidates"], ["channels", "Channels"],
      ["packets", "Packets"], ["servers", "Servers"], ["network", "Network"]], on, build),
    h("label", {}, h("span", { class: "dim" }, "Packets "), h("select", { "aria-label": "How packets are summed up", onchange: e => { folding = e.target.value; build(); } },
      h("option", { value: "auto" }, "summed up where many"), h("option", { value: "sum" }, "always summed up"), h("option", { value: "turn" }, "in turn"))),
    h("span", { class: "count" }));
  const list = newList(scroller, rowHeight, header, draw);
  list.keys(() => at < 0 ? list.first : at, (i, open) => { at = i; list.reveal(i); choose(rows[i].n, open); });
  onChosen.push(n => {
    // The last row at or before the event.
    let low = 0, high = rows.length;
    while (low < high) { const middle = (low + high) >> 1; if (rows[middle].n <= n) low = middle + 1; else high = middle; }
    if (at < 0 || rows[at]?.n !== n) at = low - 1;
    if (at >= 0 && !scroller.contains(document.activeElement)) list.reveal(at); else list.draw();
  });
  build();
  addEventListener("resize", () => list.resize(rows.length));
  return { print: most => printRows(scroller, list, rows.length, most, rowHeight, header), redraw: () => list.resize(rows.length) };
}

// printRows makes a scroller so high that its first rows can be printed.
function printRows(scroller, list, n, most, rowHeight, header) {
  scroller.style.setProperty("height", Math.min(n, most) * rowHeight + header + "px", "important");
  scroller.scrollTop = 0;
  list.resize(n);
}

// ---------------------------------------------------------------- time

function rangeTools() {
  const connected = report.lanes.filter(l => l.name === "connectionState")
    .map(l => l.changes.find(c => c.to === "connected")?.time).filter(t => t !== undefined);
  for (const tools of document.querySelectorAll(".tools.range")) {
    const label = h("span", { class: "count" });
    const button = (text, name, act) => h("button", { type: "button", "aria-label": name, title: name, onclick: act }, text);
    tools.append(button("+", "Zoom in", () => zoom(.5)), button("−", "Zoom out", () => zoom(2)), button("←", "Earlier", () => pan(-.5)), button("→", "Later", () => pan(.5)),
      button("Whole session", "Show the whole session", () => setRange(0, length)));
    if (connected.length) tools.append(button("Until connected", "Show the time until all are connected", () => setRange(0, Math.max(...connected) * 1.1 + 1e6)));
    tools.append(label);
    const show = () => { label.textContent = `${(range.from / 1e9).toFixed(3)} s to ${(range.to / 1e9).toFixed(3)} s`; };
    onRange.push(show);
    show();
  }
}

// ticks returns round times between two, about so many.
function ticks(from, to, n) {
  const rough = (to - from) / n, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(x => x * power).find(x => x >= rough);
  const list = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) list.push(t);
  const digits = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step))));
  return list.map(t => [t, +(t / 1e9).toFixed(digits) + " s"]);
}

function states() {
  const box = $("#lanes");
  let geometry = null, brush = null;
  const steps = [], changes = [];
  for (let n = 1; n <= count; n++) {
    const k = kindOf(n).name;
    if (k === "step") steps.push(n);
    if (k === "network" || k === "interface") changes.push(n);
  }
  const lanes = [{ name: "steps", marks: steps }];
  if (changes.length) lanes.push({ name: "network", marks: changes });
  let last = "";
  for (const lane of report.lanes) {
    if (lane.peer !== last) lanes.push({ head: lane.peer });
    last = lane.peer;
    lanes.push(lane);
  }
  const short = name => name.replace(/^channels\.(.*)\.readyState$/, "channel $1").replace(/^transceivers\[(\d+)\]\.currentDirection$/, "transceiver $1");

  function draw() {
    const w = box.clientWidth, narrow = w < 600, left = narrow ? 10 : 176, right = w - 14;
    const tall = narrow ? 40 : 27;
    const x = t => left + (t - range.from) / (range.to - range.from) * (right - left);
    geometry = { left, right, time: px => range.from + (px - left) / (right - left) * (range.to - range.from) };
    let y = 32;
    const body = [], front = [];
    for (const lane of lanes) {
      if (lane.head) {
        const label = s("text", { x: narrow ? left : 16, y: y + 22 }, lane.head);
        label.style.fontWeight = 650;
        label.style.fill = peerColour(lane.head);
        body.push(label);
        y += 30;
        continue;
      }
      body.push(s("text", { class: "small", x: narrow ? left : 16, y: narrow ? y + 11 : y + 15 }, fit(short(lane.name), narrow ? w : left - 24)));
      const top = narrow ? y + 15 : y, high = 21;
      if (lane.marks) {
        for (const n of lane.marks) {
          if (times[n] < range.from || times[n] > range.to) continue;
          body.push(s("circle", { class: "dot tone-" + (lane.name === "network" ? "w" : "d"), cx: x(times[n]), cy: top + 10, r: 4, "data-tip": `${seconds(times[n])} s\n${nameOf(n)} ${textOf(n).replace(/^── /, "")}`, "data-n": n }));
        }
      } else {
        lane.changes.forEach((c, i) => {
          const end = lane.changes[i + 1]?.time ?? length;
          if (end < range.from || c.time > range.to || c.to === "" || end === c.time && i + 1 < lane.changes.length) return;
          const a = Math.max(left, x(c.time)), b = Math.min(right, x(end)), wide = Math.max(2, b - a);
          body.push(s("rect", { class: "segment tone-" + stateTone(c.to), x: a, y: top, width: wide, height: high, rx: Math.min(4, wide / 2), "data-n": c.n,
            "data-tip": `${lane.peer} ${short(lane.name)}: ${c.to}\n${seconds(c.time)} s to ${seconds(end)} s, for ${span(end - c.time)}` }));
          const text = fit(c.to, wide - 10);
          if (text.length > 2 || text === c.to) front.push(s("text", { class: "toned tone-" + stateTone(c.to), x: a + 6, y: top + 15, "pointer-events": "none" }, text));
        });
      }
      y += tall;
    }
    y += 8;
    const svg = s("svg", { width: w, height: y, viewBox: `0 0 ${w} ${y}`, role: "img", "aria-label": "States of each peer over time" });
    for (const [t, label] of ticks(range.from, range.to, narrow ? 3 : 8)) {
      svg.append(s("line", { class: "tick", x1: x(t), x2: x(t), y1: 26, y2: y }), s("text", { class: "small", x: Math.min(x(t), w - 24), y: 18, "text-anchor": x(t) < left + 12 ? "start" : "middle" }, label));
    }
    svg.append(...body, ...front);
    if (chosen && times[chosen] >= range.from && times[chosen] <= range.to) svg.append(s("line", { class: "moment", x1: x(times[chosen]), x2: x(times[chosen]), y1: 24, y2: y, "pointer-events": "none" }));
    if (brush) svg.append(s("rect", { class: "brush", x: Math.min(brush.from, brush.to), y: 24, width: Math.abs(brush.to - brush.from), height: y - 24, "pointer-events": "none" }));
    box.replaceChildren(svg);
  }

  const at = e => Math.max(geometry.left, Math.min(geometry.right, e.clientX - box.getBoundingClientRect().left));
  box.addEventListener("pointerdown", e => { if (e.button === 0) brush = { from: at(e), to: at(e), n: Number(e.target.dataset?.n) }; });
  addEventListener("pointermove", e => {
    if (brush) { brush.to = at(e); hideTip(); draw(); return; }
    if (!box.contains(e.target)) return;
    const text = e.target.dataset?.tip;
    if (text) showTip(text, e.clientX, e.clientY); else hideTip();
  });
  box.addEventListener("pointerleave", hideTip);
  addEventListener("pointercancel", () => { brush = null; draw(); });
  addEventListener("pointerup", () => {
    if (!brush) return;
    const { from, to, n } = brush;
    brush = null;
    if (Math.abs(to - from) > 5) setRange(geometry.time(Math.min(from, to)), geometry.time(Math.max(from, to)));
    else { draw(); if (n) choose(n); }
  });
  box.addEventListener("dblclick", () => setRange(0, length));
  box.addEventListener("wheel", e => { // with ctrl it zooms, as pinching does; else the page scrolls
    if (!e.ctrlKey) return;
    e.preventDefault();
    zoom(Math.exp(e.deltaY / 200), geometry.time(at(e)));
  }, { passive: false });
  box.addEventListener("keydown", e => {
    const act = { "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2), ArrowLeft: () => pan(-.25), ArrowRight: () => pan(.25), 0: () => setRange(0, length) }[e.key];
    if (act) { e.preventDefault(); act(); }
  });
  onRange.push(draw);
  onChosen.push(draw);
  addEventListener("resize", draw);
  draw();
  return { redraw: draw };
}

// ---------------------------------------------------------------- charts

function charts() {
  const plots = new Map();
  const colour = name => { // a canvas needs what the variable comes to
    const probe = h("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const scaled = (v, unit) => {
    if (v === null || v === undefined) return "–";
    if (unit === "bit/s") {
      for (const [size, prefix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) if (v >= size) return +(v / size).toPrecision(3) + " " + prefix + unit;
    }
    return String(+v.toPrecision(3)) + (unit ? " " + unit : "");
  };
  function make(element, chart) {
    const ink = colour("dim"), grid = { stroke: colour("line"), width: 1 };
    const colours = ["peer-0", "peer-1", "peer-2", "peer-3"].map(colour);
    const font = "11px system-ui, sans-serif";
    const few = chart.series.length === 1 && chart.times.length < 60;
    const plot = new uPlot({
      width: element.clientWidth, height: 136,
      scales: { x: { time: false }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.12 : 1] } },
      axes: [
        { stroke: ink, font, grid, ticks: grid, size: 26, gap: 2, values: (u, list) => list.map(v => +v.toFixed(6) + " s") },
        { stroke: ink, font, grid, ticks: grid, size: 74, gap: 4, values: (u, list) => list.map(v => scaled(v, chart.unit)), space: 28 },
      ],
      series: [
        { label: "at", value: (u, v) => v === null || v === undefined ? "–" : v.toFixed(3) + " s" },
        ...chart.series.map((x, i) => ({
          label: x.name, stroke: colours[i % 4], width: 1.5, spanGaps: false, points: { show: few, size: 4 },
          dash: i % 2 ? [6, 3] : undefined, // nothing is told by colour alone
          fill: chart.series.length === 1 ? colours[i % 4].replace(/^rgb\((.*)\)$/, "rgba($1, .1)") : undefined,
          value: (u, v) => scaled(v, chart.unit),
        })),
      ],
      cursor: {
        sync: { key: "time", filters: { pub: type => type === "mousemove" || type === "mouseleave" } },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => { setRange(0, length); return null; } },
      },
      hooks: {
        setSelect: [u => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          setRange(from * 1e9, to * 1e9);
        }],
        draw: [u => { // the event that is chosen
          const t = times[chosen];
          if (!chosen || t < range.from || t > range.to) return;
          const x = Math.round(u.valToPos(t / 1e9, "x", true));
          u.ctx.save();
          u.ctx.strokeStyle = colour("link");
          u.ctx.beginPath();
          u.ctx.moveTo(x, u.bbox.top);
          u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
          u.ctx.stroke();
          u.ctx.restore();
        }],
      },
    }, [chart.times, ...chart.series.map(x => x.values)], element);
    plot.setScale("x", { min: range.from / 1e9, max: range.to / 1e9 });
    plots.set(element, { plot, chart });
  }
  const todo = new Map();
  const make1 = element => { const chart = todo.get(element); if (chart) { todo.delete(element); watcher.unobserve(element); make(element, chart); } };
  // A chart is made when it comes near: there may be many.
  const watcher = new IntersectionObserver(entries => { for (const e of entries) if (e.isIntersecting) make1(e.target); }, { rootMargin: "400px" });

  const root = $("#chart-groups");
  for (const group of report.charts) {
    root.append(h("h3", {}, group.name));
    if (group.charts.length) {
      root.append(h("div", { class: "grid" }, group.charts.map(chart => {
        const element = h("div", { class: "plot" });
        todo.set(element, chart);
        return h("figure", { class: "chart", "aria-label": `${group.name}: ${chart.name}` }, h("h4", {}, chart.name, h("span", {}, chart.unit)), element);
      })));
    }
    if (group.still) root.append(h("p", { class: "dim" }, "Zero all the time: " + group.still.join(", ") + "."));
  }
  if (!report.charts.length) root.append(h("p", { class: "dim" }, "Nothing is measured in this session: it has neither packets nor media."));
  for (const figure of root.querySelectorAll("figure")) figure.style.margin = 0;
  for (const element of todo.keys()) watcher.observe(element);
  onRange.push(() => { for (const { plot } of plots.values()) plot.setScale("x", { min: range.from / 1e9, max: range.to / 1e9 }); });
  onChosen.push(() => { for (const { plot } of plots.values()) plot.redraw(false); });
  onTheme.push(() => { for (const [element, { plot, chart }] of [...plots]) { plot.destroy(); make(element, chart); } });
  addEventListener("resize", () => { for (const [element, { plot }] of plots) plot.setSize({ width: element.clientWidth, height: 136 }); });
  return { print: () => { for (const element of [...todo.keys()]) make1(element); } };
}

// ---------------------------------------------------------------- ICE

function ice() {
  const views = report.ice, root = $("#ice-tables"), tools = $("#ice-tools");
  if (!views.some(v => v.peers?.length)) { root.append(h("p", { class: "dim" }, "There is no ICE in this session.")); return; }
  const label = h("span", { class: "count" });
  const slider = h("input", { type: "range", min: 0, max: views.length - 1, value: views.length - 1, step: 1, "aria-label": "Moment", oninput: () => show(+slider.value) });
  const move = by => () => { slider.value = +slider.value + by; show(+slider.value); };
  tools.append(h("button", { type: "button", "aria-label": "Change before", onclick: move(-1) }, "←"), slider, h("button", { type: "button", "aria-label": "Next change", onclick: move(1) }, "→"),
    h("button", { type: "button", onclick: () => { slider.value = views.length - 1; show(views.length - 1); } }, "End"), label);

  const place = c => `${c.address}${c.port ? ":" + c.port : ""}`;
  const candidates = (title, list) => h("div", {}, h("div", { class: "dim" }, title), h("ul", {}, (list ?? []).map(c =>
    h("li", {}, h("b", {}, c.label), " ", c.type || "unknown", " ", h("span", { class: "address" }, place(c)),
      h("span", { class: "dim" }, c.protocol !== "udp" ? " " + c.protocol : "", c.interface ? " on " + c.interface : "", c.base && c.base !== place(c) ? ", base " + c.base : "", c.resolved ? ", is " + c.resolved : "", ", ", eventLink(c.event, (c.since / 1e9).toFixed(3) + " s")))),
    !(list ?? []).length && h("li", { class: "dim" }, "none")));

  function pairs(list) {
    if (!(list ?? []).length) return h("p", { class: "dim" }, "No pairs.");
    const cell = (name, ...children) => h("td", { "data-name": name }, h("div", {}, children));
    return h("div", { class: "wide" }, h("table", { class: "pairs" },
      h("thead", {}, h("tr", {}, ["Pair", "Local", "Remote", "State", "Checks", "From the other side", "Round trip", "Last check"].map(x => h("th", { scope: "col" }, x)))),
      h("tbody", {}, list.map(p => h("tr", { class: p.selected ? "selected" : "" },
        cell("Pair", h("b", {}, `${p.local.label}–${p.remote.label}`)),
        cell("Local", h("span", { class: "address" }, p.local.type, " ", place(p.local))),
        cell("Remote", h("span", { class: "address" }, p.remote.type, " ", place(p.remote))),
        cell("State", h("span", { class: "state tone-" + stateTone(p.state) }, p.state), p.selected ? h("div", { class: "good" }, "selected") : p.nominated ? h("div", {}, "nominated") : null, p.consent?.expired && h("div", { class: "bad" }, "consent expired")),
        cell("Checks", `${p.answered.n} of ${p.sent.n} answered`),
        cell("From the other side", `${p.responded.n} of ${p.received.n} answered`),
        cell("Round trip", p.roundTrip ? span(p.roundTrip) : "–"),
        cell("Last check", check(p.last)))))));
  }
  function check(c) {
    if (!c) return h("span", { class: "dim" }, "none");
    const fine = c.outcome === "answered", lost = /lost|ignored|refused/.test(c.outcome);
    return [h("span", { class: fine ? "good" : lost ? "warn" : "" }, eventLink(c.event, c.outcome), c.at ? " at " + c.at : "", c.reason ? ": " + c.reason : ""), c.detail && h("div", { class: "dim" }, c.detail)];
  }
  function show(i) {
    const view = views[i];
    label.textContent = `${(view.time / 1e9).toFixed(6)} s · ${i + 1} of ${views.length}`;
    root.replaceChildren(...real([h("div", { class: "tables" }, (view.peers ?? []).flatMap(peer => [...peer.generations].reverse().map(g => h("div", { class: "card" },
      h("h3", {}, coloured(h("span", {}, peer.name), peerColour(peer.name)), peer.generations.length > 1 ? ` · generation ${g.number}` : ""),
      h("div", { class: "about" }, h("span", {}, "ICE transport ", h("b", { class: "tone-" + stateTone(g.state) }, g.state || "–")), h("span", {}, g.role || "role unknown", g.lite && ", lite"),
        h("span", {}, "ufrag ", h("span", { class: "address" }, g.localUfrag || "–", " / ", g.remoteUfrag || "–")), g.ended && h("span", {}, `ended at ${(g.ended.time / 1e9).toFixed(3)} s: ${g.ended.reason}`)),
      h("div", { class: "candidates" }, candidates("Local candidates", g.local), candidates("Remote candidates", g.remote)),
      pairs(g.pairs))))),
      view.packets !== "full" && h("p", { class: "dim" }, `The recording has ${view.packets === "none" ? "no packets" : "packets without payloads"}: not all checks are seen.`)]));
  }
  show(views.length - 1);
}

// ---------------------------------------------------------------- SDP

function sdp() {
  const all = report.descriptions, tools = $("#sdp-tools"), root = $("#sdp-text");
  if (!all.length) { root.append(h("p", { class: "empty" }, "No description was set in this session.")); return; }
  const title = d => `${(d.time / 1e9).toFixed(3)} s · ${d.peer} ${d.side} ${d.type}${d.error ? " (rejected)" : ""}`;
  const options = () => all.map((d, i) => h("option", { value: i }, title(d)));
  const shown = h("select", { "aria-label": "Description", onchange: () => { other.value = before(+shown.value); show(); } }, options());
  const other = h("select", { "aria-label": "Compared with", onchange: () => show() }, h("option", { value: -1 }, "nothing"), options());
  let folded = false;
  const fold = h("button", { type: "button", "aria-pressed": "false", onclick: () => { folded = !folded; fold.setAttribute("aria-pressed", String(folded)); show(); } }, "Only differences");
  const label = h("span", { class: "count" });
  tools.append(shown, h("label", {}, h("span", { class: "dim" }, "compared with "), other), fold, label);

  // before is what a description is best compared with: the one of its kind before on the same side, or for the first answer its offer.
  function before(i) {
    const d = all[i];
    for (let j = i - 1; j >= 0; j--) if (all[j].peer === d.peer && all[j].side === d.side && all[j].type === d.type && !all[j].error) return j;
    if (d.type !== "offer") for (let j = i - 1; j >= 0; j--) if (all[j].peer === d.peer && all[j].side !== d.side && all[j].type === "offer" && !all[j].error) return j;
    return -1;
  }
  const split = text => text.split(/\r?\n/).filter(x => x !== "");

  // compare finds the longest common subsequence of lines.
  function compare(a, b) {
    const long = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) long[i][j] = a[i] === b[j] ? long[i + 1][j + 1] + 1 : Math.max(long[i + 1][j], long[i][j + 1]);
    const result = [];
    for (let i = 0, j = 0; i < a.length || j < b.length;) {
      if (i < a.length && j < b.length && a[i] === b[j]) { result.push(["", a[i]]); i++; j++; }
      else if (j >= b.length || i < a.length && long[i + 1][j] >= long[i][j + 1]) result.push(["gone", a[i++]]);
      else result.push(["new", b[j++]]);
    }
    return result;
  }
  function show() {
    const d = all[+shown.value], base = all[+other.value];
    const now = split(d.sdp), result = base ? compare(split(base.sdp), now) : now.map(x => ["", x]);
    const differ = result.filter(x => x[0]).length;
    label.textContent = base ? (differ ? plural(differ, "line") + " differ" : "no difference") : plural(now.length, "line");
    const rows = [];
    for (let i = 0; i < result.length; i++) {
      const [what, text] = result[i];
      if (folded && base && !what && !/^m=/.test(text)) {
        let n = 0;
        while (i + n < result.length && !result[i + n][0] && !/^m=/.test(result[i + n][1])) n++;
        if (n > 2) { rows.push(h("div", { class: "fold" }, plural(n, "line") + " the same")); i += n - 1; continue; }
      }
      rows.push(h("div", { class: [what, /^m=/.test(text) && "media"].filter(Boolean).join(" ") }, text));
    }
    root.replaceChildren(...real([d.error && h("p", { class: "message" }, d.error), h("pre", { class: "sdp" }, rows)]));
  }
  // The first answer against its offer says the most.
  const answer = all.findIndex(d => d.type === "answer" && d.side === "local");
  shown.value = answer < 0 ? 0 : answer;
  other.value = before(+shown.value);
  show();
}

// ---------------------------------------------------------------- events

function events() {
  const scroller = $("#event-rows"), tools = $("#event-tools"), rowHeight = 28, header = 29;
  const groups = [["script", "Script"], ["calls", "Calls"], ["states", "States"], ["signaling", "Signaling"], ["candidates", "Candidates"], ["channels", "Channels"], ["media", "Media"],
    ["packets", "Packets"], ["network", "Network"], ["remarks", "Remarks"], ["other", "Other"]].filter(([g]) => kinds.some(k => k.group === g));
  const on = new Set(groups.map(g => g[0]));
  let found = new Int32Array(0), at = -1, terms = [];
  const search = h("input", { type: "search", id: "search", placeholder: "Search all of each event ( / )", "aria-label": "Search", autocomplete: "off", spellcheck: "false" });
  const peer = h("select", { "aria-label": "Peer or network element", onchange: () => filter() }, h("option", { value: "" }, "everybody"), [...names].filter(Boolean).map(x => h("option", { value: x }, x)));
  const label = h("span", { class: "count", id: "found", role: "status" });
  tools.append(search, peer, label, chips(groups, on, () => filter()));
  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 80); });
  search.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === "ArrowDown") { e.preventDefault(); scroller.focus(); if (found.length) go(0, e.key === "Enter"); } });

  const literal = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  function filter() {
    terms = search.value.split(/\s+/).filter(Boolean).map(x => new RegExp(literal(x), "i"));
    const shown = kinds.map(k => on.has(k.group)), name = peer.value === "" ? -1 : names.indexOf(peer.value);
    const list = new Int32Array(count);
    let k = 0;
    for (let n = 1; n <= count; n++) {
      if (!shown[report.events.kind[n - 1]] || name >= 0 && report.events.name[n - 1] !== name) continue;
      if (terms.length) {
        const text = `${n} ${nameOf(n)} ${kindOf(n).name} ${textOf(n)}`, line = lines ? lines[n - 1] : "";
        if (!terms.every(t => t.test(text) || t.test(line))) continue;
      }
      list[k++] = n;
    }
    found = list.subarray(0, k);
    at = found.indexOf(chosen);
    label.textContent = k === count ? plural(k, "event") : `${k.toLocaleString("en-GB")} of ${plural(count, "event")}`;
    scroller.setAttribute("aria-rowcount", k + 1);
    rows_.resize(k);
    if (at >= 0) rows_.reveal(at, true); else if (!k) rows_.draw();
  }
  function marked(text) {
    const places = terms.map(t => t.exec(text)).filter(Boolean).sort((a, b) => a.index - b.index), parts = [];
    let end = 0;
    for (const p of places) {
      if (p.index < end) continue;
      parts.push(text.slice(end, p.index), h("mark", {}, p[0]));
      end = p.index + p[0].length;
    }
    return [...parts, text.slice(end)];
  }
  const narrow = () => scroller.clientWidth < 720;
  function draw(first, last, top) {
    const short = narrow();
    const head = h("div", { class: "row head-row", role: "row" }, [["n", "#"], ["t", "Time / s"], ["p", "Who"], ["k", "Kind"], ["w", "What"]].map(([c, text]) => h("span", { class: c, role: "columnheader" }, text)));
    const rows = [];
    for (let i = first; i < last; i++) {
      const n = found[i], kind = kindOf(n).name;
      const row = h("div", { class: "row" + (n === chosen ? " at" : ""), role: "row", id: "row-" + n, "aria-rowindex": i + 2, "aria-selected": String(n === chosen), onclick: () => { at = i; scroller.focus({ preventScroll: true }); choose(n); } },
        h("span", { class: "n", role: "gridcell" }, String(n)), h("span", { class: "t", role: "gridcell" }, short ? (times[n] / 1e9).toFixed(3) : seconds(times[n])),
        coloured(h("span", { class: "p", role: "gridcell" }, marked(nameOf(n))), peerColour(nameOf(n))), h("span", { class: "k dim", role: "gridcell" }, marked(kind)),
        h("span", { class: "w tone-" + toneOf(n), role: "gridcell" }, marked(textOf(n) || kind)));
      rows.push(row);
    }
    const body = h("div", { role: "rowgroup" }, rows);
    body.style.transform = `translateY(${top}px)`;
    rows_.pane.replaceChildren(...real([head, body, found.length === 0 && h("p", { class: "empty" }, "No event is like that.")]));
    scroller.setAttribute("aria-activedescendant", chosen ? "row-" + chosen : "");
  }
  function go(i, open) { at = i; rows_.reveal(i); choose(found[i], open); }
  const rows_ = newList(scroller, rowHeight, header, draw);
  rows_.keys(() => at < 0 ? rows_.first - (chosen ? 0 : 1) : at, go);
  onChosen.push(n => {
    if (found[at] !== n) {
      at = found.indexOf(n);
      if (at >= 0) rows_.reveal(at, true);
    }
    rows_.draw();
  });
  filter();
  addEventListener("resize", () => rows_.resize(found.length));
  return { filter, print: most => printRows(scroller, rows_, found.length, most, rowHeight, header), redraw: () => rows_.resize(found.length) };
}

// ---------------------------------------------------------------- the page

function theme() {
  const button = $("#theme"), order = ["auto", "light", "dark"];
  const apply = name => {
    if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
    button.textContent = name[0].toUpperCase() + name.slice(1);
    for (const f of onTheme) f();
  };
  let now = "auto";
  try { now = localStorage.getItem("rtcsim-theme") ?? "auto"; } catch { /* some browsers keep nothing for files */ }
  if (!order.includes(now)) now = "auto";
  apply(now);
  button.addEventListener("click", () => {
    now = order[(order.indexOf(now) + 1) % order.length];
    try { localStorage.setItem("rtcsim-theme", now); } catch { /* see above */ }
    apply(now);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const f of onTheme) f(); });
}

function sections() {
  const links = new Map([...document.querySelectorAll("nav a")].map(a => [a.getAttribute("href").slice(1), a]));
  const inView = new Set();
  const watcher = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting) inView.add(e.target.id); else inView.delete(e.target.id);
    const current = [...links.keys()].find(id => inView.has(id));
    for (const [id, a] of links) if (id === current) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
    const nav = $("nav"), a = links.get(current);
    if (a) nav.scrollLeft = a.offsetLeft - nav.offsetLeft - (nav.clientWidth - a.offsetWidth) / 2;
  }, { rootMargin: "-25% 0px -70% 0px" });
  for (const id of links.keys()) watcher.observe(document.getElementById(id));
}

function sources() {
  const root = $("#scenario-text");
  for (const [i, file] of report.scenario.entries()) root.append(h("details", { class: "card", open: i === 0 && file.text.length < 4000 }, h("summary", {}, file.name), h("pre", {}, file.text)));
}

theme();
const tables = events();
const diagram = sequence();
rangeTools();
const lanes = states();
const drawn = charts();
ice();
sdp();
sources();
sections();
addEventListener("beforeprint", () => { diagram.print(400); tables.print(400); drawn.print(); lanes.redraw(); });
addEventListener("afterprint", () => {
  for (const scroller of document.querySelectorAll(".scroller")) scroller.style.removeProperty("height");
  diagram.redraw();
  tables.redraw();
});
document.documentElement.dataset.ready = "shown";
performance.mark("shown");

lines = (await unpack("lines")).split("\n");
if ($("#search").value) tables.filter();
showDetail();
const wanted = /^#event-(\d+)$/.exec(location.hash);
if (wanted) choose(Number(wanted[1]));
document.documentElement.dataset.ready = "complete";
performance.mark("complete");
})();
