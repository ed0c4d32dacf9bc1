// The program in few files: `dist/program`. Loading its 700 modules one by one takes half a second of CPU time.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Graph } from './program-graph.js'
import { joined } from './program-map.js'
import { asFunction } from './program-module.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const out = join(dist, 'program')

/** Modules that a thread begins with, or that patches import by their URL. */
const ENTRIES = [
  'cli/begin.js',
  'cli/program-worker.js',
  'threads/worker.js',
  'threads/calibration-worker.js',
  'threads/primitives-worker.js',
  'bench/machines/model/task.js',
  'patches/probe-worker.js',
  'protocols/index.js',
]

/** Modules that builds and users' files import by their place: there is one of each, so they stay where they are. */
const ALONE = ['model/played.js', 'checker/tracing/frames.js', 'checker/tracing/untaken.js']

/**
 * The files, in this order: each has what its modules need and no file before it has. So a command reads few files, and hardly any
 * code that it does not run. What is left gets a file for each module that is loaded when it is needed.
 */
const FILES = [
  ['begin', (name) => name === 'cli/begin.js'],
  ['program', (name) => name === 'cli/program.js' || name === 'cli/program-worker.js'],
  ['flags', (name) => /^cli\/(?!check|export)[\w-]+-flags\.js$/.test(name)],
  ['list', (name) => name === 'cli/list.js'],
  ['threads', (name) => /^threads\/[\w-]*worker\.js$/.test(name)],
  ['results', (name) => name === 'cli/compare.js'],
  ['bench', (name) => name === 'cli/bench.js'],
  ['compiler', (name) => /^threads\/compile-(ahead|for)\.js$/.test(name)],
]

/** What each file of modules begins with: `$module(name)` gives what a module exports, and evaluates it the first time. */
const MODULES = `const bodies = new Map()
const exported = new Map()
export const $define = (name, body) => void bodies.set(name, body)
export function $module(name) {
  const known = exported.get(name)
  if (known !== undefined) return known
  const own = bodies.get(name)()
  exported.set(name, own)
  return own
}
/** As of a module: by name, and those of \`export *\` beside its own. */
export const $all = (stars, own) =>
  Object.fromEntries(Object.entries(Object.assign({}, ...stars, own)).sort(([one], [other]) => (one < other ? -1 : 1)))
`

/** Writes the files, unless they are newer than what they are made of. */
export function writeProgram() {
  const stamp = join(out, 'written')
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newestMs()) return
  mkdirSync(out, { recursive: true })
  const graph = new Graph(dist, ALONE, ENTRIES)
  const fileOf = graph.shareOut(FILES)
  const texts = new Map([['modules.js', MODULES]])
  for (const file of new Set(fileOf.values())) {
    const { text, map } = together(file, graph, fileOf)
    texts.set(file, text).set(`${file}.map`, map)
  }
  for (const entry of ENTRIES) texts.set(entryFile(entry), entryText(entry, graph, fileOf))
  // What has not changed is left alone: another process may be reading it.
  for (const [name, text] of texts) {
    const path = join(out, name)
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
  }
  for (const name of readdirSync(out)) if (!texts.has(name)) rmSync(join(out, name))
  writeFileSync(stamp, '')
}

/** When the newest of the modules, or of the scripts that make files of them, was written. */
function newestMs() {
  const others = ['direct', 'opened', 'flat', 'traced', 'program'].map((build) => join(dist, build))
  const modules = readdirSync(dist, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && !/\.(test|contract)\./.test(entry.name))
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name))
    .filter((file) => !others.some((other) => file.startsWith(other)))
  const scripts = ['', '-graph', '-map', '-module'].map((part) => join(root, 'scripts', `program${part}.js`))
  return Math.max(...[...modules, ...scripts].map((file) => statSync(file).mtimeMs))
}

const moduleText = (name) => `$module('${name}')`

const entryFile = (name) => `${name.replace(/\.js$/, '').replaceAll('/', '-')}.entry.js`

/** The modules of a file, and the map that leads to their sources. */
function together(file, graph, fileOf) {
  const own = graph.names.filter((name) => fileOf.get(name) === file)
  const needed = new Set(own.flatMap((name) => graph.moduleOf(name).now).map((name) => fileOf.get(name)))
  needed.delete(file)
  const outside = [...new Set(own.flatMap((name) => graph.moduleOf(name).outside))]
  const lines = [
    "import { $all, $define, $module } from './modules.js'",
    ...[...needed].map((other) => `import './${other}'`),
    ...outside.map((specifier, at) => `import * as $outside${at} from ${JSON.stringify(specifier)}`),
  ]
  const maps = []
  for (const name of own) {
    const { links, waits } = graph.moduleOf(name)
    const body = asFunction(name, links, {
      exportsOf: (specifier) => {
        const found = graph.find(name, specifier)
        return found.name === undefined ? `$outside${outside.indexOf(found.outside)}` : moduleText(found.name)
      },
      later: (specifier) => {
        const { name: wanted } = graph.find(name, specifier)
        return wanted && `import('./${fileOf.get(wanted)}').then(() => ${moduleText(wanted)})`
      },
      urlOf: (specifier) => {
        const path = join(dirname(name), specifier ?? '')
        if (specifier === undefined) return `../${name}`
        return ENTRIES.includes(path)
          ? `./${entryFile(path)}`
          : `../${path}${specifier.endsWith('/') && !path.endsWith('/') ? '/' : ''}`
      },
    })
    if (waits && !ENTRIES.includes(name))
      throw new Error(`${name} waits while it is evaluated, and no thread begins with it`)
    // In parentheses: V8 compiles such a function at once, instead of reading it twice.
    lines.push(`$define('${name}', (${waits ? 'async ' : ''}() => {`)
    maps.push({ at: lines.length, map: mapOf(name) })
    lines.push(...body.split('\n'), '}));')
  }
  lines.push(`//# sourceMappingURL=${file}.map`, '')
  return { text: lines.join('\n'), map: joined(file, maps) }
}

/** The map of a module, whose sources are named from `out`. */
function mapOf(name) {
  const map = JSON.parse(readFileSync(join(dist, `${name}.map`), 'utf8'))
  return { ...map, sources: map.sources.map((source) => relative(out, join(dist, dirname(name), source))) }
}

function entryText(entry, graph, fileOf) {
  const { waits } = graph.moduleOf(entry)
  return [
    "import { $module } from './modules.js'",
    `import './${fileOf.get(entry)}'`,
    `const own = ${waits ? 'await ' : ''}${moduleText(entry)}`,
    ...graph.exportedBy(entry).map((name) => `export const ${name} = own.${name}`),
    '',
  ].join('\n')
}
