// Where everything comes from: dataset, rounds, members, ensembles, from left to right.

import { path } from './api';
import { svg } from './dom';
import { lwlrap } from './format';
import type { ExperimentProgress } from './records';

interface Entry {
  id: string;
  name: string;
  figure: string;
  href: string | null;
  from: string[];
  column: number;
  row: number;
}

const [WIDTH, HEIGHT, GAP, DOWN] = [150, 40, 56, 54];

export function lineage(progress: ExperimentProgress): SVGElement {
  const entries = entriesOf(progress);
  const rows = Math.max(...entries.map((entry) => entry.row)) + 1;
  const columns = Math.max(...entries.map((entry) => entry.column)) + 1;
  const width = columns * (WIDTH + GAP) - GAP + 4;
  const height = rows * DOWN;
  const left = (entry: Entry) => entry.column * (WIDTH + GAP) + 2;
  const top = (entry: Entry) => entry.row * DOWN + 4;
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const lines = entries.flatMap((entry) => entry.from.map((id) => byId.get(id)).filter((from) => from !== undefined).map((from) => {
    const [x, y, toX, toY] = [left(from) + WIDTH, top(from) + HEIGHT / 2, left(entry), top(entry) + HEIGHT / 2];
    return svg('path', { class: 'edge', d: `M ${x} ${y} C ${x + GAP / 2} ${y}, ${toX - GAP / 2} ${toY}, ${toX} ${toY}` });
  }));
  const boxes = entries.map((entry) => {
    const box = svg('g', { transform: `translate(${left(entry)} ${top(entry)})` },
      svg('rect', { class: 'node', width: WIDTH, height: HEIGHT, rx: 6 }),
      svg('text', { x: 10, y: 17 }, entry.name.length > 20 ? `${entry.name.slice(0, 19)}…` : entry.name),
      svg('text', { x: 10, y: 33, class: 'quiet' }, ` ${entry.figure}`),
      entry.name.length > 20 && svg('title', {}, entry.name));
    return entry.href ? svg('a', { href: entry.href }, box) : box;
  });
  return svg('svg', {
    class: 'lineage', viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': 'Lineage, from the dataset to the ensembles',
  }, lines, boxes);
}

function entriesOf(progress: ExperimentProgress): Entry[] {
  const entries: Entry[] = [
    { id: 'curated', name: 'curated clips', figure: 'the trusted labels', href: null, from: [], column: 0, row: 0 },
  ];
  const curricula = [...new Set(progress.rounds.map((round) => round.curriculum))];
  for (const round of progress.rounds) {
    entries.push({
      id: `${round.curriculum}@${round.round}`,
      name: `${round.curriculum}@${round.round}`,
      figure: round.step === 'done' ? `${round.promoted} clips, cv ${lwlrap(round.crossValidatedLwlrap)}` : round.step,
      href: `#/${path('experiments', progress.name, 'rounds', round.curriculum, round.round)}`,
      from: [round.scorerSelection],
      column: round.round,
      row: curricula.indexOf(round.curriculum) + 1,
    });
  }
  for (const rest of progress.relabelled) {
    entries.push({
      id: `${rest.curriculum}@relabelled`,
      name: `${rest.curriculum}@relabelled`,
      figure: rest.step === 'done' ? `${rest.kept + rest.relabelled} clips` : rest.step,
      href: null,
      from: [rest.scorerSelection],
      column: Math.max(...progress.rounds.map((round) => round.round)) + 1,
      row: curricula.indexOf(rest.curriculum) + 1,
    });
  }
  const members = Math.max(...entries.map((entry) => entry.column)) + 1;
  progress.members.forEach((member, row) => entries.push({
    id: `member ${member.member}`,
    name: member.member,
    figure: member.done ? `cv ${lwlrap(member.crossValidatedLwlrap)}` : `${member.foldsDone} of ${member.foldsTotal} folds`,
    href: member.done ? `#/${path('experiments', progress.name, 'confusion', member.member)}` : null,
    from: [member.trainedOn ?? member.selection],
    column: members,
    row,
  }));
  progress.ensembles.forEach((ensemble, row) => entries.push({
    id: `ensemble ${ensemble.name}`,
    name: ensemble.name,
    figure: `cv ${lwlrap(ensemble.crossValidatedLwlrap)}`,
    href: null,
    from: ensemble.members.map((member) => `member ${member}`),
    column: members + 1,
    row,
  }));
  return entries;
}
