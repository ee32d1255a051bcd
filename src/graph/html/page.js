
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const SVG = 'http://www.w3.org/2000/svg';

// Elements are made with text nodes and attributes only: what a pipeline says is never markup.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const refs = element('select', { 'aria-label': 'ref' });
data.refs.forEach((ref, index) => refs.append(element('option', { value: index }, ref.name)));
const find = element('input', { type: 'search', placeholder: 'find a job', 'aria-label': 'find a job' });
const smaller = element('button', { type: 'button', title: 'zoom out (-)' }, '−');
const larger = element('button', { type: 'button', title: 'zoom in (+)' }, '+');
const whole = element('button', { type: 'button', title: 'show all (0)' }, 'fit');
const header = element('header', {}, element('h1', {}, data.file), element('label', {}, 'ref', refs), find,
  element('span', { class: 'space' }), smaller, larger, whole);
const picture = drawn('svg', { id: 'picture', role: 'img', 'aria-label': 'pipeline' });
const note = element('p', { id: 'note' });
const panel = element('aside', { 'aria-live': 'polite' });
panel.hidden = true;
document.body.append(header, element('main', {}, picture, note, panel));

let shown = null; // what is drawn
let nodes = [];
let edges = [];
let chosen = -1;
let view = { x: 0, y: 0, scale: 1 };
let layer = null;

function move() {
  layer.setAttribute('transform', `translate(${view.x} ${view.y}) scale(${view.scale})`);
}
function zoom(factor, x, y) {
  const scale = Math.min(4, Math.max(0.05, view.scale * factor));
  view.x = x - (x - view.x) * scale / view.scale;
  view.y = y - (y - view.y) * scale / view.scale;
  view.scale = scale;
  move();
}
function center() {
  const box = picture.getBoundingClientRect();
  return [box.width / 2, box.height / 2];
}
function fit() {
  const box = picture.getBoundingClientRect();
  const scale = Math.min(1.25, box.width / shown.width, box.height / shown.height);
  // What would be too small to read is shown from its beginning.
  view.scale = Math.max(scale, 0.7);
  view.x = Math.max(0, (box.width - shown.width * view.scale) / 2);
  view.y = scale < 0.7 ? 0 : Math.max(0, (box.height - shown.height * view.scale) / 3);
  move();
}

const MARKS = {
  manual: (x, y) => [['path', { class: 'mark', d: `M${x - 3.5} ${y - 5.5}l9 5.5l-9 5.5z` }]],
  delayed: (x, y) => [['circle', { class: 'ring', cx: x, cy: y, r: 5.5 }],
    ['path', { class: 'ring', d: `M${x} ${y - 3.5}v3.5h3` }]],
  on_failure: (x, y) => [['path', { class: 'ring', d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }]],
  always: (x, y) => [['circle', { class: 'ring', cx: x, cy: y, r: 5 }],
    ['circle', { class: 'mark', cx: x, cy: y, r: 2 }]],
  on_success: (x, y) => [['circle', { class: 'mark', cx: x, cy: y, r: 3.5 }]],
};

function draw(index) {
  const name = chosen >= 0 ? shown.jobs[chosen].name : null;
  const kept = shown !== null;
  shown = data.drawn[data.refs[index].drawn];
  const tip = drawn('marker', { id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
    orient: 'auto' });
  tip.append(drawn('path', { class: 'mark', d: 'M0 0L8 4L0 8z' }));
  const definitions = drawn('defs', {});
  definitions.append(tip);
  layer = drawn('g', {});
  for (const stage of shown.stages) {
    layer.append(drawn('text', { class: 'stage', x: stage.x, y: 68 }, stage.name));
    if (stage.gate) layer.append(drawn('path', { class: 'gate', d: stage.gate }));
  }
  edges = shown.edges.map(([from, to, path, optional]) => {
    const edge = drawn('path', { class: optional ? 'edge optional' : 'edge', 'marker-end': 'url(#tip)', d: path });
    layer.append(edge);
    return { from, to, edge };
  });
  nodes = shown.jobs.map((job, at) => {
    const node = drawn('g', { class: 'node', tabindex: 0, role: 'button', 'aria-label': job.name });
    node.append(drawn('title', {}, job.name));
    node.append(drawn('rect', { class: job.class, x: job.x, y: job.y, width: job.width, height: data.box, rx: 8 }));
    const middle = job.y + data.box / 2;
    for (const [shape, attributes] of MARKS[job.start](job.x + 15, middle)) node.append(drawn(shape, attributes));
    const left = job.x + 28;
    node.append(drawn('text', { x: left, y: job.notes ? middle - 3 : middle + 4.5 }, job.name));
    if (job.notes) node.append(drawn('text', { class: 'notes', x: left, y: middle + 13 }, job.notes));
    node.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(at); }
    });
    layer.append(node);
    return node;
  });
  picture.replaceChildren(definitions, layer);
  note.textContent = [shown.note, ...data.missing.map((one) => `not every kind of pipeline is here: ${one}`)]
    .filter((line) => line).join('\n');
  note.hidden = !note.textContent;
  if (kept) move(); else fit();
  search();
  choose(shown.jobs.findIndex((job) => job.name === name));
}

