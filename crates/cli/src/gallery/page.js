'use strict';
const cards = [...document.querySelectorAll('article')];
const main = document.querySelector('main');
if (main.dataset.order === 'name') {
  cards.sort((one, other) => one.dataset.name.localeCompare(other.dataset.name, 'en', { numeric: true }));
  main.append(...cards);
}
const bar = document.getElementById('bar');
const chosen = { status: new Set(), kind: new Set() };
const search = document.createElement('input');
search.type = 'search';
search.placeholder = 'Part of a name';
search.setAttribute('aria-label', 'Show only assets whose name holds this');

function show() {
  const wanted = search.value.toLowerCase();
  let shown = 0;
  for (const card of cards) {
    const fits = Object.entries(chosen).every(([what, values]) => values.size === 0 || values.has(card.dataset[what]));
    card.hidden = !fits || !card.dataset.name.includes(wanted);
    shown += card.hidden ? 0 : 1;
  }
  document.getElementById('count').textContent = `${shown} of ${cards.length} shown`;
}

for (const what of Object.keys(chosen)) {
  const counts = new Map();
  const group = document.createElement('span');
  for (const card of cards) counts.set(card.dataset[what], (counts.get(card.dataset[what]) ?? 0) + 1);
  for (const [value, count] of [...counts].sort()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `${value} ${count}`;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => {
      const on = !chosen[what].delete(value);
      if (on) chosen[what].add(value);
      button.setAttribute('aria-pressed', String(on));
      show();
    });
    group.append(button);
  }
  bar.append(group);
}
search.addEventListener('input', show);
bar.append(search);
show();

function clock(ms) {
  const tenths = Math.round(ms / 100), whole = Math.floor(tenths / 10);
  const two = (number) => String(number).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours}:${two(minutes)}:${two(seconds)}`;
  return `${minutes}:${two(seconds)}${minutes ? '' : `.${tenths % 10}`}`;
}

// A video is scrubbed by where the pointer or the finger is, and by the arrow keys. A cue is [start, end, x, y, width, height].
for (const film of document.querySelectorAll('.film')) {
  const cues = JSON.parse(film.dataset.cues);
  const length = cues.at(-1)[1];
  const sheet = [Math.max(...cues.map((cue) => cue[2] + cue[4])), Math.max(...cues.map((cue) => cue[3] + cue[5]))];
  const [picture, tile, time, line] = ['img', '.tile', '.clock', '.bar'].map((part) => film.querySelector(part));
  let at = 0;

  function rest() {
    film.classList.remove('live');
    time.textContent = clock(length);
  }

  function seek(number, ms = cues[number][0]) {
    at = number;
    const [, , x, y, width, height] = cues[number];
    // As large as the thumbnail that it takes the place of.
    const room = picture?.clientWidth ? picture : film;
    const scale = Math.min(room.clientWidth / width, room.clientHeight / height);
    tile.style.width = `${width * scale}px`;
    tile.style.height = `${height * scale}px`;
    tile.style.backgroundSize = sheet.map((side) => `${side * scale}px`).join(' ');
    tile.style.backgroundPosition = `${-x * scale}px ${-y * scale}px`;
    line.style.width = `${100 * ms / length}%`;
    time.textContent = `${clock(ms)} / ${clock(length)}`;
    film.setAttribute('aria-valuenow', number);
    film.setAttribute('aria-valuetext', time.textContent);
    film.classList.add('live');
  }

  function follow(event) {
    const box = film.getBoundingClientRect();
    const ms = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length;
    seek(Math.max(0, cues.findLastIndex((cue) => cue[0] <= ms)), ms);
  }

  const keys = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, ArrowDown: () => at - 1, ArrowUp: () => at + 1, Home: () => 0, End: () => cues.length - 1 };
  film.addEventListener('pointermove', follow);
  film.addEventListener('pointerdown', follow);
  for (const end of ['pointerleave', 'pointercancel', 'blur']) film.addEventListener(end, rest);
  film.addEventListener('focus', () => seek(at));
  film.addEventListener('keydown', (event) => {
    const to = keys[event.key];
    if (!to) return;
    event.preventDefault();
    seek(Math.min(cues.length - 1, Math.max(0, to())));
  });
  rest();
}
