import type {
  Expression,
  ForOfStatement,
  ForStatement,
  Function as FunctionNode,
  IfStatement,
  Statement,
  VariableDeclaration,
} from 'acorn'
import { localsOf } from './locals.ts'
import { ResumableValues } from './resumable-values.ts'
import { nodesAroundSteps } from './within.ts'

/** The most values that a call may save while it waits: a function with more stays a generator. */
export const MOST_HELD = 16

/** The replacement of the parameters and of the body. */
export type Resumable = { readonly body: string; readonly parameters: string }

/**
 * The body of a function that takes steps, as that of an ordinary function which can be left at each step and entered there again:
 * see README.md. Undefined if there is something in it that has no rule here: then it stays a generator.
 *
 * `$k` is the number of the step that it is entered at, and 0 once it is there: what stands before is passed over. Each text has as many
 * lines as what it stands for.
 */
export function toResumable(text: string, fn: FunctionNode, self: string): Resumable | undefined {
  if (fn.body.type !== 'BlockStatement') return undefined
  const stepped = nodesAroundSteps(fn)
  const plain = new ResumableBody(text, fn, stepped, undefined)
  const passed = plain.written()
  if (passed !== undefined && plain.steps === 0) return { body: `{${passed}}`, parameters: plain.parameters }
  const locals = localsOf(fn, stepped)
  if (locals === undefined) return undefined
  const body = new ResumableBody(text, fn, stepped, locals)
  const written = body.written()
  if (written === undefined) return undefined
  const names = [...locals.names, ...body.iterators]
  const all = [...locals.parameters, ...names]
  if (all.length > MOST_HELD) return undefined
  const restored = all.map((name, at) => ` ${name} = $s.h${at};`).join('')
  const kept = all.map((name, at) => ` $s.h${at} = ${name};`).join('')
  const entry = `let ${['$k = 0', '$t', ...names].join(', ')}; if (cpu.frame !== undefined) { const $s = cpu.taken(); $k = $s.at;${restored} }`
  const saved = `cpu.saved(${self}, this, $k);`
  const exit = all.length === 0 ? saved : `const $s = ${saved}${kept}`
  return { body: `{ ${entry} $: {${written}return; } ${exit} }`, parameters: body.parameters }
}

class ResumableBody extends ResumableValues {
  /** The names of the iterators of its loops. */
  readonly iterators: string[] = []
  #labels = 0

  /** The text between the braces. */
  written(): string | undefined {
    const { body } = this.fn
    const written = this.#list((body as { readonly body: Statement[] }).body, body.start + 1, body.end - 1, true)
    return this.isFit ? written : undefined
  }

  /** A parameter that is taken apart is nothing when the function is entered again. */
  get parameters(): string {
    const { params } = this.fn
    if (params.length === 0) return ''
    let written = ''
    let from = params[0]!.start
    for (const { type, end } of params) {
      written += this.text.slice(from, end) + (type === 'ObjectPattern' ? ' = {}' : '')
      from = end
    }
    return written
  }

  #list(statements: readonly Statement[], from: number, to: number, isLast: boolean): string {
    let written = ''
    let at = from
    for (let first = 0; first < statements.length; ) {
      const next = statements[first]!
      let end = first + 1
      if (!this.takesSteps(next)) while (end < statements.length && !this.takesSteps(statements[end]!)) end += 1
      const until = statements[end - 1]!.end
      written += this.text.slice(at, next.start)
      written += this.takesSteps(next)
        ? this.#statement(next, isLast && end === statements.length)
        : this.guarded(this.#declared(statements.slice(first, end)))
      at = until
      first = end
    }
    return written + this.text.slice(at, to)
  }

