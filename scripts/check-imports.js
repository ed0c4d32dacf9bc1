// Holds the import arrows: which folder may import which, that no two modules need each other first, and that only `cli` knows the
// process it runs in.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isStringLiteral,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { STEPPED_FOLDERS } from '../dist/builds/modules.js'
import { CIRCLES } from './circles.js'
import { folderOf, inspect, problem, report, usesOfGlobals, walk } from './sources.js'

/** From the top down: a folder may import what stands in later rows. The machines share a row, so they never meet. */
const ROWS = [
  ['cli'],
  ['report'],
  ['bench'],
  ['threads', 'model', 'checker', 'replay'],
  ['patches'],
  ['workers'],
  ['protocols'],
  ['shared-memory'],
  ['builds', 'errors'],
]

const rowOf = (folder) => ROWS.findIndex((row) => row.includes(folder))
const ARROWS = ROWS.map((row) => row.join(' | ')).join(' -> ')

/**
 * @param {string} root folder of the project
 * @param {readonly (readonly string[])[]} circles files of it that may know each other
 * @param {readonly string[]} elsewhere texts outside of `src` that name files of it
 * @returns {string[]} what breaks the rules, each as `file:line:column: sentence`
 */
export function checkImports(root, circles, elsewhere) {
  return inspect(root, (sources, checker) => {
    const imports = sources.flatMap(importsOf)
    return [
      ...sources.flatMap(checkFolder),
      ...imports.flatMap(checkImport),
      ...sources.flatMap((source) => checkProcess(source, checker)),
      ...cyclesIn(imports),
      ...checkCircles(imports, circles),
      ...checkOrphans(sources, imports, elsewhere),
    ]
  })
}

/** A file that stands in no row could import anything. */
function checkFolder(source) {
  if (rowOf(folderOf(source)) >= 0) return []
  return [problem(source, source.file, `no arrow leads to this folder: ${ARROWS}`)]
}

/** Everything that a source names to import, of values or of types, in whatever form. */
function importsOf(source) {
  const found = []
  walk(source.file, (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const text = specifier.text
    const target = text.startsWith('.') ? join(dirname(source.path), text) : undefined
    found.push({ source, node: specifier, text, target, isValue: isLoaded(node) })
  })
  return found
}

function specifierOf(node) {
  if (isImportDeclaration(node) || isExportDeclaration(node)) return node.moduleSpecifier
  if (isImportTypeNode(node)) return node.argument.literal
  const isDynamic = isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword
  return isDynamic && isStringLiteral(node.arguments[0]) ? node.arguments[0] : undefined
}

/** Whether the emitted module loads the other one before it runs itself. */
function isLoaded(node) {
  if (isImportDeclaration(node)) return node.importClause?.phaseModifier !== SyntaxKind.TypeKeyword
  return isExportDeclaration(node) && !node.isTypeOnly
}

function checkImport({ source, node, text, target }) {
  const from = folderOf(source)
  if (target === undefined) {
    if (text === 'node:process' && from !== 'cli') return [problem(source, node, 'only `cli` knows the process')]
    if (!STEPPED_FOLDERS.includes(from)) return []
    return [problem(source, node, `${from} knows no machine and no package: \`${text}\` is not for it`)]
  }
  const to = folderOf({ path: target })
  // What takes steps is in every build, and knows nothing that is not.
  const isThere = !STEPPED_FOLDERS.includes(from) || STEPPED_FOLDERS.includes(to)
  if (from === to || (isThere && rowOf(from) < rowOf(to))) return []
  return [problem(source, node, `${from} must not import ${to}: ${ARROWS}`)]
}

function checkProcess(source, checker) {
  if (folderOf(source) === 'cli') return []
  return usesOfGlobals(source, checker, new Set(['process'])).map((node) =>
    problem(source, node, 'only `cli` knows the process'),
  )
}

/** Follows the imports of values depth first; a module that is met again on the way down closes a cycle. */
function cyclesIn(imports) {
  const loaded = imports.filter(({ isValue, target }) => isValue && target !== undefined)
  const bySource = new Map(loaded.map(({ source }) => [source.path, []]))
  for (const edge of loaded) bySource.get(edge.source.path).push(edge)
  const done = new Set()
  const found = []
  const follow = (path, way) => {
    for (const { source, node, target } of bySource.get(path) ?? []) {
      const start = way.indexOf(target)
      if (start >= 0) {
        const cycle = [...way.slice(start), target].join(' -> ')
        found.push(problem(source, node, `modules that need each other first: ${cycle}`))
      } else if (!done.has(target)) {
        follow(target, [...way, target])
      }
    }
    done.add(path)
  }
  for (const path of bySource.keys()) if (!done.has(path)) follow(path, [path])
  return found
}

