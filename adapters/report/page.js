"use strict";
// One time cursor (seconds from the start) for map, curve and list. Data: see page_data in page.py.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const TYPES = { u1: Uint8Array, u2: Uint16Array, i4: Int32Array };
function unpack({ type, data: text }) {
  return new TYPES[type](Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

const net = data.map;
for (const name of ["x", "y", "from", "parent", "end", "kind", "points"]) net[name] = unpack(net[name]);
const truth = { device: unpack(data.truth.device), out: unpack(data.truth.out), back: unpack(data.truth.back) };
const devices = net.x.length;
const FINAL = data.statuses.indexOf("restored");
const CONFIRMED = data.statuses.indexOf("confirmed");
const [AT, PLACE, OUT, AFFECTED, STATUS, CONFIDENCE, NAME] = [0, 1, 2, 3, 4, 5, 6];
const TIE = net.kinds.indexOf("tie");
const TRUNK = net.kinds.map((kind) => kind !== "fuse" && kind !== "transformer");
// How heavy a line is drawn. The line to a fuse or transformer that hangs on the trunk runs along the trunk.
const weights = net.kind.map((kind, device) => (TRUNK[kind] || (net.parent[device] >= 0 && TRUNK[net.kind[net.parent[device]]]) ? 2 : net.kinds[kind] === "fuse" ? 1 : 0));
const FIRST_HOUR = Math.min(3600, data.seconds);
const TICK_SHOWN = 600; // how long a restored outage keeps its tick, seconds
const KINDS = { service: "single service" };
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

let now = 0, view = "told", range = "all", chosen = null, playing = false;
let colour = {};
const state = new Uint8Array(devices);

// ---- what holds at a time -------------------------------------------------------------------------------------

function revisionAt(outage, time) {
  let found = null;
  for (const revision of outage.revisions) {
    if (revision[AT] > time) break;
    found = revision;
  }
  return found;
}

function outagesAt(time) {
  const open = [], closed = [];
  for (const outage of data.outages) {
    const revision = revisionAt(outage, time);
    if (!revision) continue;
    if (revision[STATUS] < FINAL) open.push({ outage, revision });
    else if (revision[STATUS] === FINAL && time - revision[AT] < TICK_SHOWN) closed.push({ outage, revision });
  }
  open.sort((one, other) => other.revision[OUT] - one.revision[OUT]);
  return { open, closed };
}

function paintTold(open, time) {
  // Upstream first, so that what is nested below lies on top; a restored part clears its branch again.
  const strokes = [];
  for (const { outage, revision } of open) {
    if (outage.kind === "service") continue;
    strokes.push([revision[PLACE], 1]);
    for (const [at, device] of outage.restored) if (at <= time) strokes.push([device, 0]);
  }
  strokes.sort((one, other) => one[0] - other[0] || other[1] - one[1]);
  for (const [device, value] of strokes) state.fill(value, device, net.end[device]);
}

const below = new Int32Array(devices + 1), dark = new Int32Array(devices + 1);
for (let device = 0; device < devices; device++) below[device + 1] = below[device] + (net.points[device] > 0);

function paintTruth(time) {
  const off = new Uint8Array(devices);
  for (let row = 0; row < truth.device.length; row++)
    if (truth.out[row] <= time && time < truth.back[row]) off[truth.device[row]] = 1;
  for (let device = 0; device < devices; device++) dark[device + 1] = dark[device] + off[device];
  for (let device = 0; device < devices; device++) {
    const all = below[net.end[device]] - below[device];
    state[device] = all > 0 && dark[net.end[device]] - dark[device] === all;
  }
}

function restoredBy(time) {
  // What has been told of each outage up to now: affected less out.
  let sum = 0;
  for (const outage of data.outages) {
    const revision = revisionAt(outage, time);
    if (revision && data.statuses[revision[STATUS]] !== "merged") sum += revision[AFFECTED] - revision[OUT];
  }
  return sum;
}

function crewsAt(time) {
  const crews = new Map();
  for (const [at, crew, status, device] of data.crews) {
    if (at > time) break;
    crews.set(crew, { status, device });
  }
  return crews;
}

function curveAt(name, time) {
  const curve = data.curves[name];
  return curve[Math.max(0, Math.min(curve.length - 1, Math.round(time / data.curves.seconds)))];
}

// ---- words ----------------------------------------------------------------------------------------------------

const number = (value) => value.toLocaleString("en");
const moment = (time) => new Date(data.starts + time * 1000);
const two = (value) => String(value).padStart(2, "0");
const clock = (time) => `${two(moment(time).getUTCHours())}:${two(moment(time).getUTCMinutes())}`;
const day = (time) => moment(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const words = (text) => text.replaceAll("_", " ");
const length = (seconds) => (seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

function describe({ outage, revision }) {
  const lines = [
    `${KINDS[outage.kind] ?? words(outage.kind)} ${data.names[revision[NAME]]}`,
    `${number(revision[OUT])} of ${number(revision[AFFECTED])} customers out, ${words(data.statuses[revision[STATUS]])}`,
    `since ${clock(outage.started)} (${length(now - outage.started)}), ${revision[CONFIDENCE]} % sure`,
  ];
  if (outage.priority) lines.push(`${outage.priority} with priority`);
  if (outage.cause) lines.push(`cause: ${outage.cause}`);
  return lines.join("\n");
}

const SIGNS = { detected: "◌", confirmed: "●", partially_restored: "◑" };

function listOutages(open) {
  $("open").textContent = open.length ? `(${number(open.length)})` : "";
  const rows = open.slice(0, 40).map((each) => {
    const { outage, revision } = each;
    const status = data.statuses[revision[STATUS]];
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-current", String(outage === chosen));
    const parts = [
      ["sign", SIGNS[status]],
      ["what", data.names[revision[NAME]]],
      ["many", number(revision[OUT])],
      ["more", [words(status), length(now - outage.started), outage.priority ? `${outage.priority} priority` : "", outage.cause ?? ""].filter(Boolean).join(" · ")],
    ];
    for (const [name, text] of parts) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      button.append(part);
    }
    button.addEventListener("click", () => { chosen = outage === chosen ? null : outage; bringIntoView(revision[PLACE]); show(); });
    item.append(button);
    return item;
  });
  if (!rows.length) {
    const item = document.createElement("li"), text = document.createElement("p");
    text.textContent = "None: everybody has power, as far as anybody has said.";
    item.append(text);
    rows.push(item);
  }
  $("list").replaceChildren(...rows);
}

// ---- map ------------------------------------------------------------------------------------------------------

const map = $("map"), pen = map.getContext("2d");
const base = document.createElement("canvas"), basePen = base.getContext("2d");
let sight = { scale: 1, left: 0, top: 0 }, marks = [];

const toX = (x) => x * sight.scale + sight.left;
const toY = (y) => y * sight.scale + sight.top;

function fit() {
  const [width, height] = [map.clientWidth, map.clientHeight];
  const room = { left: 24, right: 24, top: 24, bottom: width < 600 ? 64 : 44 };
  sight.scale = Math.min((width - room.left - room.right) / net.width, (height - room.top - room.bottom) / net.height);
  sight.least = sight.scale;
  sight.left = room.left + (width - room.left - room.right - net.width * sight.scale) / 2;
  sight.top = room.top + (height - room.top - room.bottom - net.height * sight.scale) / 2;
}

function trace(context, weight, wanted) {
  context.beginPath();
  for (let device = 0; device < devices; device++) {
    const from = net.from[device];
    if (from < 0 || weights[device] !== weight || net.kind[device] === TIE || !wanted(device)) continue;
    context.moveTo(toX(net.x[from]), toY(net.y[from]));
    context.lineTo(toX(net.x[device]), toY(net.y[device]));
  }
  context.stroke();
}

function thickness(weight, extra) {
  const zoom = Math.min(2.2, Math.sqrt(sight.scale / sight.least));
  return ([0.7, 0.9, 1.6][weight] + extra) * zoom;
}

function size(canvas, context) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [width, height, ratio];
}

function drawBase() {
  const [width, height, ratio] = size(map, pen);
  base.width = map.width;
  base.height = map.height;
  basePen.setTransform(ratio, 0, 0, ratio, 0, 0);
  basePen.clearRect(0, 0, width, height);
  basePen.lineCap = "round";
  for (const [weight, name] of [[0, "service"], [1, "lateral"], [2, "trunk"]]) {
    basePen.strokeStyle = colour[name];
    basePen.lineWidth = thickness(weight, 0);
    trace(basePen, weight, () => true);
  }
  basePen.setLineDash([3, 3]);
  basePen.lineWidth = 1;
  basePen.beginPath();
  for (const [tie, other] of net.ties)
    for (const end of [net.from[tie], other]) {
      basePen.moveTo(toX(net.x[tie]), toY(net.y[tie]));
      basePen.lineTo(toX(net.x[end]), toY(net.y[end]));
    }
  basePen.stroke();
  basePen.setLineDash([]);
  basePen.fillStyle = colour.dim;
  for (const [, device] of net.zones) basePen.fillRect(toX(net.x[device]) - 3, toY(net.y[device]) - 3, 6, 6);
  drawScale(width, height);
}

function drawScale(width, height) {
  if (width < 700) return;
  const kilometre = net.kilometre * sight.scale;
  const bar = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((length) => length * kilometre > 60) ?? 500;
  const [right, y] = [width - 60, height - 16];
  basePen.strokeStyle = basePen.fillStyle = colour.dim;
  basePen.lineWidth = 1.5;
  basePen.beginPath();
  basePen.moveTo(right - bar * kilometre, y - 4);
  basePen.lineTo(right - bar * kilometre, y);
  basePen.lineTo(right, y);
  basePen.lineTo(right, y - 4);
  basePen.stroke();
  basePen.font = "12px system-ui, sans-serif";
  basePen.textAlign = "right";
  basePen.fillText(`${bar} km`, right, y - 8);
}

function drawZones() {
  if (map.clientWidth < 600 && sight.scale < 2 * sight.least) return;
  const taken = [];
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = colour.panel;
  pen.fillStyle = colour.dim;
  for (const [name, device] of net.zones) {
    const [x, y] = [toX(net.x[device]), toY(net.y[device])];
    const half = pen.measureText(name).width / 2 + 4;
    const line = y + 28;
    if (taken.some(([left, right, other]) => x - half < right && x + half > left && Math.abs(line - other) < 15)) continue;
    taken.push([x - half, x + half, line]);
    pen.strokeText(name, x, line);
    pen.fillText(name, x, line);
  }
}

function drawMap(open, closed) {
  const [width, height] = size(map, pen);
  pen.clearRect(0, 0, width, height);
  pen.drawImage(base, 0, 0, width, height);
  pen.lineCap = "round";
  pen.strokeStyle = view === "told" ? colour.out : colour.truth;
  for (const weight of [0, 1, 2]) {
    pen.lineWidth = thickness(weight, 0.7);
    trace(pen, weight, (device) => state[device]);
  }
  marks = [];
  if (view === "told") {
    for (const each of closed) drawTick(each);
    for (const each of open) drawMark(each);
  }
  drawCrews();
  drawNumbers();
  drawZones();
}

function radius(customers) {
  return Math.max(3.5, Math.min(46, Math.sqrt(customers) * 0.62)) * Math.max(0.5, Math.min(1, map.clientWidth / 1000));
}

function drawMark({ outage, revision }) {
  const [x, y] = [toX(net.x[revision[PLACE]]), toY(net.y[revision[PLACE]])];
  const r = radius(revision[AFFECTED]);
  const share = revision[AFFECTED] ? revision[OUT] / revision[AFFECTED] : 1;
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fillStyle = r > 7 ? colour.veil : colour.panel;
  pen.fill();
  pen.fillStyle = r > 7 ? colour.shade : revision[STATUS] < CONFIRMED ? colour.panel : colour.out;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.arc(x, y, r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  pen.closePath();
  pen.fill();
  pen.strokeStyle = colour.out;
  pen.lineWidth = outage === chosen ? 4 : 1.8;
  pen.setLineDash(revision[STATUS] < CONFIRMED && r > 7 ? [4, 3] : []);
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
  marks.push({ x, y, r, outage, revision });
}

function drawNumbers() {
  const taken = [];
  pen.fillStyle = colour.ink;
  pen.strokeStyle = colour.panel;
  pen.lineWidth = 3;
  pen.font = "600 12px system-ui, sans-serif";
  pen.textAlign = "center";
  for (const { x, y, r, revision } of marks) {
    if (r < 13 || taken.some((other) => Math.abs(other.x - x) < 34 && Math.abs(other.y - y) < 14)) continue;
    taken.push({ x, y });
    pen.strokeText(number(revision[OUT]), x, y + 4);
    pen.fillText(number(revision[OUT]), x, y + 4);
  }
}

function drawTick({ revision }) {
  if (revision[AFFECTED] < 5) return;
  const [x, y] = [toX(net.x[revision[PLACE]]), toY(net.y[revision[PLACE]])];
  pen.globalAlpha = 1 - (now - revision[AT]) / TICK_SHOWN;
  pen.strokeStyle = colour.ink;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(x - 5, y);
  pen.lineTo(x - 1, y + 4);
  pen.lineTo(x + 6, y - 5);
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawCrews() {
  const working = { on: 0, way: 0 };
  for (const { status, device } of crewsAt(now).values()) {
    if (status === "assigned" || status === "en_route") working.way++;
    if (status !== "on_site" && status !== "repairing") continue;
    working.on++;
    if (device < 0) continue;
    const [x, y] = [toX(net.x[device]) + 9, toY(net.y[device]) - 9]; // beside the device, whose mark it would hide
    pen.fillStyle = colour.panel;
    pen.fillRect(x - 5, y - 5, 10, 10);
    pen.fillStyle = colour.crew;
    pen.fillRect(x - 3.5, y - 3.5, 7, 7);
  }
  $("work").textContent = `${working.on} crews at work, ${working.way} on their way`;
}

function bringIntoView(device) {
  const [x, y] = [toX(net.x[device]), toY(net.y[device])];
  const [width, height] = [map.clientWidth, map.clientHeight];
  if (x > 40 && x < width - 40 && y > 40 && y < height - 40) return;
  sight.left += width / 2 - x;
  sight.top += height / 2 - y;
  drawBase();
}

function zoom(factor, x, y) {
  const scale = Math.max(sight.least * 0.7, Math.min(sight.least * 40, sight.scale * factor));
  sight.left = x - ((x - sight.left) * scale) / sight.scale;
  sight.top = y - ((y - sight.top) * scale) / sight.scale;
  sight.scale = scale;
}

const fingers = new Map();

function onMapMove(event) {
  const held = fingers.get(event.pointerId);
  const [x, y] = [event.offsetX, event.offsetY];
  if (!held) return tell(x, y);
  const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
  if (others.length) {
    const [other] = others;
    const before = Math.hypot(held.x - other.x, held.y - other.y);
    if (before > 4) zoom(Math.hypot(x - other.x, y - other.y) / before, other.x, other.y);
  } else {
    sight.left += x - held.x;
    sight.top += y - held.y;
  }
  held.moved += Math.abs(x - held.x) + Math.abs(y - held.y);
  [held.x, held.y] = [x, y];
  drawBase();
  show();
}

function tell(x, y) {
  const found = marks.filter((mark) => Math.hypot(mark.x - x, mark.y - y) < Math.max(mark.r, 9)).sort((one, other) => one.r - other.r)[0];
  const tip = $("tip");
  tip.hidden = !found;
  if (!found) return null;
  tip.textContent = describe(found);
  tip.style.left = `${Math.max(4, Math.min(found.x + 12, map.clientWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${Math.max(4, Math.min(found.y + 12, map.clientHeight - tip.offsetHeight - 6))}px`;
  return found;
}

map.addEventListener("pointerdown", (event) => {
  map.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, moved: 0 });
});
map.addEventListener("pointermove", onMapMove);
for (const name of ["pointerup", "pointercancel"])
  map.addEventListener(name, (event) => {
    const held = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (!held || held.moved > 6 || name !== "pointerup") return;
    const found = tell(event.offsetX, event.offsetY);
    chosen = found && found.outage !== chosen ? found.outage : null;
    show();
  });
map.addEventListener("pointerleave", () => { $("tip").hidden = true; });
map.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  drawBase();
  show();
}, { passive: false });

