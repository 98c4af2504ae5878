/* The store of a device at the counter. */
var deskStore = keptStore("desk");
