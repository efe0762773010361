// Parts that several pages share.

import { h, type Child } from './dom';
import type { Status } from './records';

const MARKS: Record<Status, string> = {
  None: '○', Running: '▶', Done: '✓', Failed: '✗', Stopped: '■', Paused: '‖', Cancelled: '⊘',
};

export const badge = (status: Status) =>
  h('span', { class: `badge ${status.toLowerCase()}` }, h('span', { 'aria-hidden': 'true' }, MARKS[status]), ` ${status.toLowerCase()}`);

/** A table: names of its columns, those of figures with a # in front, and its rows. */
export function table(caption: string, columns: string[], rows: Child[][], none = 'None.'): HTMLElement {
  const isFigure = columns.map((column) => column.startsWith('#'));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, columns.map((column, at) =>
        column === '' ? h('td', {}) : h('th', { scope: 'col', class: isFigure[at] && 'figure' }, column.replace('#', ''))))),
      h('tbody', {}, rows.length === 0
        ? h('tr', {}, h('td', { colspan: columns.length, class: 'quiet' }, none))
        : rows.map((row) => h('tr', {}, row.map((cell, at) =>
          h(at === 0 ? 'th' : 'td', { scope: at === 0 && 'row', class: isFigure[at] && 'figure' }, cell)))))));
}

export const facts = (...entries: ([string, Child] | false)[]) =>
  h('dl', { class: 'facts' }, entries.filter((entry) => entry !== false).map(([name, value]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value))));

export const section = (title: string, ...children: Child[]) => h('section', {}, h('h2', {}, title), children);

export const link = (href: string, ...children: Child[]) => h('a', { href }, children);

export const trail = (...steps: [string, string][]) =>
  h('nav', { class: 'trail', 'aria-label': 'Where this is' }, steps.map(([href, name], at) => [at > 0 && ' / ', link(href, name)]));