// ---- curve ----------------------------------------------------------------------------------------------------

const chart = $("curve"), ink = chart.getContext("2d");
const EDGE = { left: 50, right: 14, top: 8, bottom: 20 };
const span = () => (range === "first" ? FIRST_HOUR : data.seconds);

function drawCurve() {
  const [width, height] = size(chart, ink);
  const plot = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
  const x = (time) => EDGE.left + (time / span()) * plot.width;
  const rows = Math.floor(span() / data.curves.seconds) + 1;
  let most = 10;
  for (const name of ["truth", "live"]) for (const value of data.curves[name].slice(0, rows)) if (value > most) most = value;
  const step = niceStep(most / 3);
  const top = Math.ceil(most / step) * step;
  const y = (value) => EDGE.top + (1 - value / top) * plot.height;
  ink.clearRect(0, 0, width, height);
  drawGrid(x, y, step, top, width);
  const path = (name) => {
    ink.beginPath();
    data.curves[name].slice(0, rows).forEach((value, row) => {
      const at = x(row * data.curves.seconds);
      if (row) ink.lineTo(at, y(value)); else ink.moveTo(at, y(value));
    });
  };
  path("live");
  ink.lineTo(x((rows - 1) * data.curves.seconds), y(0));
  ink.lineTo(x(0), y(0));
  ink.fillStyle = colour.shade;
  ink.fill();
  for (const [name, shade, wide, dash] of [["live", "out", 2.4, []], ["truth", "truth", 1.7, [5, 4]]]) {
    path(name);
    ink.strokeStyle = colour[shade];
    ink.lineWidth = wide;
    ink.setLineDash(dash);
    ink.stroke();
  }
  ink.setLineDash([]);
  ink.strokeStyle = colour.ink;
  ink.lineWidth = 1.5;
  ink.beginPath();
  ink.moveTo(x(now), EDGE.top - 4);
  ink.lineTo(x(now), height - EDGE.bottom);
  ink.stroke();
  for (const [name, shade] of [["truth", "truth"], ["live", "out"]]) {
    ink.fillStyle = colour[shade];
    ink.beginPath();
    ink.arc(x(now), y(curveAt(name, now)), 3.5, 0, 2 * Math.PI);
    ink.fill();
  }
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

function drawGrid(x, y, step, top, width) {
  ink.font = "12px system-ui, sans-serif";
  ink.fillStyle = colour.dim;
  ink.strokeStyle = colour.hair;
  ink.lineWidth = 1;
  ink.textAlign = "right";
  for (let value = 0; value <= top; value += step) {
    ink.beginPath();
    ink.moveTo(EDGE.left, Math.round(y(value)) + 0.5);
    ink.lineTo(width - EDGE.right, Math.round(y(value)) + 0.5);
    ink.stroke();
    ink.fillText(number(value), EDGE.left - 6, y(value) + 4);
  }
  ink.textAlign = "center";
  const room = Math.max(1, Math.floor((width - EDGE.left) / 70));
  const tick = [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].find((each) => span() / each <= room) ?? 172800;
  const offset = (data.starts / 1000) % tick;
  for (let time = (tick - offset) % tick; time <= span(); time += tick) {
    ink.textAlign = x(time) > width - 24 ? "right" : "center";
    ink.fillText(clock(time), Math.min(x(time), width - 2), y(0) + 16);
    ink.fillRect(x(time), y(0), 1, 4);
  }
}

function pick(event) {
  stop();
  const part = (event.offsetX - EDGE.left) / (chart.clientWidth - EDGE.left - EDGE.right);
  setTime(part * span());
}
chart.addEventListener("pointerdown", (event) => { chart.setPointerCapture(event.pointerId); pick(event); });
chart.addEventListener("pointermove", (event) => { if (event.buttons) pick(event); });

// ---- the cursor -----------------------------------------------------------------------------------------------

function show() {
  const { open, closed } = outagesAt(now);
  state.fill(0);
  if (view === "told") paintTold(open, now); else paintTruth(now);
  drawMap(open, closed);
  drawCurve();
  listOutages(open);
  $("clock").textContent = `${day(now)}, ${clock(now)} UTC`;
  $("out").textContent = number(curveAt("live", now));
  $("real").textContent = number(curveAt("truth", now));
  $("restored").textContent = number(restoredBy(now));
  const slider = $("slider");
  slider.value = now;
  slider.setAttribute("aria-valuetext", `${clock(now)} UTC, ${number(curveAt("live", now))} customers out`);
}

let asked = false;
function soon() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; show(); });
}

