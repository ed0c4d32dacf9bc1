// Holds the rules that make one source fit three machines. What the compiler cannot see: a step that is never taken, a step
// in a `try`, and a look at the world past the `Cpu`.
import { fileURLToPath } from 'node:url'
import {
  isCallExpression,
  isClassDeclaration,
  isConditionalExpression,
  isExpressionStatement,
  isFunctionLikeDeclaration,
  isIdentifier,
  isImportDeclaration,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyDeclaration,
  isReturnStatement,
  isTryStatement,
  isTypeReferenceNode,
  isVariableStatement,
  isYieldExpression,
  NodeFlags,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { STEPPED_FOLDERS } from '../dist/builds/modules.js'
import { folderOf, inspect, problem, report, usesOfGlobals, walk } from './sources.js'

/** Where the two stepped machines hand their ops to their drivers. */
const STEPPED_CPUS = ['model', 'checker']

/** What a protocol must not know: clocks, chance, the process, and memory by another way than `Cpu`. */
const FOREIGN = new Set([
  'Atomics',
  'Date',
  'SharedArrayBuffer',
  'console',
  'crypto',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
])

/**
 * @param {string} root folder of the project
 * @returns {string[]} what breaks the rules, each as `file:line:column: sentence`
 */
export function checkSteps(root) {
  return inspect(root, (sources, checker) => sources.flatMap((source) => problemsOf(source, checker)))
}

function problemsOf(source, checker) {
  if (!STEPPED_FOLDERS.includes(folderOf(source))) {
    return STEPPED_CPUS.includes(folderOf(source)) ? [] : generatorsOutside(source)
  }
  const found = []
  const refuse = (node, why) => found.push(problem(source, node, why))
  const calls = []
  walk(source.file, (node) => {
    if (isCallExpression(node)) calls.push(node)
    if (isYieldExpression(node)) checkYield(source, node, refuse)
    if (isTryStatement(node)) checkTry(node, refuse)
    if (isReturnStatement(node)) checkReturn(node, refuse)
    if (isGenerator(node)) checkGenerator(node, refuse)
    if (isPropertyDeclaration(node)) checkStatic(node, refuse)
    if (isImportDeclaration(node)) checkImport(node, refuse)
    if (isMathRandom(node)) refuse(node, 'a protocol is deterministic: no `Math.random`')
  })
  checkCalls(calls, checker, refuse)
  checkModuleState(source, refuse)
  for (const node of usesOfGlobals(source, checker, FOREIGN)) {
    refuse(node, `a protocol touches the world only through its \`cpu\`: no \`${node.text}\``)
  }
  return found
}

/** Without `yield*` a call of steps does nothing in the model, and works on threads. */
function checkCalls(calls, checker, refuse) {
  const types = calls.length === 0 ? [] : checker.getTypeAtLocation(calls)
  for (const [index, call] of calls.entries()) {
    if (isSteps(types[index]) && !isOperandOfYield(call)) {
      refuse(call, 'these steps are never taken: make the call the operand of `yield*`')
    }
  }
}

/** `Steps<T>`, what a generator without a declared type returns, or either of them among others. */
function isSteps(type) {
  if (type === undefined) return false
  if (type.isUnionType()) return type.getTypes().some(isSteps)
  return type.getAliasSymbol()?.name === 'Steps' || type.getSymbol()?.name === 'Generator'
}

function isOperandOfYield(node) {
  const { parent } = node
  if (isYieldExpression(parent)) return parent.asteriskToken !== undefined
  const passesOn = isParenthesizedExpression(parent) || (isConditionalExpression(parent) && parent.condition !== node)
  return passesOn && isOperandOfYield(parent)
}

function checkYield({ file }, node, refuse) {
  if (node.asteriskToken === undefined) return refuse(node, 'a protocol may only `yield*`')
  let operand = node.expression
  while (isParenthesizedExpression(operand)) operand = operand.expression
  const before = file.text.slice(node.getStart(file), operand.getStart(file))
  if (/[\n\r\u2028\u2029]/.test(before)) refuse(node, 'keep `yield*` and its operand on one line')
}

/** The checker drops unfinished steps and never finishes them, so a `finally` or a `catch` would not run there. */
function checkTry(node, refuse) {
  let steps = false
  walkOwn(node, (inner) => {
    steps ||= isYieldExpression(inner)
  })
  if (steps) refuse(node, 'no `try` around a step: the checker abandons runs halfway')
}

/** `return` at the end of a line returns nothing, whatever the next line says. */
function checkReturn(node, refuse) {
  const statements = node.parent.statements
  const next = node.expression === undefined && statements?.[statements.indexOf(node) + 1]
  if (next && isExpressionStatement(next) && isYieldExpression(next.expression)) {
    refuse(node, 'keep `return` and `yield*` on one line')
  }
}

const isGenerator = (node) => isFunctionLikeDeclaration(node) && node.asteriskToken !== undefined

function checkGenerator(node, refuse) {
  const { type } = node
  const isDeclared = type !== undefined && isTypeReferenceNode(type) && type.typeName.text === 'Steps'
  if (!isDeclared) refuse(node, 'declare what it returns as `Steps<...>`')
}

function generatorsOutside(source) {
  const found = []
  walk(source.file, (node) => {
    const isAsync = node.modifiers?.some(({ kind }) => kind === SyntaxKind.AsyncKeyword)
    if (isGenerator(node) && !isAsync) {
      found.push(problem(source, node, `\`function*\` is for steps: only in ${STEPPED_FOLDERS.join(', ')}`))
    }
  })
  return found
}

const STATEFUL = 'a module keeps no state: every thread and every run would have one of its own'

function checkModuleState({ file }, refuse) {
  for (const statement of file.statements) {
    if (isVariableStatement(statement) && (statement.declarationList.flags & NodeFlags.Const) === 0) {
      refuse(statement, STATEFUL)
    }
  }
}

function checkStatic(node, refuse) {
  const kinds = node.modifiers?.map(({ kind }) => kind) ?? []
  const isState = kinds.includes(SyntaxKind.StaticKeyword) && !kinds.includes(SyntaxKind.ReadonlyKeyword)
  if (isState && isClassDeclaration(node.parent)) refuse(node, STATEFUL)
}

function checkImport({ moduleSpecifier }, refuse) {
  if (moduleSpecifier.text.startsWith('node:')) refuse(moduleSpecifier, 'a protocol knows no machine: no `node:`')
}

const isMathRandom = (node) =>
  isPropertyAccessExpression(node) &&
  node.name.text === 'random' &&
  isIdentifier(node.expression) &&
  node.expression.text === 'Math'

/** Visits what belongs to `node` itself and not to a function within. */
function walkOwn(node, visit) {
  node.forEachChild((child) => {
    visit(child)
    if (!isFunctionLikeDeclaration(child)) walkOwn(child, visit)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  report(checkSteps(fileURLToPath(new URL('..', import.meta.url))))
