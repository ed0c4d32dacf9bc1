import { type AnyNode, type Function as FunctionNode, parseExpressionAt } from 'acorn'
import { full } from 'acorn-walk'

/** A class or a function of the opened build: its `$scope` resolves the names of its module. */
type Opened = { readonly $scope?: () => Readonly<Record<string, unknown>> }

export type Source = {
  readonly name: string
  readonly node: FunctionNode
  /** The names of its module. */
  readonly scope: Readonly<Record<string, unknown>>
}

// biome-ignore lint/complexity/noBannedTypes: any function at all, whose text is read
type Callable = Function & Opened

/** The sources read so far, by function: the same source is the same object. */
const read = new WeakMap<Callable, Source>()

function once(callable: Callable, source: () => Source): Source {
  const found = read.get(callable) ?? source()
  read.set(callable, found)
  return found
}

/** The text of a method of the opened build, even if the object has another one in its place. */
export function methodOf(object: object, name: string): Source | undefined {
  for (let holder = Object.getPrototypeOf(object); holder !== null; holder = Object.getPrototypeOf(holder)) {
    const method = Object.getOwnPropertyDescriptor(holder, name)?.value as Callable | undefined
    const owner = holder.constructor as Callable
    if (typeof method !== 'function' || owner.$scope === undefined) continue
    return once(method, () => {
      const { value } = onlyPropertyOf(parsed(`({${method}})`)) as { readonly value: FunctionNode }
      return { name: `${owner.name}.${name.replace('$', '#')}`, node: value, scope: owner.$scope!() }
    })
  }
  return undefined
}

/** The text of a function that a module of the opened build declares. */
export function functionOf(value: unknown): Source | undefined {
  const callable = value as Callable
  if (typeof value !== 'function' || callable.$scope === undefined) return undefined
  return once(callable, () => {
    return { name: callable.name, node: parsed(`(${callable})`) as FunctionNode, scope: callable.$scope!() }
  })
}

/** The names of methods that take steps: by the rules of the house their first parameter is the CPU. */
export function steppedMethodsOf(object: object): string[] {
  const { prototype } = object.constructor as { readonly prototype: object }
  return Object.getOwnPropertyNames(prototype).filter((name) => {
    if (name === 'constructor' || name.startsWith('$')) return false
    const first = methodOf(object, name)?.node.params[0]
    return first?.type === 'Identifier' && first.name === 'cpu'
  })
}

/** Whether an object, or an object that it holds, changes in JavaScript after its construction: then its fields are not constants. */
export function keepsState(object: object, met = new Set<object>()): boolean {
  if (met.has(object) || ArrayBuffer.isView(object)) return false
  met.add(object)
  if (changesItself(object.constructor as Callable)) return true
  return Object.values(object).some((value) => typeof value === 'object' && value !== null && keepsState(value, met))
}

const changing = new WeakMap<Callable, boolean>()

function changesItself(owner: Callable | undefined): boolean {
  if (owner?.$scope === undefined) return false
  const known = changing.get(owner) ?? methodsIn(owner).some(assignsToProperty)
  changing.set(owner, known)
  return known
}

function methodsIn(owner: Callable): AnyNode[] {
  const { body } = parsed(`(${owner})`) as unknown as { readonly body: { readonly body: readonly AnyNode[] } }
  return body.body.filter((member) => member.type === 'MethodDefinition' && member.kind !== 'constructor')
}

function assignsToProperty(method: AnyNode): boolean {
  let found = false
  full(method, (node) => {
    if (node.type === 'AssignmentExpression') found ||= node.left.type === 'MemberExpression'
    if (node.type === 'UpdateExpression') found ||= node.argument.type === 'MemberExpression'
  })
  return found
}

function parsed(text: string): AnyNode {
  const node = parseExpressionAt(text, 0, { ecmaVersion: 'latest', sourceType: 'module', preserveParens: false })
  return node as AnyNode
}

const onlyPropertyOf = (node: AnyNode): AnyNode =>
  (node as unknown as { readonly properties: readonly AnyNode[] }).properties[0]!
