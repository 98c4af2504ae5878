/* What a service worker does that opens pages without network: first over the network, which gets so many milliseconds,
   else from what was put aside in the cache of this name. Syntax of 2017. */
function workerPages(named, patience) {
  "use strict";

  async function kept(address) {
    var cache = await caches.open(named);
    return cache.match(address, { ignoreVary: true });
  }

  /* The answer of the network; rejected where it is too late. */
  async function answer(request, milliseconds) {
    var late = new Promise(function (resolve, reject) { setTimeout(reject, milliseconds || patience); });
    return Promise.race([fetch(request), late]);
  }

  async function page(request, instead) {
    try {
      var found = await answer(request);
      // A proxy in front of a server that is down answers in its stead.
      if (found.status < 500) { return found; }
      return (await kept(instead)) || found;
    } catch (error) {
      return (await kept(instead)) || Response.error();
    }
  }

  return { kept: kept, answer: answer, page: page };
}
