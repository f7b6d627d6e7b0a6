// A SMART standalone launch of npm fhirclient: a patient logs in, lets the app act for them, and the app reads.
import assert from 'node:assert/strict';
import smart from 'fhirclient';
import { given, step } from './session.mjs';

const server = new URL(given.base).origin;
const app = 'http://127.0.0.1:9';
const session = new Map();
const storage = {
  get: async (key) => session.get(key),
  set: async (key, value) => (session.set(key, value), value),
  unset: async (key) => session.delete(key),
};
const at = (url) => ({ headers: { host: new URL(app).host }, url, socket: {} });

/** Sends a form as a browser on the server's own page does. */
const submit = (path, fields, cookie) =>
  fetch(server + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: server, ...(cookie && { Cookie: cookie }) },
    body: new URLSearchParams(fields),
  });

const cookie = await step('log in', async () => {
  const answer = await submit('/account/password', {
    name: given.user,
    oneTime: given.oneTime,
    password: 'a long enough sentence',
  });
  assert.equal(answer.status, 302);
  return answer.headers.get('set-cookie').split(';')[0];
});
const authorize = await step('authorize with PKCE', async () => {
  const url = new URL(
    await smart(at('/launch'), {}, storage).authorize({
      iss: given.base,
      clientId: 'smart-app',
      scope: 'openid fhirUser launch/patient offline_access patient/*.rs',
      redirectUri: `${app}/callback`,
      noRedirect: true,
      pkceMode: 'required',
    }),
  );
  assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
  return url;
});
const callback = await step('the user allows it', async () => {
  const fields = { ...Object.fromEntries(authorize.searchParams), decision: 'allow', purpose_of_use: 'PATRQT' };
  const answer = await submit(authorize.pathname, fields, cookie);
  const place = new URL(answer.headers.get('location'));
  assert.ok(place.searchParams.get('code'), await answer.text());
  return place.pathname + place.search;
});
const client = await step('exchange the code', () => smart(at(callback), {}, storage).ready());
await step('launch context', async () => {
  assert.equal(client.patient.id, given.patient);
  assert.match(client.user.fhirUser, new RegExp(`Patient/${given.patient}$`));
});
await step('read', async () => {
  assert.equal((await client.patient.read()).id, given.patient);
  const mine = await client.patient.request('Observation?_count=5', { flat: true });
  assert.ok(mine.length > 0);
});
await step('refresh', async () => {
  // A public client is known by its client_id alone (OAuth 2.1, section 3.2.2); the library sends it on demand.
  client.environment.options.refreshTokenWithClientId = true;
  const before = client.state.tokenResponse.access_token;
  await client.refresh();
  assert.notEqual(client.state.tokenResponse.access_token, before);
  assert.equal((await client.patient.read()).id, given.patient);
});
