// A session of npm fhirclient (SMART).
import assert from 'node:assert/strict';
import smart from 'fhirclient';
import { given, observation, step, transaction, wasStored } from './session.mjs';

const session = new Map();
const storage = {
  get: async (key) => session.get(key),
  set: async (key, value) => (session.set(key, value), value),
  unset: async (key) => session.delete(key),
};
const request = { headers: { host: '127.0.0.1' }, url: '/' };
const client = smart(request, {}, storage).client({
  serverUrl: given.base,
  tokenResponse: { access_token: given.token, token_type: 'Bearer', patient: given.patient },
});
const status = async (promise) => {
  try {
    await promise;
    return 200;
  } catch (failure) {
    return failure.statusCode ?? failure.status ?? failure;
  }
};

await step('metadata', async () => {
  assert.equal(await client.getFhirVersion(), '4.0.1');
  assert.equal(await client.getFhirRelease(), 4);
});
await step('smart-configuration', async () => {
  const configuration = await client.request('.well-known/smart-configuration');
  assert.deepEqual(configuration.code_challenge_methods_supported, ['S256']);
});
const created = await step('create', async () => {
  const made = await client.create(observation('smart-1'));
  assert.equal(made.meta.versionId, '1');
  return made;
});
await step('read', async () => {
  assert.deepEqual(await client.request(`Observation/${created.id}`), created);
  assert.equal((await client.patient.read()).id, given.patient);
});
await step('vread', async () => {
  assert.deepEqual(await client.request(`Observation/${created.id}/_history/1`), created);
});
await step('search and pages', async () => {
  for (const code of ['smart-2', 'smart-3']) await client.create(observation(code));
  const query = 'Observation?code=smart-1,smart-2,smart-3&_count=2';
  const pages = await client.request(query, { pageLimit: 0 });
  assert.equal(pages.length, 2);
  const found = await client.request(query, { pageLimit: 0, flat: true });
  assert.deepEqual(found.map((one) => one.code.coding[0].code).sort(), ['smart-1', 'smart-2', 'smart-3']);
  const mine = await client.patient.request('Observation?code=smart-1');
  assert.equal(mine.total, 1);
  const graph = await client.request('Observation?code=smart-1', {
    flat: true,
    graph: true,
    resolveReferences: ['subject'],
  });
  assert.equal(graph[0].subject.id, given.patient);
});
await step('update with If-Match', async () => {
  const amended = { ...created, status: 'amended' };
  const update = (version) => client.update(amended, { headers: { 'If-Match': `W/"${version}"` } });
  assert.equal((await update(1)).meta.versionId, '2');
  assert.equal(await status(update(1)), 412);
});
await step('patch', async () => {
  const patched = await client.patch(`Observation/${created.id}`, [
    { op: 'replace', path: '/status', value: 'corrected' },
  ]);
  assert.deepEqual([patched.status, patched.meta.versionId], ['corrected', '3']);
});
await step('history', async () => {
  const history = await client.request(`Observation/${created.id}/_history`);
  assert.deepEqual(history.entry.map((entry) => entry.resource.meta.versionId), ['3', '2', '1']);
});
await step('$everything', async () => {
  const everything = await client.request(`Patient/${given.patient}/$everything`, { pageLimit: 0, flat: true });
  assert.ok(everything.some((resource) => resource.resourceType === 'Observation'));
});
await step('delete', async () => {
  await client.delete(`Observation/${created.id}`);
  assert.equal(await status(client.request(`Observation/${created.id}`)), 410);
});
await step('transaction', async () => {
  const answer = await client.request({
    url: '',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(transaction('smart-4')),
  });
  const id = wasStored(answer);
  const read = await client.request(`Observation/${id}`, { resolveReferences: ['encounter'] });
  assert.match(read.encounter.reference ?? `Encounter/${read.encounter.id}`, /^Encounter\//);
});