function section(title, text, wrap) {
  if (text === undefined) return [];
  const block = element('pre', wrap ? { class: 'wrap' } : {});
  block.textContent = data.texts[text];
  return [element('h3', {}, title), block];
}

function choose(at) {
  chosen = at;
  nodes.forEach((node, index) => node.classList.toggle('chosen', index === at));
  edges.forEach(({ from, to, edge }) => edge.classList.toggle('chosen', at >= 0 && (from === at || to === at)));
  panel.hidden = at < 0;
  if (at < 0) return;
  const job = shown.jobs[at];
  const close = element('button', { type: 'button', class: 'close', 'aria-label': 'close' }, '×');
  close.addEventListener('click', () => choose(-1));
  const rows = element('dl', {});
  const listed = job.rows === undefined ? [] : JSON.parse(data.texts[job.rows]);
  for (const [key, value] of listed) rows.append(element('dt', {}, key), element('dd', {}, value));
  panel.replaceChildren(close, element('h2', {}, job.name), element('div', {}, job.notes), rows,
    ...section('why', job.why), ...section('script', job.script, true), ...section('jobs of it', job.inside, true));
  panel.scrollTop = 0;
}

function search() {
  const wanted = find.value.trim().toLowerCase();
  nodes.forEach((node, at) => {
    node.classList.toggle('dim', wanted !== '' && !shown.jobs[at].name.toLowerCase().includes(wanted));
  });
}
function show(at) {
  const [x, y] = center();
  const job = shown.jobs[at];
  view.scale = Math.max(view.scale, 0.8);
  view.x = x - (job.x + job.width / 2) * view.scale;
  view.y = y - (job.y + data.box / 2) * view.scale;
  move();
}

refs.addEventListener('change', () => draw(refs.value));
find.addEventListener('input', search);
find.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  const at = nodes.findIndex((node) => !node.classList.contains('dim'));
  if (at >= 0) { choose(at); show(at); }
});
smaller.addEventListener('click', () => zoom(1 / 1.25, ...center()));
larger.addEventListener('click', () => zoom(1.25, ...center()));
whole.addEventListener('click', fit);
document.addEventListener('keydown', (event) => {
  if (event.target === find || event.target === refs) return;
  if (event.key === '+') zoom(1.25, ...center());
  if (event.key === '-') zoom(1 / 1.25, ...center());
  if (event.key === '0') fit();
  if (event.key === 'Escape') choose(-1);
});

picture.addEventListener('wheel', (event) => {
  event.preventDefault();
  const box = picture.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
const fingers = new Map();
let moved = false;
picture.addEventListener('pointerdown', (event) => {
  if (fingers.size === 0) moved = false;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
picture.addEventListener('pointermove', (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = [event.clientX, event.clientY];
  // A click is not a move of a pixel or two.
  if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
  if (!moved) picture.setPointerCapture(event.pointerId);
  moved = true;
  const other = [...fingers].find(([id]) => id !== event.pointerId);
  if (other) {
    const distance = ([x, y]) => Math.hypot(x - other[1][0], y - other[1][1]);
    const box = picture.getBoundingClientRect();
    const middle = [(now[0] + other[1][0]) / 2 - box.left, (now[1] + other[1][1]) / 2 - box.top];
    zoom(distance(now) / Math.max(1, distance(before)), ...middle);
  } else {
    view.x += now[0] - before[0];
    view.y += now[1] - before[1];
    move();
  }
  fingers.set(event.pointerId, now);
});
for (const kind of ['pointerup', 'pointercancel']) {
  picture.addEventListener(kind, (event) => fingers.delete(event.pointerId));
}
picture.addEventListener('click', (event) => {
  if (moved) return;
  const node = event.target.closest('g.node');
  choose(node ? nodes.indexOf(node) : -1);
});

draw(0);
