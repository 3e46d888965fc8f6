'use strict';

/* Tooltips of the plots: what stands in a band's <title> follows the pointer or the finger. */

const tip = document.getElementById('tip');

function show(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = x + 14 + box.width > innerWidth ? x - 14 - box.width : x + 14;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.min(Math.max(4, y - box.height - 10), innerHeight - box.height - 4)}px`;
}

for (const band of document.querySelectorAll('g.tip')) {
  const title = band.querySelector('title');
  const text = title.textContent;
  title.remove();
  band.addEventListener('pointermove', (event) => show(text, event.clientX, event.clientY));
  band.addEventListener('pointerdown', (event) => show(text, event.clientX, event.clientY));
  band.addEventListener('pointerleave', () => { tip.hidden = true; });
}
addEventListener('scroll', () => { tip.hidden = true; }, { passive: true });