function setTime(time) {
  now = Math.max(0, Math.min(span(), time));
  $("tip").hidden = true;
  soon();
}

let last = 0;
function frame(at) {
  if (!playing) return;
  const passed = Math.min(0.1, (at - last) / 1000);
  last = at;
  now = Math.min(span(), now + passed * Number($("speed").value));
  show();
  if (now >= span()) stop(); else requestAnimationFrame(frame);
}

function play() {
  if (now >= span()) now = 0;
  playing = true;
  last = performance.now();
  $("play").textContent = "❚❚";
  $("play").setAttribute("aria-label", "Pause");
  requestAnimationFrame(frame);
}

function stop() {
  playing = false;
  $("play").textContent = "▶";
  $("play").setAttribute("aria-label", "Play");
}

function press(name, value) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
}

function setRange(value) {
  range = value;
  press("range", value);
  $("slider").max = span();
  setTime(now);
}

function setView(value) {
  view = value;
  press("view", value);
  $("legend").dataset.shown = value;
  $("legend").style.setProperty("--out", value === "told" ? "" : "var(--truth)");
  soon();
}

$("play").addEventListener("click", () => (playing ? stop() : play()));
$("slider").addEventListener("input", (event) => { stop(); setTime(Number(event.target.value)); });
for (const button of document.querySelectorAll("[data-range]")) button.addEventListener("click", () => setRange(button.dataset.range));
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => setView(button.dataset.view));
for (const button of document.querySelectorAll("[data-zoom]"))
  button.addEventListener("click", () => {
    const factor = Number(button.dataset.zoom);
    if (factor) zoom(factor, map.clientWidth / 2, map.clientHeight / 2); else fit();
    drawBase();
    show();
  });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("button, select, input, summary")) return;
  if (event.key === " ") { event.preventDefault(); playing ? stop() : play(); }
  if (event.key === "ArrowLeft") setTime(now - 60);
  if (event.key === "ArrowRight") setTime(now + 60);
});

// ---- start ----------------------------------------------------------------------------------------------------

function takeColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["panel", "ink", "dim", "hair", "service", "lateral", "trunk", "out", "truth", "crew"])
    colour[name] = style.getPropertyValue(`--${name}`).trim();
  colour.shade = `${colour.out}38`;
  colour.veil = `${colour.panel}66`;
}

function layOut() {
  takeColours();
  fit();
  drawBase();
  show();
}

function begin() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const live = data.curves.live;
  const peak = live.indexOf(live.reduce((one, other) => Math.max(one, other), 0)) * data.curves.seconds;
  if (asked.has("view")) setView(asked.get("view"));
  setRange(asked.get("range") === "first" ? "first" : "all");
  setTime(asked.has("t") ? Number(asked.get("t")) : peak);
  layOut();
  if (asked.has("play") && !calm) play();
}

new ResizeObserver(layOut).observe(map);
new ResizeObserver(soon).observe(chart);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", layOut);
begin();
