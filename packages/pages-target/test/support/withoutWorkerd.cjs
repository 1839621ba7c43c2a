// wrangler looks for its runtime as soon as it is loaded, though uploads never start it; it is not installed (200 MB).
const Module = require("node:module")
const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  return request.startsWith("@cloudflare/workerd-") ? process.execPath : resolve.call(this, request, ...rest)
}