/** Files that know each other, be it by their types only: those that may, no others, and as many as are said to. */
function checkCircles(imports, allowed) {
  const edges = new Map()
  for (const edge of imports) {
    if (edge.target !== undefined) edges.set(edge.source.path, [...(edges.get(edge.source.path) ?? []), edge])
  }
  const targetsOf = (path) => (edges.get(path) ?? []).map(({ target }) => target)
  const circles = connectedIn([...edges.keys()], targetsOf).filter((files) => files.length > 1)
  const isAllowed = (files) => allowed.some((circle) => files.every((file) => circle.includes(file)))
  const isThere = (circle) => circles.some((files) => circle.every((file) => files.includes(file)))
  const refused = circles
    .filter((files) => !isAllowed(files))
    .map((files) => {
      const inCircle = files.toSorted()
      const { source, node } = edges.get(inCircle[0]).find(({ target }) => inCircle.includes(target))
      return problem(
        source,
        node,
        `files that know each other, and are not in scripts/circles.js: ${inCircle.join(', ')}`,
      )
    })
  const gone = allowed
    .filter((circle) => !isThere(circle))
    .map(
      (circle) =>
        `scripts/circles.js: these do not all know each other any more, so list those that do: ${circle.join(', ')}`,
    )
  return [...refused, ...gone]
}

/**
 * A file that nothing leads to is dead, or was forgotten in the list that it belongs into: a scenario, a check, an export format. Threads and
 * the package begin at files that are named as text.
 */
function checkOrphans(sources, imports, elsewhere) {
  const imported = new Set(imports.map(({ target }) => target))
  const texts = [...sources.map(({ file }) => file.text), ...elsewhere]
  const isNamed = (path) => {
    const names = ['/', "'"].map((before) => `${before}${basename(path, '.ts')}.js`)
    return texts.some((text) => names.some((name) => text.includes(name)))
  }
  return sources
    .filter(({ path }) => !imported.has(path) && !isNamed(path))
    .map((source) => {
      const list = listOf(dirname(source.path), imports)
      const remedy = list === undefined ? 'import it, or take it out' : `name it in src/${list}`
      return problem(source, source.file, `nothing leads to this file: ${remedy}`)
    })
}

/** The file that names those of a folder: `all.ts` in it, or the one elsewhere that imports the most of them, if that is most of them. */
function listOf(folder, imports) {
  const inFolder = imports.filter(({ target }) => target !== undefined && dirname(target) === folder)
  const files = new Set(inFolder.map(({ target }) => target))
  const counts = new Map()
  for (const { source, target } of inFolder) {
    if (/\.(?:test|contract)\.ts$/.test(source.path)) continue
    counts.set(source.path, (counts.get(source.path) ?? new Set()).add(target))
  }
  const all = join(folder, 'all.ts')
  if (counts.has(all)) return all
  const [path, named] = [...counts].sort(([, a], [, b]) => b.size - a.size)[0] ?? []
  return path !== undefined && dirname(path) !== folder && 2 * named.size > files.size ? path : undefined
}

/** Tarjan: the sets of files in which each comes to each other one by its imports. */
function connectedIn(paths, targetsOf) {
  const index = new Map()
  const low = new Map()
  const stack = []
  const found = []
  const visit = (path) => {
    index.set(path, index.size)
    low.set(path, index.get(path))
    stack.push(path)
    for (const target of targetsOf(path)) {
      if (!index.has(target)) visit(target)
      if (stack.includes(target)) low.set(path, Math.min(low.get(path), low.get(target)))
    }
    if (low.get(path) === index.get(path)) found.push(stack.splice(stack.indexOf(path)))
  }
  for (const path of paths) if (!index.has(path)) visit(path)
  return found
}

/** What of the project begins at files by their names: the package, and its scripts. */
export function textsBeside(root) {
  const scripts = readdirSync(join(root, 'scripts')).filter((name) => name.endsWith('.js'))
  return ['package.json', ...scripts.map((name) => join('scripts', name))].map((name) =>
    readFileSync(join(root, name), 'utf8'),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  report(checkImports(root, CIRCLES, textsBeside(root)))
}
