// A client of the API as a JavaScript programmer would write it for the real service: signed with
// the package oauth-1.0a, which is found through NODE_PATH. One job as JSON comes in on stdin, the
// answer goes out as JSON on stdout.
'use strict'

const crypto = require('node:crypto')
const http = require('node:http')
const https = require('node:https')
const zlib = require('node:zlib')
const { once } = require('node:events')
const { Readable } = require('node:stream')
const { buffer, json } = require('node:stream/consumers')
const OAuth = require('oauth-1.0a')

function sign(job, body) {
  const oauth = OAuth({
    consumer: { key: job.consumer_key, secret: job.consumer_secret },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => crypto.createHmac('sha1', key).update(base).digest('base64'),
    // The package's own default would be the keyed hash above; the extension asks for a bare one.
    body_hash_function: (text) => crypto.createHash('sha1').update(text).digest('base64'),
  })
  if (job.nonce) oauth.getNonce = () => job.nonce
  if (job.timestamp) oauth.getTimeStamp = () => job.timestamp
  const request = { url: job.url, method: 'POST' }
  if (job.body_hash) Object.assign(request, { data: body, includeBodyHash: true })
  // An empty token is sent as such; without a token the field is left out.
  const token = 'token' in job ? { key: job.token, secret: job.token_secret } : undefined
  const fields = oauth.authorize(request, token)
  return { fields, header: oauth.toHeader(fields).Authorization }
}

// Cuts in the middle of characters too, as a network does.
function pieces(body) {
  const bytes = Buffer.from(body)
  const cut = []
  for (let at = 0; at < bytes.length; at += 7) cut.push(bytes.subarray(at, at + 7))
  return cut
}

// fetch asks for gzip by itself, and unpacks.
async function byFetch(job, headers, body) {
  const options = job.chunked
    ? { body: Readable.toWeb(Readable.from(pieces(body))), duplex: 'half' }
    : { body }
  const response = await fetch(job.url, { method: 'POST', headers, ...options })
  return { status: response.status, text: await response.text() }
}

async function byHttp(job, headers, body) {
  const module = job.url.startsWith('https:') ? https : http
  const request = module.request(job.url, {
    method: 'POST',
    headers: { ...headers, 'Accept-Encoding': 'gzip' },
  })
  if (job.chunked) for (const piece of pieces(body)) request.write(piece)
  request.end(job.chunked ? undefined : body)
  const [response] = await once(request, 'response')
  const bytes = await buffer(response)
  const packed = response.headers['content-encoding'] === 'gzip'
  return { status: response.statusCode, text: (packed ? zlib.gunzipSync(bytes) : bytes).toString() }
}

async function main() {
  const job = await json(process.stdin)
  const body = job.body ?? JSON.stringify(job.question)
  const { fields, header } = sign(job, body)
  if (job.way === 'sign') return fields
  const headers = { Authorization: header, 'Content-Type': 'application/json' }
  return (job.way === 'fetch' ? byFetch : byHttp)(job, headers, body)
}

main().then((answer) => process.stdout.write(JSON.stringify(answer)))
