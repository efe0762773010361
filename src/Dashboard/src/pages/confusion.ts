// Which classes a member takes for which.

import { get, path } from '../api';
import { h, show } from '../dom';
import { count, share } from '../format';
import { section, table, trail } from '../parts';
import type { Confusion } from '../records';

const PAIRS = 20;
const WIDEST = 24;
const SHADES = 7;

export async function confusionPage(place: HTMLElement, signal: AbortSignal, name: string, member: string): Promise<void> {
  const head = [trail(['#/', 'Experiments'], [`#/${path('experiments', name)}`, name]), h('h1', {}, `What ${member} takes for what`)];
  show(place, head, h('p', { class: 'quiet' }, 'Loading …'));
  const { classes, counts } = await get<Confusion>(`/api/${path('experiments', name, 'members', member, 'confusion')}`);
  if (signal.aborted) {
    return;
  }
  const totals = counts.map((row) => row.reduce((sum, cell) => sum + cell, 0));
  const pairs = counts.flatMap((row, given) => row.map((cell, heard) => ({ given, heard, cell })))
    .filter(({ given, heard, cell }) => given !== heard && cell > 0)
    .sort((one, other) => other.cell - one.cell || one.given - other.given || one.heard - other.heard);
  const involved = classes.length <= WIDEST
    ? classes.map((_, at) => at)
    : [...new Set(pairs.flatMap(({ given, heard }) => [given, heard]))].slice(0, WIDEST).sort((one, other) => one - other);
  show(place, head,
    h('p', {}, 'By its predictions of curated clips that it was not trained on. A label counts as heard where no class that the clip lacks is '
      + 'ranked above it, and as taken for the highest of those otherwise.'),
    section('Most confused', table('Pairs of classes', ['given', 'taken for', '#times', '#of its labels'], pairs.slice(0, PAIRS)
      .map(({ given, heard, cell }) => [classes[given], classes[heard], count(cell), share(cell / totals[given]!)]),
    'It confuses nothing.')),
    section('Classes', table('Classes', ['class', '#labels', '#heard', '#share heard'], classes.map((label, at) => [
      label, count(totals[at]), count(counts[at]![at]), totals[at] === 0 ? '–' : share(counts[at]![at]! / totals[at]!),
    ]))),
    section('Matrix',
      classes.length > WIDEST && h('p', { class: 'quiet' }, `The ${involved.length} classes that are confused most.`),
      matrix(classes, counts, totals, involved)));
}

function matrix(classes: string[], counts: number[][], totals: number[], involved: number[]): HTMLElement {
  const shade = (given: number, heard: number) =>
    totals[given] === 0 ? 0 : Math.ceil(SHADES * counts[given]![heard]! / totals[given]!);
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Confusion matrix' },
    h('table', { class: 'matrix' },
      h('caption', {}, 'Rows: given label; columns: what it was taken for; heard ones on the diagonal'),
      h('thead', {}, h('tr', {}, h('td', {}), involved.map((heard) =>
        h('th', { scope: 'col' }, h('span', {}, classes[heard]))))),
      h('tbody', {}, involved.map((given) => h('tr', {},
        h('th', { scope: 'row' }, classes[given]),
        involved.map((heard) => h('td', {
          class: `figure shade-${shade(given, heard)}${given === heard ? ' same' : ''}`,
          title: `${classes[given]} taken for ${classes[heard]}`,
        }, counts[given]![heard] || '')))))));
}
