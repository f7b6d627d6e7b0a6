// A session of npm @medplum/core.
import assert from 'node:assert/strict';
import { MedplumClient, OperationOutcomeError } from '@medplum/core';
import { given, observation, step, transaction, wasStored } from './session.mjs';

const medplum = new MedplumClient({
  baseUrl: new URL('..', `${given.base}/`).href,
  fhirUrlPath: 'fhir',
  accessToken: given.token,
  maxRetries: 0,
  cacheTime: 0,
});
const issue = async (promise) => {
  try {
    await promise;
    return null;
  } catch (failure) {
    assert.ok(failure instanceof OperationOutcomeError, String(failure));
    return failure.outcome.issue[0].code;
  }
};

await step('metadata', async () => {
  const statement = await medplum.get(medplum.fhirUrl('metadata'));
  assert.equal(statement.fhirVersion, '4.0.1');
});
await step('smart-configuration', async () => {
  const smart = await medplum.get(medplum.fhirUrl('.well-known', 'smart-configuration'));
  assert.match(smart.token_endpoint, /\/connect\/token$/);
});
const created = await step('create', async () => {
  const made = await medplum.createResource(observation('plum-1'));
  assert.equal(made.meta.versionId, '1');
  return made;
});
await step('read', async () => {
  assert.deepEqual(await medplum.readResource('Observation', created.id), created);
});
await step('vread', async () => {
  assert.deepEqual(await medplum.readVersion('Observation', created.id, '1'), created);
});
await step('search and pages', async () => {
  for (const code of ['plum-2', 'plum-3']) await medplum.createResource(observation(code));
  const found = [];
  const query = { code: 'plum-1,plum-2,plum-3', _count: 2, _sort: '-date', _total: 'accurate' };
  for await (const page of medplum.searchResourcePages('Observation', query))
    found.push(...page.map((one) => one.code.coding[0].code));
  assert.deepEqual(found.sort(), ['plum-1', 'plum-2', 'plum-3']);
  const one = await medplum.searchOne('Observation', { code: 'plum-2' });
  assert.equal(one.code.coding[0].code, 'plum-2');
});
await step('create if none exists', async () => {
  const again = await medplum.createResourceIfNoneExist(observation('plum-2'), 'code=plum-2');
  assert.equal(again.meta.versionId, '1');
  assert.equal((await medplum.searchResources('Observation', 'code=plum-2')).length, 1);
});
await step('update with If-Match', async () => {
  const amended = { ...created, status: 'amended' };
  const update = (version) =>
    medplum.updateResource(amended, { headers: { 'If-Match': `W/"${version}"` } });
  assert.equal((await update(1)).meta.versionId, '2');
  assert.equal(await issue(update(1)), 'conflict');
});
await step('conditional update', async () => {
  const updated = await medplum.upsertResource(observation('plum-3', { status: 'amended' }), 'code=plum-3');
  assert.equal(updated.meta.versionId, '2');
});
await step('patch', async () => {
  const operations = [{ op: 'replace', path: '/status', value: 'corrected' }];
  const patched = await medplum.patchResource('Observation', created.id, operations);
  assert.deepEqual([patched.status, patched.meta.versionId], ['corrected', '3']);
});
await step('history', async () => {
  const history = await medplum.readHistory('Observation', created.id);
  assert.deepEqual(history.entry.map((entry) => entry.resource.meta.versionId), ['3', '2', '1']);
});
await step('$everything', async () => {
  const everything = await medplum.readPatientEverything(given.patient);
  assert.ok(everything.entry.some(({ resource }) => resource.resourceType === 'Observation'));
});
await step('delete', async () => {
  await medplum.deleteResource('Observation', created.id);
  assert.equal(await issue(medplum.readResource('Observation', created.id)), 'deleted');
});
await step('transaction', async () => {
  const id = wasStored(await medplum.executeBatch(transaction('plum-4')));
  const read = await medplum.readResource('Observation', id);
  const encounter = await medplum.readReference(read.encounter);
  assert.equal(encounter.resourceType, 'Encounter');
});
