// A visitor's phone without a browser: the scripts of its pages and its worker over a small IndexedDB in memory. Takes the
// body of an async function, runs it, and prints what it gives as JSON. In it `answers` is what the server says, one
// function of the sent fields after the other, `asked` what was sent.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

function database() {
  const stores = {};
  const copy = (value) => (value === undefined ? undefined : structuredClone(value));
  function store(name, later) {
    const rows = stores[name];
    const done = (act) => later(act);
    return {
      get: (key) => done(() => copy(rows.get(key))),
      getAll: () => done(() => [...rows.values()].map(copy)),
      put: (value, key) => done(() => { rows.set(key || value.id, value); }),
      add: (value, key) => done(() => { if (!rows.has(key)) { rows.set(key, value); } }),
      delete: (key) => done(() => { rows.delete(key); }),
      clear: () => done(() => { rows.clear(); }),
      count: () => done(() => rows.size),
    };
  }
  return {
    createObjectStore(name) { stores[name] = new Map(); return { createIndex() {} }; },
    transaction(name) {
      const transaction = {};
      let open = 0;
      const later = (act) => {
        const request = {};
        open += 1;
        setImmediate(() => {
          request.result = act();
          if (request.onsuccess) { request.onsuccess(); }
          open -= 1;
          if (!open && transaction.oncomplete) { setImmediate(transaction.oncomplete); }
        });
        return request;
      };
      transaction.objectStore = () => store(name, later);
      return transaction;
    },
  };
}

const one = database();
const handlers = {};
let turn = Promise.resolve();
const outside = {
  answers: [], asked: [], handlers: handlers, self: globalThis, location: { origin: "https://door.example" },
  KEPT: { form: "", address: "/visitor.js" },
  indexedDB: { open() {
    const request = { result: one };
    setImmediate(() => { if (!one.made) { one.made = true; request.onupgradeneeded(); } request.onsuccess(); });
    return request;
  } },
  navigator: { locks: { request(name, act) { turn = turn.then(act, act); return turn; } } },
  async fetch(address, options) {
    const fields = Object.fromEntries(options.body);
    outside.asked.push(fields.submission);
    const said = await outside.answers.shift()(fields);
    if (!said) { throw new TypeError("no network"); }
    return new Response(said.text || "", { status: said.status || 200, headers: said.kept ? { "X-Kept": said.kept } : {} });
  },
  addEventListener(name, act) { handlers[name] = act; },
};
Object.keys(outside).forEach((name) => Object.defineProperty(globalThis, name, { value: outside[name], writable: true }));
["kept-store", "visitor-names", "visitor-send", "worker-pages", "visitor-worker"].forEach((name) => {
  const file = path.join(__dirname, "..", "..", "static", "js", name + ".js");
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
});
vm.runInThisContext("(async function () {" + process.argv[2] + "})")().then((found) => {
  console.log(JSON.stringify(found));
  process.exit(0);
});
