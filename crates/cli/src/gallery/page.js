'use strict';
const cards = [...document.querySelectorAll('article')];
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
    bar.append(button);
  }
  bar.append(document.createElement('i'));
}
search.addEventListener('input', show);
bar.append(search);
show();
