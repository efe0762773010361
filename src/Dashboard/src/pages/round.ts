// One round: who was promoted, and who would be with another cut.

import { get, path } from '../api';
import { h, show } from '../dom';
import { count, lwlrap, plural, share } from '../format';
import { bin, histogram } from '../histogram';
import { facts, link, section, table, trail } from '../parts';
import type { RoundRecord, RoundScores } from '../records';

const AROUND = 8;

export async function roundPage(
  place: HTMLElement, signal: AbortSignal, name: string, curriculum: string, round: string,
): Promise<void> {
  const base = `/api/${path('experiments', name, 'curricula', curriculum, 'rounds', round)}`;
  const head = [trail(['#/', 'Experiments'], [`#/${path('experiments', name)}`, name]), h('h1', {}, `Round ${curriculum}@${round}`)];
  show(place, head, h('p', { class: 'quiet' }, 'Loading …'));
  const record = await get<RoundRecord>(base);
  if (record.step !== 'done' && record.step !== 'diverged') {
    show(place, head, summary(record), h('p', {}, 'It has not ranked the clips yet.'));
    return;
  }
  const scores = await get<RoundScores>(`${base}/scores`);
  const chosen = scores.promoted.filter((promoted) => promoted).length;
  let k = chosen;
  let wanted = '';

  const clip = (fname: string) => link(`#/${path('experiments', name, 'clips', curriculum, fname)}`, fname);
  const labels = (at: number) => scores.labels[at]!.map((label) => scores.classes[label]).join(', ');

  function setCut(number: number): void {
    k = Math.min(scores.fnames.length, Math.max(0, Math.round(number)));
    render();
  }

  function render(): void {
    const cut = k === 0 ? 1 : scores.agreements[k - 1]!;
    const inNow = counts((at) => scores.promoted[at]!);
    const inThen = counts((at) => at < k);
    const come = scores.promoted.filter((promoted, at) => at < k && !promoted).length;
    const go = scores.promoted.filter((promoted, at) => at >= k && promoted).length;
    const all = counts(() => true);
    const around = [...Array(2 * AROUND).keys()].map((at) => k - AROUND + at).filter((at) => at >= 0 && at < scores.fnames.length);
    show(place, head, summary(record),
      section('What if the cut stood elsewhere?',
        h('p', { class: 'quiet' }, 'Clips by agreement of their given labels with the predictions. Drag the line, or use the slider.'),
        histogram(bin(scores.agreements, k), cut, (agreement) =>
          setCut(scores.agreements.filter((known) => known >= agreement).length)),
        h('div', { class: 'row' },
          h('label', { for: 'cut' }, 'Clips to promote'),
          h('input', {
            type: 'range', id: 'cut', min: 0, max: scores.fnames.length, step: 1, value: k,
            input: (event) => setCut((event.target as HTMLInputElement).valueAsNumber),
          }),
          h('label', { for: 'k', class: 'hidden' }, 'Clips to promote, as a number'),
          h('input', {
            type: 'number', id: 'k', min: 0, max: scores.fnames.length, step: 1, value: k,
            change: (event) => setCut((event.target as HTMLInputElement).valueAsNumber || 0),
          }),
          h('button', { type: 'button', click: () => setCut(chosen), disabled: k === chosen }, 'As it was')),
        h('p', { role: 'status', id: 'what-if' },
          `${plural(k, 'clip')} with an agreement of ${cut.toFixed(4)} or more: ${count(come)} would come in, ${count(go)} would go.`),
        table('Classes', ['class', '#noisy clips', '#promoted', '#with this cut', '#more or fewer'],
          scores.classes.map((label, at) => ({ label, at, change: inThen[at]! - inNow[at]! }))
            .sort((one, other) => Math.abs(other.change) - Math.abs(one.change) || one.at - other.at)
            .map(({ label, at, change }) => [
              label, count(all[at]), count(inNow[at]), count(inThen[at]), change > 0 ? `+${change}` : `${change}`.replace('-', '−'),
            ]))),
      section('Clips around the cut', table('Clips around the cut', ['clip', '#rank', 'given labels', '#agreement', '#margin', ''],
        around.map((at) => [
          clip(scores.fnames[at]!), count(at + 1), labels(at), lwlrap(scores.agreements[at]), scores.margins[at]!.toFixed(3),
          at < k ? 'in' : 'out',
        ]))),
      section('A clip by its name',
        h('form', { class: 'row', submit: (event) => { event.preventDefault(); find(); } },
          h('label', { for: 'fname' }, 'File name'),
          h('input', {
            id: 'fname', list: 'fnames', required: true, value: wanted, autocomplete: 'off',
            input: (event) => { wanted = (event.target as HTMLInputElement).value; render(); },
          }),
          h('datalist', { id: 'fnames' }, wanted.length < 2 ? [] : scores.fnames.filter((fname) => fname.startsWith(wanted)).slice(0, 20)
            .map((fname) => h('option', { value: fname }))),
          h('button', { type: 'submit' }, 'Show'))));
  }

  function find(): void {
    location.hash = `#/${path('experiments', name, 'clips', curriculum, wanted.trim())}`;
  }

  function counts(isIn: (at: number) => boolean): number[] {
    const found = new Array<number>(scores.classes.length).fill(0);
    scores.labels.forEach((given, at) => {
      if (isIn(at)) {
        given.forEach((label) => found[label]!++);
      }
    });
    return found;
  }

  if (!signal.aborted) {
    render();
  }
}

const summary = (record: RoundRecord) => facts(
  ['step', record.diverged ?? record.step],
  ['scorer trained on', record.scorerSelection],
  ['scores by', record.scoring === 'cross_fitted' ? 'models never trained on the clip' : 'the average of all folds'],
  ['to promote', count(record.k)],
  ['promoted', count(record.promoted)],
  ['agreement at the cut', lwlrap(record.agreementAtCut)],
  ['margin at the cut', record.marginAtCut?.toFixed(3) ?? '–'],
  ['mean agreement', lwlrap(record.meanAgreement)],
  ['also in the round before', count(record.overlap)],
  ['dropped since', share(record.dropped)],
  ['fall of the cut', lwlrap(record.agreementFall)],
  ['truly right', share(record.trulyRight)],
  ['of the whole noisy set', share(record.baseRate)],
  ['cv lwlrap of the scorer', lwlrap(record.crossValidatedLwlrap)],
  ['test lwlrap of the scorer', lwlrap(record.testLwlrap)]);
