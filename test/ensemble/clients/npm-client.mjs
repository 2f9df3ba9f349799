/**
 * An npm client of ZooKeeper against an ensemble whose members are killed and paused meanwhile.
 *   node npm-client.mjs LIBRARY SERVERS MODULES   LIBRARY: node-zookeeper-client, zookeeper; MODULES: the package.json beside which it is installed
 * First all that it offers, then a counter, by its version, until stdin says "stop". Lines of stdout: `ready`, `acked N` for
 * each, and in the end `{"counter":…,"acked":…,"refused":…,"isEphemeralThere":…}`.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const [library, servers, modules] = process.argv.slice(2)
const require = createRequire(modules)
const sessionTimeoutMs = 10_000

/** Each: what both libraries can do, by promises. Errors have a `name` as ZooKeeper's. */
const libraries = {
  'node-zookeeper-client': () => {
    const zk = require('node-zookeeper-client')
    const client = zk.createClient(servers, { sessionTimeout: sessionTimeoutMs, retries: 0 })
    const call = (name, ...args) =>
      new Promise((resolve, reject) =>
        client[name](...args, (error, ...values) => (error ? reject(named(error, error.name)) : resolve(values)))
      )
    const modeOf = ({ ephemeral, sequential } = {}) =>
      zk.CreateMode[`${ephemeral ? 'EPHEMERAL' : 'PERSISTENT'}${sequential ? '_SEQUENTIAL' : ''}`]
    return {
      connected: () =>
        new Promise((resolve) => {
          client.once('connected', resolve)
          client.connect()
        }),
      create: async (path, data, kind) => (await call('create', path, Buffer.from(data), modeOf(kind)))[0],
      get: async (path) => {
        const [data, stat] = await call('getData', path)
        return { data: data.toString(), version: stat.version }
      },
      watchData: async (path, told) => void (await call('getData', path, (event) => told(event.getName()))),
      set: (path, data, version) => call('setData', path, Buffer.from(data), version),
      children: async (path) => (await call('getChildren', path))[0].sort(),
      exists: async (path) => (await call('exists', path))[0] !== null,
      remove: (path) => call('remove', path),
      together: async (path, data) => {
        const all = client.transaction().check(path).setData(path, Buffer.from(data), -1)
        await new Promise((resolve, reject) => all.commit((error) => (error ? reject(error) : resolve())))
      },
      close: () =>
        new Promise((resolve) => {
          client.once('disconnected', resolve)
          client.close()
        })
    }
  },
  zookeeper: () => {
    const ZooKeeper = require('zookeeper')
    const client = new ZooKeeper({ connect: servers, timeout: sessionTimeoutMs, debug_level: 1 })
    const names = {
      [-103]: 'BAD_VERSION',
      [-101]: 'NO_NODE',
      [-110]: 'NODE_EXISTS',
      [-4]: 'CONNECTION_LOSS',
      [-7]: 'OPERATION_TIMEOUT'
    }
    const call = (promise) =>
      promise.catch((error) => Promise.reject(named(error, names[codeOf(error)] ?? String(error))))
    const flagsOf = ({ ephemeral, sequential } = {}) => (ephemeral ? 1 : 0) | (sequential ? 2 : 0)
    return {
      connected: () =>
        new Promise((resolve) => {
          client.once('connect', resolve)
          client.init({})
        }),
      create: (path, data, kind) => call(client.create(path, data, flagsOf(kind))),
      get: async (path) => {
        const [stat, data] = await call(client.get(path, false))
        return { data: data.toString(), version: stat.version }
      },
      watchData: async (path, told) => void (await call(client.w_get(path, (type) => told(watchTypes[type] ?? type)))),
      set: (path, data, version) => call(client.set(path, data, version)),
      children: async (path) => [...(await call(client.get_children(path, false)))].sort(),
      exists: (path) => client.pathExists(path, false),
      remove: (path) => call(client.delete_(path, -1)),
      // It has no multi.
      close: async () => void client.close()
    }
  }
}
const watchTypes = { 3: 'NODE_DATA_CHANGED' }

function named(error, name) {
  return Object.assign(error instanceof Error ? error : new Error(String(error)), { zookeeper: name })
}

const codeOf = (error) => error?.code ?? Number(/-\d+/.exec(String(error))?.[0])
const failsWith = (promise, name) =>
  promise.then(
    () => assert.fail(`it is ${name}`),
    (error) => assert.equal(error.zookeeper, name)
  )

const client = libraries[library]()
await client.connected()
const root = `/npm-${library}`
await client.create(root, 'root')
assert.equal(await client.create(`${root}/s-`, 'a', { sequential: true }), `${root}/s-0000000000`)
assert.equal(await client.create(`${root}/s-`, 'b', { sequential: true }), `${root}/s-0000000001`)
await client.create(`${root}/mine`, 'x', { ephemeral: true })
assert.deepEqual(await client.children(root), ['mine', 's-0000000000', 's-0000000001'])
await failsWith(client.create(root, 'again'), 'NODE_EXISTS')
await failsWith(client.get(`${root}/none`), 'NO_NODE')
const changed = new Promise((resolve) => void client.watchData(root, resolve).then(() => client.set(root, 'new', 0)))
assert.equal(await changed, 'NODE_DATA_CHANGED')
assert.deepEqual(await client.get(root), { data: 'new', version: 1 })
await failsWith(client.set(root, 'newer', 0), 'BAD_VERSION')
await client.together?.(root, 'together')
await client.remove(`${root}/s-0000000000`)
assert.equal(await client.exists(`${root}/s-0000000000`), false)
await client.create(`${root}/counter`, '0')
console.log('ready')

let isOver = false
process.stdin.on('data', (text) => (isOver ||= String(text).includes('stop')))
process.stdin.on('end', () => (isOver = true))
let acked = 0
let refused = 0
while (!isOver) {
  try {
    const { data, version } = await client.get(`${root}/counter`)
    await client.set(`${root}/counter`, String(Number(data) + 1), version)
    console.log(`acked ${++acked}`)
  } catch (error) {
    // Whether it was written is not known; what comes next looks.
    if (error.zookeeper === undefined) throw error
    refused++
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const { data } = await client.get(`${root}/counter`)
const isEphemeralThere = await client.exists(`${root}/mine`)
console.log(JSON.stringify({ counter: Number(data), acked, refused, isEphemeralThere }))
await client.close()
process.exit(0)
