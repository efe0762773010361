// Signing in by Entra ID: OpenID Connect's code with a proof (PKCE), so that neither the page nor the silo holds a secret.

const ATTEMPT = 'sign-in';

/** Who issues tokens for this silo, and for which application. */
export interface SignInPlace {
  authority: string;
  clientId: string;
}

interface Endpoints {
  authorization_endpoint: string;
  token_endpoint: string;
}

interface Attempt {
  verifier: string;
  state: string;
  page: string;
  place: SignInPlace;
}

/** Where one signs in; null where the silo knows tokens of its own alone. */
export async function signInPlace(): Promise<SignInPlace | null> {
  const answer = await fetch('/sign-in', { credentials: 'omit' });
  return answer.status === 200 ? ((await answer.json()) as SignInPlace) : null;
}

/** Leaves the page; it is come back to with a code. */
export async function leaveToSignIn(place: SignInPlace): Promise<void> {
  const attempt: Attempt = { verifier: random(), state: random(), page: location.hash, place };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const proof = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier));
  const to = new URL((await endpointsOf(place)).authorization_endpoint);
  to.search = new URLSearchParams({
    client_id: place.clientId,
    response_type: 'code',
    redirect_uri: `${location.origin}/`,
    // An application that asks for a token for itself is named by its id alone.
    scope: `${place.clientId}/.default`,
    state: attempt.state,
    code_challenge: text(new Uint8Array(proof)),
    code_challenge_method: 'S256',
  }).toString();
  location.assign(to);
}

/** The token, where the page was just come back to from signing in; what went wrong otherwise. */
export async function comeBack(): Promise<{ token?: string; problem?: string } | null> {
  const query = new URLSearchParams(location.search);
  const kept = sessionStorage.getItem(ATTEMPT);
  if (kept === null || !query.has('state')) {
    return null;
  }
  const attempt = JSON.parse(kept) as Attempt;
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, '', `/${attempt.page}`);
  const code = query.get('code');
  if (query.get('state') !== attempt.state || code === null) {
    return { problem: query.get('error_description') ?? 'Signing in was not finished.' };
  }
  const answer = await fetch((await endpointsOf(attempt.place)).token_endpoint, {
    method: 'POST',
    credentials: 'omit',
    body: new URLSearchParams({
      client_id: attempt.place.clientId,
      grant_type: 'authorization_code',
      redirect_uri: `${location.origin}/`,
      code,
      code_verifier: attempt.verifier,
    }),
  });
  const given = (await answer.json()) as { access_token?: string; error_description?: string };
  return given.access_token ? { token: given.access_token } : { problem: given.error_description ?? 'Signing in gave no token.' };
}

async function endpointsOf(place: SignInPlace): Promise<Endpoints> {
  const answer = await fetch(`${place.authority.replace(/\/$/, '')}/.well-known/openid-configuration`, { credentials: 'omit' });
  return (await answer.json()) as Endpoints;
}

const random = () => text(crypto.getRandomValues(new Uint8Array(32)));

function text(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
