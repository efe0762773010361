// Figures as the console writes them.

const absent = '–';

export const lwlrap = (figure: number | null | undefined) => (figure ?? null) === null ? absent : figure!.toFixed(4);

export const share = (figure: number | null | undefined) => (figure ?? null) === null ? absent : `${(100 * figure!).toFixed(1)} %`;

export const count = (figure: number | null | undefined) => (figure ?? null) === null ? absent : figure!.toLocaleString('en');

export const seconds = (figure: number | null | undefined) => (figure ?? null) === null ? absent : `${figure!.toFixed(0)} s`;

export const range = (interval: { low: number; high: number } | null) =>
  interval ? ` ${interval.low.toFixed(3)}–${interval.high.toFixed(3)}` : '';

export const plural = (number: number, one: string, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
