// What the checks of the house rules have in common: the sources as TypeScript sees them, and places to point at.
import { join, relative, sep } from 'node:path'
import { isIdentifier } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'
import { isForTests } from '../dist/builds/modules.js'

/**
 * Opens the project in `root` for the time of `look`. Tests and contracts are left out: they may do what they like.
 *
 * @param {string} root folder of `tsconfig.json` and `src`
 * @param {(sources: Source[], checker: Checker) => string[]} look returns the problems it finds
 * @returns {string[]} the same, in the order of the files
 */
export function inspect(root, look) {
  const api = compiler()
  const settings = join(root, 'tsconfig.json')
  try {
    const snapshot = api.updateSnapshot({ openProjects: [settings] })
    const project = snapshot.getProjects().find(({ configFileName }) => configFileName === settings)
    const src = join(root, 'src') + sep
    const sources = project.program
      .getSourceFileNames()
      .filter((name) => name.startsWith(src) && !isForTests(name))
      .sort()
      .map((name) => ({ path: relative(src, name), file: project.program.getSourceFile(name) }))
    return look(sources, project.checker)
  } finally {
    api.updateSnapshot({ closeProjects: [settings] })
  }
}

let started

/** One TypeScript for all projects of this process, with which it ends: to start, and to read its libraries, takes half a second. */
function compiler() {
  started ??= new API()
  return started
}

/** The folder of the architecture that a source belongs to. */
export const folderOf = ({ path }) => path.split(sep)[0]

/** `src/protocols/vm.ts:12:3: why`, as editors and terminals open it. */
export function problem({ path, file }, node, why) {
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file))
  return `src/${path}:${line + 1}:${character + 1}: ${why}`
}

/** Visits every node below `node`, outermost first. */
export function walk(node, visit) {
  node.forEachChild((child) => {
    visit(child)
    walk(child, visit)
  })
}

/** Where one of `names` means the global of that name and not something that the sources declare. */
export function usesOfGlobals({ file }, checker, names) {
  const found = []
  walk(file, (node) => {
    if (isIdentifier(node) && names.has(node.text) && node.parent.name !== node) found.push(node)
  })
  const symbols = found.length === 0 ? [] : checker.getSymbolAtLocation(found)
  return found.filter((_, index) => isGlobal(symbols[index]))
}

const isGlobal = (symbol) =>
  symbol === undefined || symbol.declarations.every(({ path }) => path.includes('/node_modules/'))

/** Runs a check as a program: prints what it finds and fails if that is anything. */
export function report(problems) {
  for (const line of problems) console.error(line)
  process.exitCode = problems.length === 0 ? 0 : 1
}
