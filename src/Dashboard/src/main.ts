// The pages by their address, which stands behind the #.

import './style.css';
import { ApiError, takeUpSignIn } from './api';
import { h, show } from './dom';
import { clipPage } from './pages/clip';
import { confusionPage } from './pages/confusion';
import { devicesPage } from './pages/devices';
import { experimentPage } from './pages/experiment';
import { experimentsPage } from './pages/experiments';
import { roundPage } from './pages/round';

/** A page: it fills its place, and goes on until the signal ends it. */
type Page = (place: HTMLElement, signal: AbortSignal, ...parts: string[]) => Promise<void>;

const pages: [RegExp, string, Page][] = [
  [/^\/?$/, 'Experiments', experimentsPage],
  [/^\/devices$/, 'Devices and queue', devicesPage],
  [/^\/experiments\/([^/]+)$/, 'Experiment', experimentPage],
  [/^\/experiments\/([^/]+)\/rounds\/([^/]+)\/(\d+)$/, 'Round', roundPage],
  [/^\/experiments\/([^/]+)\/clips\/([^/]+)\/([^/]+)$/, 'Clip', clipPage],
  [/^\/experiments\/([^/]+)\/confusion\/([^/]+)$/, 'Confusion', confusionPage],
];

const main = document.getElementById('main')!;
let current: AbortController | null = null;

async function route(): Promise<void> {
  current?.abort();
  const mine = (current = new AbortController());
  const address = location.hash.slice(1);
  if (address !== '' && !address.startsWith('/')) {
    return;
  }
  const place = h('div', {});
  main.replaceChildren(place);
  for (const here of document.querySelectorAll<HTMLAnchorElement>('header nav a')) {
    here.toggleAttribute('data-here', here.hash === (location.hash || '#/'));
  }
  for (const [form, title, page] of pages) {
    const parts = form.exec(address);
    if (parts) {
      const names = parts.slice(1).map(decodeURIComponent);
      document.title = `${[title, ...names].join(' ')} – OrleansTagging`;
      try {
        await page(place, mine.signal, ...names);
      } catch (fault) {
        if (!mine.signal.aborted) {
          show(place, h('h1', {}, title), h('p', { role: 'alert', class: 'problem' },
            fault instanceof ApiError ? fault.message : 'The silo does not answer.'));
        }
      }
      return;
    }
  }
  show(place, h('h1', {}, 'No such page'), h('p', {}, h('a', { href: '#/' }, 'To the experiments')));
}

addEventListener('hashchange', () => {
  // Another page begins at its top, for eyes and for readers of screens alike.
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
  void route();
});
void takeUpSignIn().then(route);
