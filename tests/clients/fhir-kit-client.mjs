// A session of npm fhir-kit-client.
import assert from 'node:assert/strict';
import { Client } from 'fhir-kit-client';
import { given, observation, step, transaction, wasStored } from './session.mjs';

const client = new Client({ baseUrl: given.base, bearerToken: given.token });
const status = async (promise) => {
  try {
    await promise;
    return 200;
  } catch (failure) {
    return failure.response?.status ?? failure;
  }
};

await step('metadata', async () => {
  const statement = await client.capabilityStatement();
  assert.equal(statement.fhirVersion, '4.0.1');
});
await step('smart-configuration', async () => {
  const smart = await client.smartAuthMetadata();
  assert.match(String(smart.tokenUrl), /\/connect\/token$/);
  assert.match(String(smart.authorizeUrl), /\/connect\/authorize$/);
});
const created = await step('create', async () => {
  const made = await client.create({ resourceType: 'Observation', body: observation('kit-1') });
  assert.equal(made.meta.versionId, '1');
  return made;
});
await step('read', async () => {
  const read = await client.read({ resourceType: 'Observation', id: created.id });
  assert.deepEqual(read, created);
  const { response } = Client.httpFor(read);
  assert.equal(response.headers.get('etag'), 'W/"1"');
});
await step('vread', async () => {
  const read = await client.vread({ resourceType: 'Observation', id: created.id, version: '1' });
  assert.deepEqual(read, created);
});
await step('search and pages', async () => {
  for (const code of ['kit-2', 'kit-3'])
    await client.create({ resourceType: 'Observation', body: observation(code) });
  const searchParams = { code: 'kit-1,kit-2,kit-3', _count: '2', _sort: '-_lastUpdated' };
  let page = await client.search({ resourceType: 'Observation', searchParams });
  const found = [];
  for (let pages = 0; page; pages++) {
    assert.ok(pages < 3);
    assert.equal(page.total, 3);
    found.push(...page.entry.map((entry) => entry.resource.code.coding[0].code));
    page = await client.nextPage({ bundle: page });
  }
  assert.deepEqual(found.sort(), ['kit-1', 'kit-2', 'kit-3']);
  const posted = await client.search({ resourceType: 'Observation', searchParams, options: { postSearch: true } });
  assert.equal(posted.total, 3);
});
await step('update with If-Match', async () => {
  const body = { ...created, status: 'amended' };
  const update = (version) =>
    client.update({
      resourceType: 'Observation',
      id: created.id,
      body,
      options: { headers: { 'If-Match': `W/"${version}"` } },
    });
  assert.equal((await update(1)).meta.versionId, '2');
  assert.equal(await status(update(1)), 412);
});
await step('conditional update', async () => {
  const body = observation('kit-2', { status: 'amended' });
  const updated = await client.update({ resourceType: 'Observation', searchParams: { code: 'kit-2' }, body });
  assert.equal(updated.meta.versionId, '2');
});
await step('patch', async () => {
  const jsonPatch = [{ op: 'replace', path: '/status', value: 'corrected' }];
  const patched = await client.patch({ resourceType: 'Observation', id: created.id, jsonPatch });
  assert.deepEqual([patched.status, patched.meta.versionId], ['corrected', '3']);
  const wrong = [{ op: 'test', path: '/status', value: 'final' }];
  assert.notEqual(await status(client.patch({ resourceType: 'Observation', id: created.id, jsonPatch: wrong })), 200);
});
await step('history', async () => {
  const history = await client.history({ resourceType: 'Observation', id: created.id });
  assert.deepEqual(history.entry.map((entry) => entry.resource.meta.versionId), ['3', '2', '1']);
});
await step('$everything', async () => {
  const asked = { name: '$everything', resourceType: 'Patient', id: given.patient, method: 'GET' };
  const everything = await client.operation(asked);
  assert.ok(everything.entry.some(({ resource }) => resource.resourceType === 'Observation'));
});
await step('delete', async () => {
  await client.delete({ resourceType: 'Observation', id: created.id });
  assert.equal(await status(client.read({ resourceType: 'Observation', id: created.id })), 410);
});
await step('transaction', async () => {
  const id = wasStored(await client.transaction({ body: transaction('kit-4') }));
  const read = await client.read({ resourceType: 'Observation', id });
  const encounter = await client.resolve({ reference: read.encounter.reference });
  assert.equal(encounter.resourceType, 'Encounter');
});
