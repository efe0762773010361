// The agreements of a round as bars, with a cut that can be dragged.

import { svg } from './dom';
import { count } from './format';

const [WIDTH, HEIGHT, FOOT, BINS] = [720, 220, 24, 40];

export interface Bars {
  above: number[];
  below: number[];
}

/** Counts of clips by agreement, those that come in and those that do not. */
export function bin(agreements: number[], k: number): Bars {
  const bars: Bars = { above: new Array<number>(BINS).fill(0), below: new Array<number>(BINS).fill(0) };
  agreements.forEach((agreement, rank) => {
    (rank < k ? bars.above : bars.below)[Math.min(BINS - 1, Math.floor(agreement * BINS))]!++;
  });
  return bars;
}

/** Draws the bars; `drag` hears of the agreement at which the pointer holds the cut. */
export function histogram(bars: Bars, cut: number, drag: (agreement: number) => void): SVGElement {
  const most = Math.max(1, ...bars.above.map((above, at) => above + bars.below[at]!));
  const step = WIDTH / BINS;
  const high = (clips: number) => (HEIGHT - FOOT) * clips / most;
  const rects = bars.above.flatMap((above, at) => {
    const below = bars.below[at]!;
    const bar = (kind: string, clips: number, base: number) => svg('rect', {
      class: kind, x: at * step + 1, width: step - 2, y: HEIGHT - FOOT - high(base + clips), height: high(clips),
    });
    return [bar('above', above, 0), bar('below', below, above)];
  });
  const point = (event: Event) => {
    const pointer = event as PointerEvent;
    const target = pointer.currentTarget as SVGElement;
    if (pointer.type === 'pointerdown') {
      target.setPointerCapture(pointer.pointerId);
    }
    if (pointer.buttons & 1) {
      const box = target.getBoundingClientRect();
      drag(Math.min(1, Math.max(0, (pointer.clientX - box.left) / box.width)));
    }
  };
  return svg('svg', {
    class: 'histogram', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `Clips by agreement; the cut stands at ${cut.toFixed(4)}`,
    pointerdown: point, pointermove: point,
  },
  rects,
  svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT }),
  [0, 0.25, 0.5, 0.75, 1].map((at) => svg('text', {
    class: 'quiet', x: at * WIDTH, y: HEIGHT - 6, 'text-anchor': at === 0 ? 'start' : at === 1 ? 'end' : 'middle',
  }, at.toString())),
  svg('text', { class: 'quiet', x: 4, y: 14 }, `${count(most)} clips`),
  svg('line', { class: 'cut', x1: cut * WIDTH, x2: cut * WIDTH, y1: 0, y2: HEIGHT - FOOT }));
}
