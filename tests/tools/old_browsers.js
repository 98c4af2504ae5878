// What a browser of early 2018 lacks in the scripts that are named: syntax newer than ECMAScript 2017, and members and
// globals that came later. Prints a JSON list of [file, line, what].
"use strict";
const acorn = require("acorn");
const fs = require("fs");

// With the first Chrome and Safari that have it, by MDN. The oldest meant are Chrome 64, Safari 11.1 and Firefox 58.
const LATER_CALLS = {
  allSettled: "76, 13", any: "85, 14", at: "92, 15.4", findLast: "97, 15.4", findLastIndex: "97, 15.4", flat: "69, 12", flatMap: "69, 12",
  fromEntries: "73, 12.1", groupBy: "117, 17.4", hasOwn: "93, 15.4", matchAll: "73, 13", replaceAll: "85, 13.1", replaceChildren: "86, 14",
  requestSubmit: "76, 16", randomUUID: "92, 15.4", showModal: "37, 15.4", showPicker: "99, 16", structuredClone: "98, 15.4",
  timeout: "103, 16", toReversed: "110, 16", toSorted: "110, 16", toSpliced: "110, 16", toggleAttribute: "69, 12", trimEnd: "66, 12",
  trimStart: "66, 12", withResolvers: "119, 17.4", queueMicrotask: "71, 12.1", checkVisibility: "105, 17.4", togglePopover: "114, 17",
  showPopover: "114, 17", hidePopover: "114, 17", share: "89, 12.1", persist: "55, 15.2", estimate: "61, 17",
};
const LATER_MEMBERS = {
  locks: "69, 15.4", clipboard: "66, 13.1", storage: "55, 15.2", sync: "49 alone", wakeLock: "84, 16.4", userAgentData: "90 alone",
  submitter: "81, 15.4", inert: "102, 15.5", getBattery: "38 alone", connection: "61 alone",
};
const LATER_GLOBALS = {
  AbortController: "66, 12.1", BarcodeDetector: "83", BigInt: "67, 14", CompressionStream: "80, 16.4", FinalizationRegistry: "84, 14.1",
  Iterator: "122, 18.4", OffscreenCanvas: "69, 16.4", ResizeObserver: "64, 13.1", URLPattern: "95, 26", WeakRef: "84, 14.1",
  globalThis: "71, 12.1", queueMicrotask: "71, 12.1", scheduler: "94", structuredClone: "98, 15.4", Temporal: "144",
};

function has(list, name) { return Object.prototype.hasOwnProperty.call(list, name); }

function walk(node, see) {
  if (!node || typeof node.type !== "string") { return; }
  see(node);
  Object.keys(node).forEach(function (name) {
    const part = node[name];
    if (Array.isArray(part)) { part.forEach((one) => walk(one, see)); } else if (part && typeof part === "object") { walk(part, see); }
  });
}

function lacking(file) {
  const source = fs.readFileSync(file, "utf8");
  const found = [];
  let tree;
  try {
    tree = acorn.parse(source, { ecmaVersion: 2017, locations: true });
  } catch (error) {
    return [[file, error.loc ? error.loc.line : 0, "syntax: " + error.message]];
  }
  // What is asked for before it is used may be later: `x.sync && x.sync...`, `window.AbortController ? new ...`.
  const asked = new Set();
  walk(tree, function (node) {
    const tests = { IfStatement: "test", ConditionalExpression: "test", LogicalExpression: "left" };
    if (tests[node.type]) {
      walk(node[tests[node.type]], function (part) { if (part.type === "MemberExpression" && !part.computed) { asked.add(part.property.name); } });
    }
  });
  walk(tree, function (node) {
    const member = node.type === "CallExpression" ? node.callee : node;
    if (member.type === "MemberExpression" && !member.computed) {
      const name = member.property.name, list = node.type === "CallExpression" ? LATER_CALLS : LATER_MEMBERS;
      if (has(list, name) && !asked.has(name)) { found.push([file, node.loc.start.line, "." + name]); }
    }
    if (node.type === "Identifier" && has(LATER_GLOBALS, node.name) && !asked.has(node.name)) {
      found.push([file, node.loc.start.line, node.name]);
    }
  });
  return found;
}

console.log(JSON.stringify([].concat.apply([], process.argv.slice(2).map(lacking))));
