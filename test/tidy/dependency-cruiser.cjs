// Who may import whom: the table of DESIGN.md, "Rooms". A room that is not named in a rule's `may` is out of its reach.
const rooms = {
  kernel: [],
  api: ['kernel/ids', 'kernel/said'],
  protocol: ['kernel'],
  serdes: ['kernel', 'api'],
  storage: ['kernel', 'protocol/record'],
  coordination: ['kernel'],
  broker: ['kernel', 'protocol', 'storage', 'coordination/ensemble-client'],
  supervisor: ['kernel', 'api'],
  admin: ['kernel', 'api', 'serdes', 'protocol'],
  monitor: ['kernel', 'api', 'coordination/ensemble-client'],
  workload: ['kernel', 'api', 'monitor'],
  adapters: ['kernel', 'protocol/compression'],
  host: ['kernel', 'api', 'supervisor', 'monitor', 'workload', 'admin'],
  app: ['kernel', 'api', 'host'],
  entry: [
    'kernel',
    'api',
    'broker',
    'coordination',
    'storage',
    'supervisor',
    'admin',
    'monitor',
    'workload',
    'serdes',
    'adapters',
    'host',
    'app'
  ]
}

const within = (names) => `^src-main/(${names.join('|')})(/|\\.ts$|[^/]*\\.ts$)`

const roomRules = Object.entries(rooms).map(([room, may]) => ({
  name: `${room} imports only what it may`,
  severity: 'error',
  from: { path: `^src-main/${room}/` },
  to: { path: '^src-main/', pathNot: within([room, ...may]) }
}))

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'a core never imports its services',
      severity: 'error',
      from: { path: '^src-main/(storage|broker|supervisor|monitor|workload)/core/' },
      to: { path: '^src-main/$1/(?!core/)', pathNot: '^src-main/storage/log-types|^src-main/monitor/observation' }
    },
    {
      name: 'a core of coordination imports cores and messages only',
      severity: 'error',
      from: { path: '^src-main/coordination/(core|wire)/' },
      to: { path: '^src-main/coordination/(?!core/|wire/)' }
    },
    {
      name: 'messages of coordination know no core',
      severity: 'error',
      from: { path: '^src-main/coordination/wire/' },
      to: { path: '^src-main/coordination/core/' }
    },
    {
      name: 'handlers never import each other',
      severity: 'error',
      from: { path: '^src-main/broker/handlers/\\d' },
      to: { path: '^src-main/broker/handlers/\\d' }
    },
    {
      name: 'cores and services reach the machine through ports',
      severity: 'error',
      from: { path: '^src-main/(kernel|protocol|storage|coordination|broker|supervisor|monitor|workload|api)/' },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'cores and services use no library but the schemas of the API',
      severity: 'error',
      from: { path: '^src-main/(kernel|protocol|storage|coordination|broker|supervisor|monitor|workload)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] }
    },
    {
      name: 'Electron is the app’s alone',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/(app|entry)/' },
      to: { path: 'node_modules/electron/' }
    },
    {
      name: 'the renderer knows the API only',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/', pathNot: '^src-main/(api/|kernel/(ids|invariant)\\.ts$)' }
    },
    {
      name: 'the renderer knows neither Node nor Electron',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'stores never import components',
      severity: 'error',
      from: { path: '^src-renderer/stores/' },
      to: { path: '^src-renderer/(components|views)/' }
    },
    {
      name: 'only stores and the start of the app touch the bridge',
      severity: 'error',
      from: { path: '^src-renderer/(components|charts|views)/' },
      to: { path: '^src-renderer/bridge/' }
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: { path: '^src-(main|renderer)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.renderer.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.vue', '.js', '.json', '.css', '.mjs'] }
  }
}
