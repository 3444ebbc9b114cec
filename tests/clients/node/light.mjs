// Fills forms as the phone's light form does: a line of JSON in, a line of JSON out, as fill.mjs.
// What it fills with is `light.js`, the form's own source as one module. A list of the phone's
// (tasks.csv, households.csv) is answered by what `answers` says at the question that chooses of it.
import { createInterface } from 'node:readline';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { url: 'http://localhost/' });
globalThis.DOMParser = window.DOMParser;
const { Filling, languageOf, listOf, readForm } = await import('./light.js');

function rowsOf(csv) {
	const [names, ...rows] = csv.trim().split(/\r?\n/).map((line) => line.split(','));
	return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ''])));
}

function fill(asked) {
	const form = readForm(asked.xform);
	const lists = Object.fromEntries(Object.entries(asked.media).map(([name, bytes]) =>
		[name.replace(/\.csv$/, ''), listOf(rowsOf(Buffer.from(bytes, 'base64').toString('utf8')))]));
	const preset = Object.fromEntries(form.controls
		.filter((one) => one.from && asked.answers[one.path] !== undefined)
		.map((one) => [one.from, asked.answers[one.path]]));
	const language = asked.language ?? languageOf(form, 'en');
	const began = new Date();
	const filling = new Filling({ form, instanceId: 'uuid:light', started: began, now: () => began,
		language, lists, preset });
	const unasked = [];
	for (const [path, value] of Object.entries(asked.answers)) {
		if (form.controls.some((one) => one.path === path && one.from)) continue;
		if (filling.questions().some((one) => one.path === path)) filling.answer(path, value);
		else unasked.push(path);
	}
	const shown = filling.questions(language);
	return {
		xml: filling.xml(), unasked, attachments: {},
		invalid: shown.filter((one) => one.wrong).map((one) => one.path),
		relevant: shown.map((one) => one.path),
		labels: Object.fromEntries(shown.map((one) => [one.path, one.label])),
		choices: Object.fromEntries(shown.filter((one) => one.kind === 'one' || one.kind === 'many')
			.map((one) => [one.path, Object.fromEntries(one.choices.map((c) => [c.value, c.label]))])),
		kinds: Object.fromEntries(shown.map((one) => [one.path, one.kind])),
	};
}

for await (const line of createInterface({ input: process.stdin })) {
	let said;
	try {
		said = fill(JSON.parse(line));
	} catch (error) {
		said = { error: String(error.stack ?? error) };
	}
	process.stdout.write(`${JSON.stringify(said)}\n`);
}
