import type {
  AnyNode,
  CallExpression,
  Expression,
  Function as FunctionNode,
  Node,
  Program,
  YieldExpression,
} from 'acorn'
import { ancestor, full, simple } from 'acorn-walk'
import type { StepNames } from '../step-names.ts'
import type { Refuse } from './problem.ts'

/** Every access to shared memory is a step, and is seen to be one. */
export function checkSteps(tree: Program, names: StepNames, doorSteps: ReadonlySet<string>, refuse: Refuse): void {
  const own = ownSteps(tree)
  ancestor(tree, {
    CallExpression(node, _, above) {
      const ancestors = above as AnyNode[]
      const cpus = cpusAround(ancestors)
      const called = calledStep(node, cpus, names, doorSteps, own)
      if (called !== undefined && !isTaken(ancestors)) {
        refuse(node, `nothing takes the steps of \`${called}\`: write \`yield* ${called}(...)\``)
      }
    },
    YieldExpression(node, _, above) {
      checkYield(node, above as AnyNode[], names, refuse)
    },
  })
  simple(tree, {
    TryStatement(node) {
      const within = [node.block, node.handler?.body, node.finalizer].filter((part) => part != null)
      if (within.some((part) => stepsOf(part).length > 0)) {
        refuse(node, 'no `try` around a step: the checker gives executions up halfway')
      }
    },
    ForOfStatement(node) {
      if (node.await) refuse(node, 'a step is taken, not awaited: `function*` and `yield*`')
    },
  })
  full(tree, (node) => {
    for (const part of partsOf(node)) checkOnce(part, refuse)
  })
}

/** Functions and methods of the file that take steps. */
function ownSteps(tree: Program): ReadonlySet<string> {
  const own = new Set<string>()
  full(tree, (node) => {
    if (node.type === 'FunctionDeclaration' && node.generator && node.id) own.add(node.id.name)
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && isGenerator(node.init)) {
      own.add(node.id.name)
    }
    if ((node.type === 'MethodDefinition' || node.type === 'Property') && isGenerator(node.value)) {
      const { key } = node
      if (key.type === 'Identifier' || key.type === 'PrivateIdentifier') own.add(`.${key.name}`)
    }
  })
  return own
}

const isGenerator = (node: Node | null | undefined) =>
  node?.type === 'FunctionExpression' && (node as FunctionNode).generator === true

/** The names of the CPU in the functions around a place. */
const cpusAround = (ancestors: readonly AnyNode[]): ReadonlySet<string> =>
  new Set([
    'cpu',
    ...ancestors.flatMap((node) => {
      if (!/Function/.test(node.type) || !(node as FunctionNode).generator) return []
      const [first] = (node as FunctionNode).params
      return first?.type === 'Identifier' ? [first.name] : []
    }),
  ])

/** The function that a call calls, as it is written there, if it is known to take steps. */
function calledStep(
  { callee, arguments: [first] }: CallExpression,
  cpus: ReadonlySet<string>,
  names: StepNames,
  doorSteps: ReadonlySet<string>,
  own: ReadonlySet<string>,
): string | undefined {
  if (callee.type === 'Identifier') return own.has(callee.name) || doorSteps.has(callee.name) ? callee.name : undefined
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined
  const { object, property } = callee
  const name = (property as { readonly name: string }).name
  const written = `${textOf(object)}.${property.type === 'PrivateIdentifier' ? '#' : ''}${name}`
  if (object.type === 'Identifier' && cpus.has(object.name)) return names.ofCpu.has(name) ? written : undefined
  const isOfCpu = first?.type === 'Identifier' && cpus.has(first.name)
  return isOfCpu && (names.methods.has(name) || own.has(`.${name}`)) ? written : undefined
}

function textOf(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'ThisExpression') return 'this'
  if (node.type !== 'MemberExpression' || node.computed) return '...'
  return `${textOf(node.object)}.${(node.property as { readonly name: string }).name}`
}

/** Whether the innermost of these is the operand of `yield*`, also as one branch of it. */
function isTaken(ancestors: readonly AnyNode[]): boolean {
  let inner = ancestors.at(-1)!
  for (const outer of ancestors.slice(0, -1).toReversed()) {
    if (outer.type === 'YieldExpression') return outer.delegate
    if (outer.type !== 'ConditionalExpression' || outer.test === inner) return false
    inner = outer
  }
  return false
}

function checkYield(node: YieldExpression, ancestors: readonly AnyNode[], names: StepNames, refuse: Refuse): void {
  const { argument, delegate } = node
  if (!delegate || argument == null) {
    refuse(node, 'a protocol may only `yield*`')
    return
  }
  if (argument.loc!.start.line !== node.loc!.start.line) refuse(node, 'keep `yield*` and its operand on one line')
  if (argument.type !== 'CallExpression' || argument.callee.type !== 'MemberExpression') return
  const { object, property } = argument.callee
  const isCpu = object.type === 'Identifier' && cpusAround(ancestors).has(object.name)
  const name = property.type === 'Identifier' ? property.name : ''
  if (isCpu && names.plainOfCpu.has(name))
    refuse(node, `\`${textOf(argument.callee)}\` takes no step: leave \`yield*\` out`)
}

/** The parts of a statement that are evaluated in one go. */
function partsOf(node: AnyNode): (Node | null | undefined)[] {
  switch (node.type) {
    case 'ExpressionStatement':
      return [node.expression]
    case 'VariableDeclarator':
      return [node.init]
    case 'ReturnStatement':
    case 'ThrowStatement':
      return [node.argument]
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return [node.test]
    case 'SwitchStatement':
      return [node.discriminant]
    case 'ForStatement':
      return [node.test, node.update]
    case 'ForOfStatement':
    case 'ForInStatement':
      return [node.right]
    default:
      return []
  }
}

/** The kernel's compiler may not merge two accesses, and a reader has to see each: one step a statement. */
function checkOnce(part: Node | null | undefined, refuse: Refuse): void {
  const [, second] = part == null ? [] : stepsOf(part)
  if (second !== undefined) {
    refuse(second, 'a second step in one statement: another CPU may act between the two, so give the first a `const`')
  }
}

/** The steps that one evaluation takes: of the two ways through a condition the longer one. */
function stepsOf(node: Node): YieldExpression[] {
  const whole = node as Expression | AnyNode
  if (whole.type === 'ConditionalExpression') {
    const [a, b] = [stepsOf(whole.consequent), stepsOf(whole.alternate)]
    return [...stepsOf(whole.test), ...(a.length > b.length ? a : b)]
  }
  if (/Function|Class/.test(whole.type)) return []
  const inner = childrenOf(whole).flatMap(stepsOf)
  return whole.type === 'YieldExpression' ? [...inner, whole] : inner
}

const childrenOf = (node: Node): Node[] =>
  Object.entries(node)
    .filter(([name]) => name !== 'loc')
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value?.type === 'string') as Node[]
