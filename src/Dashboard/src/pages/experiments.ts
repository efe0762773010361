// All experiments, and a form that submits another.

import { ApiError, path, post } from '../api';
import { h, show } from '../dom';
import { count } from '../format';
import { listen } from '../live';
import { badge, link, table } from '../parts';
import type { ExperimentRecord } from '../records';

export async function experimentsPage(place: HTMLElement, signal: AbortSignal): Promise<void> {
  let experiments: ExperimentRecord[] | null = null;
  let answer = '';
  const render = () => show(place,
    h('h1', {}, 'Experiments'),
    table('Experiments', ['name', 'status', 'dataset', '#priority', 'waits for'], (experiments ?? []).map((experiment) => [
      link(`#/${path('experiments', experiment.name)}`, experiment.name),
      badge(experiment.status),
      experiment.dataset,
      count(experiment.priority),
      experiment.problem ?? experiment.waitsFor ?? '–',
    ]), experiments ? 'None yet: submit a file below, or with tagging submit FILE.yaml.' : 'Loading …'),
    experiments && h('details', {},
      h('summary', {}, 'Submit an experiment'),
      h('form', { submit: (event) => { event.preventDefault(); void submit(); } },
        h('label', { for: 'file' }, 'From a file'),
        h('input', { type: 'file', id: 'file', accept: '.yaml,.yml', change: (event) => void load(event.target as HTMLInputElement) }),
        h('label', { for: 'yaml' }, 'Experiment file (YAML)'),
        h('textarea', { id: 'yaml', rows: 14, spellcheck: 'false', required: true, 'data-own': true }),
        h('button', { type: 'submit' }, 'Submit'),
        h('p', { role: 'status' }, answer))));

  const yaml = () => place.querySelector<HTMLTextAreaElement>('#yaml')!;

  async function load(input: HTMLInputElement): Promise<void> {
    if (input.files?.[0]) {
      yaml().value = await input.files[0].text();
    }
  }

  async function submit(): Promise<void> {
    try {
      const taken = await post<{ experiment: string }>('/api/experiments', { yaml: yaml().value });
      location.hash = `#/${path('experiments', taken.experiment)}`;
    } catch (fault) {
      answer = fault instanceof ApiError ? fault.message : 'The silo does not answer.';
      render();
    }
  }

  render();
  await listen('topic=experiments', signal, (kind, content) => {
    if (kind === 'experiments') {
      experiments = content as ExperimentRecord[];
      render();
    }
  });
}
