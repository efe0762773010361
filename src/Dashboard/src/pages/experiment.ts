// One experiment: how far it is, its rounds, learning curves, members and lineage.

import { ApiError, get, path, post } from '../api';
import { chartPlace, draw } from '../charts';
import { atNextFrame, h, show } from '../dom';
import { count, lwlrap, range, seconds, share } from '../format';
import { lineage } from '../lineage';
import { listen } from '../live';
import { badge, facts, link, section, table, trail } from '../parts';
import type { CurriculumStatus, ExperimentProgress, FoldRecord, LearningCurve, RunningJob } from '../records';

export async function experimentPage(place: HTMLElement, signal: AbortSignal, name: string): Promise<void> {
  const base = `/api/${path('experiments', name)}`;
  const curves = new Map<string, LearningCurve>();
  let progress: ExperimentProgress | null = null;
  let trained: { title: string; folds: FoldRecord[] }[] = [];
  let chosen = '';
  let answer = '';

  function render(): void {
    const shown = progress;
    show(place, trail(['#/', 'Experiments']), h('h1', {}, name), shown ? body(shown) : h('p', { class: 'quiet' }, 'Loading …'));
    if (shown) {
      plot(shown);
    }
  }

  function body(shown: ExperimentProgress) {
    return [
      facts(
        ['status', badge(shown.status)],
        ['jobs', `${count(shown.jobsDone)} of ${count(shown.jobsTotal)} done, ${count(shown.jobsRunning)} running, ${count(shown.jobsQueued)} waiting`],
        ['waits for', shown.waitsFor ?? '–'],
        shown.ensembles.length > 0 && ['ensemble, test lwlrap', lwlrap(shown.ensembles[0]!.testLwlrap)]),
      h('progress', { class: 'whole', max: Math.max(1, shown.jobsTotal), value: shown.jobsDone, 'aria-label': 'Jobs done' }),
      shown.problem && h('p', { role: 'alert', class: 'problem' }, shown.problem),
      steering(shown),
      section('Running', h('div', { class: 'running' }, running(shown))),
      section('Rounds',
        table('Rounds', ['round', 'scorer on', 'step', '#cv lwlrap', '#test lwlrap', '#promoted', '#cut', '#truly right', '#dropped'],
          shown.rounds.map((round) => [
            link(`#/${path('experiments', name, 'rounds', round.curriculum, round.round)}`, `${round.curriculum}@${round.round}`),
            round.scorerSelection,
            round.step === 'train' ? `train, ${round.foldsDone} of ${round.folds} folds` : round.diverged ?? round.step,
            lwlrap(round.crossValidatedLwlrap), lwlrap(round.testLwlrap), count(round.promoted), lwlrap(round.agreementAtCut),
            share(round.trulyRight), share(round.dropped),
          ])),
        shown.rounds.length > 0 && chartPlace('rounds', 'lwlrap of the scorer and share of truly right promoted clips over the rounds, as in the table')),
      section('Learning curves',
        h('label', { for: 'curve' }, 'Model and selection '),
        h('select', { id: 'curve', change: (event) => { chosen = (event.target as HTMLSelectElement).value; void loadCurves(); } },
          trained.length === 0 && h('option', {}, 'none trained yet'),
          trained.map(({ title }) => h('option', { value: title, selected: title === chosen }, title))),
        chartPlace('curve', `Learning curves of ${chosen || 'a model'}: loss and validation lwlrap of each fold over the epochs`)),
      section('Members', table('Members',
        ['member', 'model', 'selection', '#folds', '#cv lwlrap', '', '#test lwlrap', '', ''],
        shown.members.map((member) => [
          member.member, member.model, member.selection, `${member.foldsDone} of ${member.foldsTotal}`,
          lwlrap(member.crossValidatedLwlrap), range(member.crossValidatedInterval), lwlrap(member.testLwlrap), range(member.testInterval),
          member.done
            ? link(`#/${path('experiments', name, 'confusion', member.member)}`, h('span', { class: 'hidden' }, `${member.member}: `), 'confusion')
            : member.problem ?? member.waitsFor ?? '',
        ]))),
      section('Folds', h('details', {}, h('summary', {}, 'Folds of scorers and members'),
        table('Folds', ['fold', '#trained on', '#validated on', '#lwlrap', 'job'], trained.flatMap(({ title, folds }) => folds.map((fold) => [
          `${title} fold ${fold.fold}`, count(fold.trainClips), count(fold.validationClips), lwlrap(fold.lwlrap), fold.trainingJob ?? '–',
        ]))))),
      section('Ensembles', table('Ensembles', ['ensemble', 'method', 'members', '#cv lwlrap', '#test lwlrap', ''],
        shown.ensembles.map((ensemble) => [
          ensemble.name, ensemble.method,
          ensemble.members.map((member, at) => `${member} ${ensemble.weights[at]!.toFixed(2)}`).join(', '),
          lwlrap(ensemble.crossValidatedLwlrap), lwlrap(ensemble.testLwlrap), range(ensemble.testInterval),
        ]), 'None until all members are done.')),
      section('Lineage', h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Lineage' }, lineage(shown))),
    ];
  }

  const running = (shown: ExperimentProgress) =>
    table('Running jobs', ['job', '#epoch', 'progress', '#loss', '#lwlrap', '#time', ''], shown.running.map((job) => [
      job.what,
      job.epochs > 0 ? `${job.epoch} of ${job.epochs}` : '–',
      h('progress', { max: Math.max(1, job.steps), value: job.step, 'aria-label': `Steps of ${job.what}` }),
      lwlrap(job.loss), lwlrap(job.lwlrap), seconds(job.seconds), job.waits ?? '',
    ]), 'No job runs.');

  // Figures of jobs come many times a second; the rest of the page does not change with them.
  const renderRunning = atNextFrame(() => {
    const there = place.querySelector('.running');
    if (there && progress) {
      show(there, running(progress));
    }
  });

  function steering(shown: ExperimentProgress) {
    const runs = shown.status === 'Running';
    const paused = shown.status === 'Paused';
    return h('div', { class: 'row' },
      h('button', { type: 'button', disabled: !runs, click: () => void steer('pause') }, 'Pause'),
      h('button', { type: 'button', disabled: !paused, click: () => void steer('resume') }, 'Resume'),
      h('button', { type: 'button', disabled: !runs && !paused, click: () => void steer('cancel') }, 'Cancel'),
      h('form', { class: 'row', submit: (event) => { event.preventDefault(); void steer('priority'); } },
        h('label', { for: 'priority' }, 'Priority'),
        h('input', { id: 'priority', type: 'number', step: 1, value: shown.priority, required: true }),
        h('button', { type: 'submit', disabled: !runs && !paused }, 'Set')),
      h('p', { role: 'status' }, answer));
  }

  async function steer(what: string): Promise<void> {
    if (what === 'cancel' && !confirm(`Give ${name} up? Its file can be submitted again.`)) {
      return;
    }
    try {
      const priority = Number(place.querySelector<HTMLInputElement>('#priority')!.value);
      const { status } = await post<{ status: string }>(`${base}/${what}`, what === 'priority' ? { priority } : undefined);
      answer = what === 'priority' ? `Its priority is ${priority}.` : `It is ${status.toLowerCase()} now.`;
    } catch (fault) {
      answer = fault instanceof ApiError ? fault.message : 'The silo does not answer.';
    }
    render();
  }

  function plot(shown: ExperimentProgress): void {
    const rounds = place.querySelector<HTMLElement>('[data-key="rounds"]');
    const first = shown.rounds[0]?.curriculum;
    const own = shown.rounds.filter((round) => round.curriculum === first);
    if (rounds) {
      draw(rounds, own.map((round) => round.round), [
        { label: `${first} cv lwlrap`, values: own.map((round) => round.crossValidatedLwlrap) },
        { label: 'test lwlrap', values: own.map((round) => round.testLwlrap) },
        { label: 'truly right', values: own.map((round) => round.trulyRight), dash: true },
      ], 'round');
    }
    const curve = place.querySelector<HTMLElement>('[data-key="curve"]');
    const folds = trained.find(({ title }) => title === chosen)?.folds ?? [];
    const known = folds.map((fold) => curves.get(fold.trainingJob ?? '')).filter((curve) => curve !== undefined);
    if (curve && known.length > 0) {
      const epochs = known[0]!.columns['epoch']!.map((epoch) => epoch ?? 0);
      draw(curve, epochs, known.flatMap((own, fold) => Object.entries(own.columns)
        .filter(([column]) => column === 'loss' || column === 'lwlrap')
        .map(([column, values]) => ({ label: `fold ${fold} ${column}`, values, dash: column === 'loss' }))), 'epoch');
    }
  }

  async function loadTrained(shown: ExperimentProgress): Promise<void> {
    const curricula = [...new Set(shown.rounds.map((round) => round.curriculum))];
    const status = await Promise.all(curricula.map((curriculum) =>
      get<CurriculumStatus>(`${base}/curricula/${encodeURIComponent(curriculum)}`)));
    const byTitle = new Map<string, FoldRecord[]>();
    for (const fold of [...status.flatMap((curriculum) => curriculum.folds), ...shown.members.flatMap((member) => member.folds)]) {
      if (fold.trainingJob && fold.lwlrap !== null) {
        const title = `${fold.owner} on ${fold.selection}`;
        byTitle.set(title, [...(byTitle.get(title) ?? []), fold]);
      }
    }
    trained = [...byTitle].map(([title, folds]) => ({ title, folds }));
    if (!byTitle.has(chosen)) {
      chosen = trained[0]?.title ?? '';
    }
    await loadCurves();
  }

  async function loadCurves(): Promise<void> {
    for (const fold of trained.find(({ title }) => title === chosen)?.folds ?? []) {
      if (!curves.has(fold.trainingJob!)) {
        curves.set(fold.trainingJob!, await get<LearningCurve>(`/api/jobs/${encodeURIComponent(fold.trainingJob!)}/curve`));
      }
    }
    render();
  }

  let loaded = -1;
  render();
  await listen(`experiment=${encodeURIComponent(name)}`, signal, (kind, content) => {
    if (kind === 'progress') {
      progress = content as ExperimentProgress;
      render();
      if (progress.jobsDone !== loaded) {
        loaded = progress.jobsDone;
        loadTrained(progress).catch(() => (loaded = -1));
      }
    } else if (kind === 'jobs' && progress) {
      const told = new Map((content as RunningJob[]).map((job) => [job.job, job]));
      const there = progress.running.map((job) => told.get(job.job) ?? job);
      const known = new Set(there.map((job) => job.job));
      progress = { ...progress, running: [...there, ...[...told.values()].filter((job) => !known.has(job.job))].filter((job) => !job.ended) };
      renderRunning();
    }
  });
}
