// Server-sent events, read with fetch: the browser's own EventSource can send no token.

import { ApiError, ask } from './api';

const RETRY = 1000;

/** Listens until the signal ends it; comes back by itself when the silo does. */
export async function listen(query: string, signal: AbortSignal, heard: (kind: string, content: unknown) => void): Promise<void> {
  const line = document.getElementById('line')!;
  while (!signal.aborted) {
    try {
      const answer = await ask(`/api/events?${query}`, { signal });
      line.textContent = '';
      await read(answer.body!, heard);
    } catch (fault) {
      if (signal.aborted) {
        return;
      }
      if (fault instanceof ApiError && fault.status < 500) {
        line.textContent = fault.message;
        return;
      }
    }
    if (!signal.aborted) {
      line.textContent = 'The silo does not answer; the page goes on when it does.';
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

async function read(body: ReadableStream<Uint8Array>, heard: (kind: string, content: unknown) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join('\n');
      heard(field('event'), JSON.parse(field('data') || 'null'));
    }
  }
}
