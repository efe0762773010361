// What the pages ask of the silo. A token, where one is needed, is kept for as long as the tab is open.

import { h } from './dom';
import { comeBack, leaveToSignIn, signInPlace } from './sign-in';

const KEPT = 'token';

/** What went wrong, in one line for the viewer. */
export class ApiError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

let asking: Promise<void> | null = null;
let problem: string | null = null;

/** Takes up the token of a viewer who comes back from signing in. */
export async function takeUpSignIn(): Promise<void> {
  try {
    const back = await comeBack();
    if (back?.token) {
      sessionStorage.setItem(KEPT, back.token);
    }
    problem = back?.problem ?? null;
  } catch {
    problem = 'Whoever signs viewers in does not answer.';
  }
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const token = sessionStorage.getItem(KEPT);
    const headers = new Headers(init.headers);
    if (token) {
      headers.set('Authorization', `Bearer ${token}`);
    }
    const answer = await fetch(path, { ...init, headers, credentials: 'omit' });
    if (answer.status === 401) {
      await (asking ??= askWhoOneIs(token !== null).finally(() => (asking = null)));
      continue;
    }
    if (!answer.ok) {
      throw new ApiError(await problemOf(answer), answer.status);
    }
    return answer;
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await ask(path)).json() as Promise<T>;
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method: 'POST' };
  if (body !== undefined) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  return (await ask(path, init)).json() as Promise<T>;
}

/** An address of fetched bytes that <img> and <audio> can show: they send no token by themselves. */
export async function blobUrl(path: string): Promise<string> {
  return URL.createObjectURL(await (await ask(path)).blob());
}

export const path = (...parts: (string | number)[]) => parts.map((part) => encodeURIComponent(part)).join('/');

async function problemOf(answer: Response): Promise<string> {
  if (answer.status === 403) {
    return 'This token may look, but change nothing.';
  }
  try {
    const problem = (await answer.json()) as { detail?: string; title?: string };
    return problem.detail ?? problem.title ?? answer.statusText;
  } catch {
    return `The silo answered ${answer.status}.`;
  }
}

async function askWhoOneIs(again: boolean): Promise<void> {
  const place = await signInPlace();
  return new Promise((resolve) => {
    const input = h('input', { type: 'password', id: 'token', autocomplete: 'off', required: true }) as HTMLInputElement;
    const dialog = h('dialog', { 'aria-labelledby': 'token-title' },
      h('h2', { id: 'token-title' }, place ? 'This silo asks who you are' : 'This silo asks for a token'),
      problem !== null ? h('p', { role: 'alert' }, problem) : again && h('p', { role: 'alert' }, 'The silo does not know that token, or no longer.'),
      // The page is left, and come back to with a token.
      place && h('button', { type: 'button', id: 'sign-in', click: () => void leaveToSignIn(place) }, 'Sign in with Entra ID'),
      h('form', { method: 'dialog' },
        h('label', { for: 'token' }, place ? 'Or a token that you have' : 'Token (Tagging:HttpToken or Tagging:HttpReadToken)'),
        input,
        h('button', { type: 'submit' }, 'Go on'))) as HTMLDialogElement;
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    dialog.addEventListener('close', () => {
      sessionStorage.setItem(KEPT, input.value);
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
