// Fills forms as ODK Web Forms does: a line of JSON in, a line of JSON out. clients/form_client.py
// says what is in them.
import { createInterface } from 'node:readline';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { url: 'http://localhost/' });
const BROWSER = ['DOMParser', 'XMLSerializer', 'Document', 'XMLDocument', 'Element', 'Attr', 'Node',
	'Text', 'Comment', 'CDATASection', 'ProcessingInstruction', 'localStorage'];
Object.assign(globalThis, { window, document: window.document });
for (const name of BROWSER) globalThis[name] = window[name];
// The engine is built for browsers: while it loads it must not take this for plain Node.
const { process } = globalThis;
globalThis.process = undefined;
const { createInstance } = await import('@getodk/xforms-engine');
globalThis.process = process;

const TYPES = { csv: 'text/csv', geojson: 'application/geo+json', jpg: 'image/jpeg',
	mp4: 'video/mp4', png: 'image/png', xml: 'text/xml' };
const typeOf = (name) => TYPES[name.split('.').pop()] ?? 'application/octet-stream';

// Positions are named only where there are several: /data/person[2]/name, but /data/person/name.
const plain = (reference) => reference.replaceAll('[1]', '');
const path = (node) => plain(node.currentState.reference);

function answer(node, value, media) {
	const list = value === '' ? [] : value.split(' ');
	switch (node.nodeType) {
		case 'select': return node.selectValues(list);
		case 'rank': return node.setValues(list);
		case 'trigger': return node.setValue(value === 'OK');
		case 'upload': return node.setValue(value === '' ? null
			: new File([media.get(value)], value, { type: typeOf(value) }));
		default: return node.setValue(value);
	}
}

function children(node, pending) {
	if (node.nodeType === 'repeat-range:uncontrolled') {
		const next = () => `${path(node)}[${node.currentState.children.length + 1}]/`;
		while ([...pending.keys()].some((p) => p.startsWith(next()))) node.addInstances();
	}
	return node.currentState.children ?? [];
}

// Goes through the form once, in its order, answering what is shown.
function walk(node, pending, media) {
	if (!node.currentState.relevant) return;
	const at = path(node);
	if (node.currentState.children === null && pending.has(at) && !node.currentState.readonly) {
		answer(node, pending.get(at), media);
		pending.delete(at);
	}
	for (const child of children(node, pending)) walk(child, pending, media);
}

function* questions(node) {
	if (!node.currentState.relevant || node.nodeType === 'model-value') return;
	if (node.currentState.children === null) yield node;
	else for (const child of node.currentState.children) yield* questions(child);
}

function open(asked, media) {
	const { deviceid, phonenumber, ...others } = asked.properties;
	return createInstance(asked.xform, {
		form: {
			async fetchFormAttachment(url) {
				const name = String(url).split('/').pop();
				if (!media.has(name)) return new Response('', { status: 404 });
				return new Response(media.get(name), { headers: { 'content-type': typeOf(name) } });
			},
		},
		instance: {
			preloadProperties: { deviceID: deviceid, phoneNumber: phonenumber, ...others },
		},
	});
}

async function fill(asked) {
	const media = new Map(
		Object.entries(asked.media).map(([k, v]) => [k, Buffer.from(v, 'base64')]));
	const pending = new Map(Object.entries(asked.answers));
	const { root } = await open(asked, media);
	if (asked.language) {
		root.setLanguage(root.languages.find((l) => l.language === asked.language));
	}
	walk(root, pending, media);
	const said = { relevant: [], labels: {}, choices: {}, attachments: {},
		unasked: [...pending.keys()],
		invalid: root.validationState.violations.map((v) => plain(v.reference)) };
	for (const node of questions(root)) {
		said.relevant.push(path(node));
		said.labels[path(node)] = node.currentState.label?.asString ?? '';
		if (node.nodeType === 'select' || node.nodeType === 'rank') {
			said.choices[path(node)] = Object.fromEntries(
				node.currentState.valueOptions.map((o) => [o.value, o.label.asString]));
		}
	}
	const payload = await root.prepareInstancePayload({ payloadType: 'monolithic' });
	for (const [name, file] of payload.data[0].entries()) {
		const bytes = Buffer.from(await file.arrayBuffer());
		if (name === 'xml_submission_file') said.xml = bytes.toString('utf8');
		else said.attachments[name] = bytes.toString('base64');
	}
	return said;
}

for await (const line of createInterface({ input: process.stdin })) {
	const said = await fill(JSON.parse(line)).catch((error) => ({ error: String(error.stack) }));
	process.stdout.write(`${JSON.stringify(said)}\n`);
}
