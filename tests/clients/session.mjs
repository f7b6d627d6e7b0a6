// What a session needs, one line of JSON on standard input: base, token, patient. Each step that went through is one line
// `ok NAME` on standard output; the first that did not ends the program with 1.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';

export const given = JSON.parse(await text(process.stdin));

/** Runs one step of the session. */
export async function step(name, run) {
  try {
    const result = await run();
    console.log(`ok ${name}`);
    return result;
  } catch (failure) {
    console.error(`failed ${name}: ${failure?.stack ?? failure}`);
    console.error(JSON.stringify(failure?.response ?? failure?.outcome ?? null));
    process.exit(1);
  }
}

/** An Observation of the patient. */
export const observation = (code, more = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code }] },
  subject: { reference: `Patient/${given.patient}` },
  effectiveDateTime: '2024-05-03',
  valueQuantity: { value: 7.1, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
  ...more,
});

/** A transaction that creates an Encounter and an Observation that refers to it. */
export const transaction = (code) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      fullUrl: 'urn:uuid:5b0cf3a4-5b8a-4f0e-9d0c-0f6d0f3f6a01',
      resource: {
        resourceType: 'Encounter',
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        subject: { reference: `Patient/${given.patient}` },
      },
      request: { method: 'POST', url: 'Encounter' },
    },
    {
      resource: observation(code, {
        encounter: { reference: 'urn:uuid:5b0cf3a4-5b8a-4f0e-9d0c-0f6d0f3f6a01' },
      }),
      request: { method: 'POST', url: 'Observation' },
    },
  ],
});

/** The transaction's Observation was stored, and refers to its Encounter. */
export function wasStored(response) {
  assert.equal(response.type, 'transaction-response');
  const places = response.entry.map((entry) => entry.response.location);
  assert.match(places[0], /(^|\/)Encounter\/[^/]+\/_history\/1$/);
  assert.match(places[1], /(^|\/)Observation\/[^/]+\/_history\/1$/);
  return places[1].match(/Observation\/([^/]+)/)[1];
}
