/* What a device keeps until the server has it: each record encrypted with a key that cannot be taken out of this
   browser, and the difference between the server's clock and this one's. A device at the counter and a visitor's phone
   have a store each, by name. Pages and workers load it. Syntax of 2017. */
function keptStore(named) {
  "use strict";
  var opening = null;
  var offset = 0;
  var latest = 0;

  function open() {
    if (!opening) {
      opening = new Promise(function (resolve, reject) {
        var request = indexedDB.open(named, 1);
        request.onupgradeneeded = function () {
          request.result.createObjectStore("keys");
          request.result.createObjectStore("facts");
          request.result.createObjectStore("records", { keyPath: "id" }).createIndex("of", ["state", "venue"]);
        };
        request.onsuccess = function () { resolve(request.result); };
        request.onerror = function () { reject(request.error); };
      });
      opening.catch(function () { opening = null; });
    }
    return opening;
  }

  /* One transaction; done once it is on the disk, so that a battery that gives up takes nothing with it. */
  async function run(store, mode, work) {
    var database = await open();
    return new Promise(function (resolve, reject) {
      var transaction = database.transaction(store, mode, { durability: "strict" });
      var request = work(transaction.objectStore(store));
      transaction.oncomplete = function () { resolve(request.result); };
      transaction.onerror = transaction.onabort = function () { reject(transaction.error); };
    });
  }
  function get(store, name) { return run(store, "readonly", function (all) { return all.get(name); }); }

  async function key() {
    var found = await get("keys", "records");
    if (found) { return found; }
    var made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Another tab may have been first: what it made stays.
    await run("keys", "readwrite", function (all) { return all.add(made, "records"); }).catch(function () { return null; });
    return get("keys", "records");
  }

  async function row(record, state) {
    var iv = crypto.getRandomValues(new Uint8Array(12));
    var plain = new TextEncoder().encode(JSON.stringify(record));
    var sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: iv }, await key(), plain);
    return { id: record.id, state: state || "waiting", venue: record.venue, iv: iv, sealed: sealed };
  }
  async function put(record, state) {
    var made = await row(record, state);
    await run("records", "readwrite", function (all) { return all.put(made); });
  }
  /* In the place of the record of this id, where it is still there: what was deleted meanwhile stays deleted. */
  async function replace(record, state) {
    var made = await row(record, state);
    await run("records", "readwrite", function (all) {
      var found = all.get(record.id);
      found.onsuccess = function () { if (found.result) { all.put(made); } };
      return found;
    });
  }
  async function has(id) { return Boolean(await get("records", id)); }
  /* Everything goes, the key too. */
  async function clear() {
    var stores = ["records", "facts", "keys"];
    for (var index = 0; index < stores.length; index += 1) {
      await run(stores[index], "readwrite", function (all) { return all.clear(); });
    }
  }
  /* How many wait to be sent to this venue, and how many there are at all; reads none of them. */
  async function counts(venue) {
    var waiting = await run("records", "readonly", function (all) { return all.index("of").count(["waiting", venue]); });
    return { waiting: waiting, all: await run("records", "readonly", function (all) { return all.count(); }) };
  }
  function remove(id) { return run("records", "readwrite", function (all) { return all.delete(id); }); }

  /* Every record, or the newest so many, in the order in which they were made; one that cannot be read is shown as
     such and stops none. */
  async function all(newest) {
    var rows = await run("records", "readonly", function (store) { return store.getAll(); });
    if (!rows.length) { return []; }
    if (newest) { rows = rows.slice(-newest); }
    var secret = await key();
    return Promise.all(rows.map(async function (row) {
      try {
        var plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, secret, row.sealed);
        return Object.assign(JSON.parse(new TextDecoder().decode(plain)), { state: row.state });
      } catch (error) {
        return { id: row.id, state: "held", venue: row.venue, fields: [], name: "", at: parseInt(row.id.replace("-", "").slice(0, 12), 16) };
      }
    }));
  }

  /* The server's time as far as this device knows it. A clock that fell back, as after a flat battery, is not
     followed: time never runs backwards here. */
  function now() {
    var found = Date.now() + offset;
    if (found < latest - 60000) { offset += latest - found; found = latest; }
    latest = Math.max(latest, found);
    return found;
  }
  function measured(serverNow) {
    offset = serverNow - Date.now();
    latest = serverNow;
    return keepClock();
  }
  function keepClock() {
    return run("facts", "readwrite", function (facts) { return facts.put({ offset: offset, latest: latest }, "clock"); });
  }
  /* False where the server's clock was never seen. */
  async function readClock() {
    var known = await get("facts", "clock");
    if (known) { offset = known.offset; latest = known.latest; }
    return Boolean(known);
  }

  /* UUID version 7: sorts by time, and no two devices make the same one. */
  function newId() {
    var random = crypto.getRandomValues(new Uint8Array(10));
    random[0] = (random[0] & 0x0f) | 0x70;
    random[2] = (random[2] & 0x3f) | 0x80;
    var hex = Math.floor(now()).toString(16).padStart(12, "0").slice(-12);
    random.forEach(function (byte) { hex += byte.toString(16).padStart(2, "0"); });
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  return { put: put, replace: replace, has: has, counts: counts, remove: remove, clear: clear, all: all, now: now, measured: measured, keepClock: keepClock, readClock: readClock, newId: newId };
}
