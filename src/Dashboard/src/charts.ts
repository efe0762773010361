// Lines over numbered steps (rounds, epochs) with uPlot, in the colours of the page.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { h } from './dom';

export interface Line {
  label: string;
  values: (number | null)[];
  dash?: boolean;
}

const HEIGHT = 240;
const charts = new Map<HTMLElement, { data: string; plot: uPlot }>();

/** A place for a chart, of fixed height so that nothing moves when it is drawn. */
export const chartPlace = (key: string, label: string) =>
  h('div', { class: 'chart', 'data-key': key, 'data-own': true, role: 'img', 'aria-label': label });

export function draw(place: HTMLElement, steps: number[], lines: Line[], axis: string): void {
  const data = JSON.stringify([steps, lines, axis, matchMedia('(prefers-color-scheme: dark)').matches, place.clientWidth]);
  const known = charts.get(place);
  if (known?.data === data) {
    return;
  }
  known?.plot.destroy();
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const options: uPlot.Options = {
    width: place.clientWidth || 600,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [
      { stroke: colour('--quiet'), grid: { stroke: colour('--edge') }, label: axis, labelSize: 20, incrs: [1, 2, 5, 10, 20, 50, 100] },
      { stroke: colour('--quiet'), grid: { stroke: colour('--edge') }, size: 56 },
    ],
    series: [
      { label: axis },
      ...lines.map((line, at): uPlot.Series => {
        const series: uPlot.Series = {
          label: line.label, stroke: colour(`--line-${at % 6}`), width: 2, points: { show: steps.length < 30 },
          value: (_, value) => (value === null ? '–' : value.toFixed(4)),
        };
        if (line.dash) {
          series.dash = [6, 4];
        }
        return series;
      }),
    ],
  };
  charts.set(place, { data, plot: new uPlot(options, [steps, ...lines.map((line) => line.values)] as uPlot.AlignedData, place) });
}

new MutationObserver(() => {
  for (const [place, { plot }] of charts) {
    if (!place.isConnected) {
      plot.destroy();
      charts.delete(place);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
