// One noisy clip: its sound, and what every round heard in it.

import { ApiError, blobUrl, get, path, post } from '../api';
import { chartPlace, draw } from '../charts';
import { h, show } from '../dom';
import { count, lwlrap } from '../format';
import { facts, link, section, table, trail } from '../parts';
import type { ClipRecord, ManualDecision, PredictedLabel } from '../records';

const labels = (predicted: PredictedLabel[]) =>
  predicted.map(({ label, probability }) => `${label} ${probability.toFixed(2)}`).join(', ');

export async function clipPage(
  place: HTMLElement, signal: AbortSignal, name: string, curriculum: string, fname: string,
): Promise<void> {
  const sound = `/api/${path('experiments', name, 'clips', fname)}`;
  const head = [trail(['#/', 'Experiments'], [`#/${path('experiments', name)}`, name]), h('h1', {}, `Clip ${fname}`)];
  show(place, head, h('p', { class: 'quiet' }, 'Loading …'));
  const base = `/api/${path('experiments', name, 'curricula', curriculum, 'clips', fname)}`;
  const record = await get<ClipRecord>(base);
  let decision = record.decision;
  let answer = '';
  const picture = h('img', { class: 'spectrogram', alt: `Log-mel spectrogram of ${fname}: time to the right, high frequencies above` });
  const player = h('audio', { controls: true, 'aria-label': `Sound of ${fname}` });
  const render = () => show(place, head,
    facts(
      ['given labels', record.givenLabels.join(', ')],
      ['fold', count(record.fold)],
      ['used in the end as', record.relabelledAs === null ? '–' : record.relabelledAs.join(', ') || 'left out']),
    section('Sound', h('div', { class: 'sound' }, picture, player)),
    section('Rounds',
      table('What each round found', ['round', '#agreement', '#margin', '#rank', 'promoted', 'predicted'], record.rounds.map((round) => [
        link(`#/${path('experiments', name, 'rounds', curriculum, round.round)}`, `${curriculum}@${round.round}`),
        lwlrap(round.agreement), round.margin.toFixed(3), round.rank === 0 ? '–' : count(round.rank), round.promoted ? 'yes' : 'no',
        labels(round.predicted),
      ])),
      chartPlace('clip', 'Agreement and margin of the given labels over the rounds, as in the table')),
    section('Models',
      table('What each model predicted', ['round', '#fold', 'its part', 'predicted', 'trained by job', 'predicted by job'],
        record.rounds.flatMap((round) => round.models.map((model) => [
          `${curriculum}@${round.round}`, count(model.fold),
          `${model.counts ? 'counts' : 'does not count'}${model.trainedOnIt ? ', was trained on it' : ''}`,
          labels(model.predicted), model.trainingJob ?? '–', model.predictionJob ?? '–',
        ])))),
    section('Use',
      table('Who was trained on it', ['who', 'selection', 'as', 'folds', 'jobs'], record.usedBy.map((use) => [
        use.owner, use.selection, use.labels.join(', '), use.folds.join(', '), use.jobs.join(', ') || '–',
      ]), 'Nobody was trained on it.')),
    section('By hand',
      h('p', {}, decision === null ? 'Nothing was decided about it by hand.'
        : `${decision.kind === 'Ban' ? 'Banned' : 'Promoted'} by ${decision.by} on ${new Date(decision.at).toLocaleString('en')}: ${decision.reason}`),
      h('form', { class: 'row', submit: (event) => { event.preventDefault(); void decide(event as SubmitEvent); } },
        h('label', { for: 'reason' }, 'Reason'),
        h('input', { id: 'reason', autocomplete: 'off', size: 50 }),
        h('button', { type: 'submit', value: 'Promote' }, 'Promote'),
        h('button', { type: 'submit', value: 'Ban' }, 'Ban'),
        h('button', { type: 'submit', value: '', disabled: decision === null }, 'Take back')),
      h('p', { role: 'status' }, answer)));

  async function decide(event: SubmitEvent): Promise<void> {
    const kind = (event.submitter as HTMLButtonElement).value || null;
    try {
      const reason = place.querySelector<HTMLInputElement>('#reason')!.value;
      const taken = await post<{ decision: ManualDecision | null; fromRound: number | null }>(`${base}/decision`, { kind, reason });
      decision = taken.decision;
      answer = `It holds from round ${taken.fromRound} on.`;
    } catch (fault) {
      answer = fault instanceof ApiError ? fault.message : 'The silo does not answer.';
    }
    render();
  }

  render();
  draw(place.querySelector<HTMLElement>('[data-key="clip"]')!, record.rounds.map((round) => round.round), [
    { label: 'agreement', values: record.rounds.map((round) => round.agreement) },
    { label: 'margin', values: record.rounds.map((round) => round.margin), dash: true },
  ], 'round');
  const [image, wave] = await Promise.all([blobUrl(`${sound}/spectrogram`), blobUrl(`${sound}/audio`)]);
  signal.addEventListener('abort', () => [image, wave].forEach((url) => URL.revokeObjectURL(url)));
  picture.setAttribute('src', image);
  player.setAttribute('src', wave);
}
