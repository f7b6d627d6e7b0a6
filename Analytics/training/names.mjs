// Given names, family names and towns of the npm package @faker-js/faker (MIT), written as JSON to the file named first.
import { allLocales } from '@faker-js/faker';
import { writeFileSync } from 'node:fs';

const lists = { first: new Set(), last: new Set(), place: new Set() };
const collect = (set, value) => {
  if (Array.isArray(value)) for (const item of value) collect(set, item);
  else if (typeof value === 'string') set.add(value);
  else if (value && typeof value.value === 'string') set.add(value.value);
  else if (value && typeof value === 'object') for (const item of Object.values(value)) collect(set, item);
};
const latin = /^(en|de|fr|es|it|nl|sv|da|nb|fi|pt|pl|hu|cs|tr|vi|ro)/;
for (const [locale, definition] of Object.entries(allLocales)) {
  if (!latin.test(locale)) continue;
  collect(lists.first, definition.person?.first_name);
  collect(lists.last, definition.person?.last_name);
  collect(lists.place, definition.location?.city_name);
  if (locale.startsWith('en')) collect(lists.place, definition.location?.state);
}
const plain = set => [...set].filter(x => /^\p{L}[\p{L}'’ .-]*$/u.test(x)).sort();
writeFileSync(process.argv[2], JSON.stringify(Object.fromEntries(Object.entries(lists).map(([k, v]) => [k, plain(v)]))));