  /** Statements without a step, whose declarations are assignments: the names are those of the whole function. */
  #declared(statements: readonly Statement[]): string {
    let written = ''
    let at = statements[0]!.start
    for (const statement of statements) {
      written += this.text.slice(at, statement.start)
      written += this.#isOpen(statement) ? this.#assignments(statement) : this.raw(statement)
      at = statement.end
      if (/^(Function|Class)Declaration$/.test(statement.type)) this.unfit()
    }
    return written
  }

  #isOpen(statement: Statement): statement is VariableDeclaration {
    return this.locals !== undefined && statement.type === 'VariableDeclaration'
  }

  #assignments({ declarations, start, end }: VariableDeclaration): string {
    let written = ''
    let at = start
    for (const { id, init } of declarations) {
      const value = init == null ? 'undefined' : this.raw(init)
      const gap = this.gap(at, id.start) + (init == null ? '' : this.gap(id.end, init.start))
      written += `${gap}(${this.raw(id)} = ${value}); `
      at = init?.end ?? id.end
    }
    return written + this.gap(at, end)
  }

  #statement(node: Statement, isLast: boolean): string {
    switch (node.type) {
      case 'BlockStatement':
        return `{${this.#list(node.body, node.start + 1, node.end - 1, isLast)}}`
      case 'VariableDeclaration':
        return this.#declaration(node)
      case 'ExpressionStatement':
        return this.#expression(node.expression, node.start, node.end, isLast)
      case 'ReturnStatement':
        return this.#return(node.argument!, node.start, node.end)
      case 'IfStatement':
        return this.#if(node, isLast)
      case 'WhileStatement':
        return this.#loop('', node.test, undefined, node.body, node.start, node.end)
      case 'ForStatement':
        return this.#for(node)
      case 'ForOfStatement':
        return this.#forOf(node)
      default:
        return this.unfit()
    }
  }

  #declaration({ declarations, start, end }: VariableDeclaration): string {
    let written = ''
    let at = start
    for (const { id, init } of declarations) {
      if (id.type !== 'Identifier' || init == null) return this.unfit()
      written += this.assign(id.name, init, at, init.end)
      at = init.end
    }
    return written + this.gap(at, end)
  }

  #expression(node: Expression, start: number, end: number, isLast: boolean): string {
    if (node.type === 'YieldExpression') {
      if (isLast) return this.#return(node, start, end)
      return this.gap(start, node.argument!.start) + this.step('', node) + this.gap(node.argument!.end, end)
    }
    if (node.type !== 'AssignmentExpression' || this.takesSteps(node.left)) return this.unfit()
    const { left, right, operator } = node
    if (operator === '=' && left.type === 'Identifier') return this.assign(left.name, right, start, end)
    const isHeld = left.type === 'MemberExpression' && /^(Identifier|ThisExpression)$/.test(left.object.type)
    if (left.type !== 'Identifier' && !(isHeld && operator === '=' && !left.computed)) return this.unfit()
    return this.assign('$t', right, start, end) + this.guarded(`${this.raw(left)} ${operator} $t;`)
  }

  /** A function that ends with the steps of another returns them: it is not resumed. */
  #return(node: Expression, start: number, end: number): string {
    const passed = this.passed(node)
    if (passed === undefined) return this.assign('$t', node, start, end) + this.guarded('return $t;')
    return this.filled(this.guarded(`return ${passed};`), start, end)
  }

  #if({ test, consequent, alternate, start, end }: IfStatement, isLast: boolean): string {
    const before = this.takesSteps(test) ? this.assign('$t', test, start, test.end) : this.gap(start, test.start)
    const asked = this.takesSteps(test) ? '$t' : this.raw(test)
    const first = this.steps + 1
    const taken = this.#branch(consequent, isLast)
    const head = `${before} if (${this.chosen(asked, first)}) {${this.gap(test.end, consequent.start)}${taken}}`
    if (alternate == null) return head + this.gap(consequent.end, end)
    return `${head} else {${this.gap(consequent.end, alternate.start)}${this.#branch(alternate, isLast)}}`
  }

  #branch(node: Statement, isLast: boolean): string {
    return this.#list([node], node.start, node.end, isLast)
  }

  #for({ init, test, update, body, start, end }: ForStatement): string {
    if (init != null && this.takesSteps(init)) return this.unfit()
    let before = ''
    if (init?.type === 'VariableDeclaration') before = this.guarded(this.#declared([init]))
    else if (init != null) before = this.guarded(`${this.raw(init)};`)
    const gap = init == null ? '' : this.gap(start, init.start)
    return this.#loop(gap + before, test, update, body, init?.end ?? start, end)
  }

  #loop(
    before: string,
    test: Expression | null | undefined,
    update: Expression | null | undefined,
    body: Statement,
    from: number,
    end: number,
  ): string {
    if (this.locals === undefined) return this.unfit()
    const outer = this.continues
    const hasSteps = update != null && this.takesSteps(update)
    this.#labels += 1
    this.continues = hasSteps ? `break $${this.#labels}` : ''
    const first = this.steps + 1
    const asks = test != null && this.takesSteps(test)
    const asked = asks ? this.assign('$t', test, from, test.end) : ''
    const inner = asks ? `${asked} ${this.guarded('if (!$t) break;')}` : ''
    const played = this.#branch(body, false)
    const label = hasSteps ? `$${this.#labels}: ` : ''
    const after = hasSteps ? this.#expression(update, update.start, update.end, false) : ''
    this.continues = outer
    const continuing = this.chosen(test == null || asks ? 'true' : this.raw(test), first)
    const counted = update == null || hasSteps ? '' : this.raw(update)
    const gap = this.gap(update?.end ?? test?.end ?? from, body.start)
    return (
      before + this.filled(`for (; ${continuing}; ${counted}) {${inner} ${label}{${gap}${played}} ${after}}`, from, end)
    )
  }

  #forOf({ left, right, body, start, end, await: isAsync }: ForOfStatement): string {
    if (isAsync || left.type !== 'VariableDeclaration' || this.takesSteps(right) || this.locals === undefined) {
      return this.unfit()
    }
    this.#labels += 1
    const each = `$each${this.#labels}`
    this.iterators.push(each)
    const outer = this.continues
    this.continues = ''
    const first = this.steps + 1
    const played = this.#branch(body, false)
    this.continues = outer
    const begun = this.guarded(`${each} = (${this.raw(right)})[Symbol.iterator]();`)
    const next = this.guarded(`(${this.raw(left.declarations[0]!.id)} = $t.value);`)
    const gap = this.gap(right.end, body.start)
    const asked = this.chosen(`!($t = ${each}.next()).done`, first)
    return this.filled(`${begun} while (${asked}) {${next}${gap} ${played}}`, start, end)
  }
}
