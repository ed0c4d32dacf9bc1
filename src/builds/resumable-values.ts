import type { AnyNode, CallExpression, Expression, Function as FunctionNode, Node, YieldExpression } from 'acorn'
import { isInstruction, isOfCpu } from './instructions.ts'
import type { Locals } from './locals.ts'
import { continuesOf } from './within.ts'

/** Rewrites expressions in a resumable function: its steps, the variables for their values, and the code that is skipped. */
export class ResumableValues {
  steps = 0
  protected readonly text: string
  protected readonly fn: FunctionNode
  protected readonly stepped: ReadonlySet<Node>
  /** Undefined: all that is passed on is returned, and the function is never entered again. */
  protected readonly locals: Locals | undefined
  protected isFit = true
  /** The replacement of `continue` in a loop whose update takes steps. */
  protected continues = ''

  constructor(text: string, fn: FunctionNode, stepped: ReadonlySet<Node>, locals: Locals | undefined) {
    this.text = text
    this.fn = fn
    this.stepped = stepped
    this.locals = locals
  }

  protected unfit(): string {
    this.isFit = false
    return ''
  }

  protected passed(node: Expression): string | undefined {
    if (!this.takesSteps(node)) return this.raw(node)
    if (node.type === 'YieldExpression') {
      const call = this.#call(node)
      return isInstruction(call) ? `(${this.raw(call)}, cpu.value)` : this.raw(call)
    }
    if (node.type === 'ConditionalExpression' && !this.takesSteps(node.test)) {
      const [taken, other] = [this.passed(node.consequent), this.passed(node.alternate)]
      return taken === undefined || other === undefined ? undefined : `(${this.raw(node.test)}) ? ${taken} : ${other}`
    }
    if (node.type !== 'LogicalExpression' || this.takesSteps(node.left)) return undefined
    const right = this.passed(node.right)
    return right === undefined ? undefined : `(${this.raw(node.left)}) ${node.operator} (${right})`
  }

  /** `target = node`, for the text from `from` to `to`. */
  protected assign(target: string, node: Expression, from: number, to: number): string {
    if (!this.takesSteps(node)) {
      const gap = this.gap(from, node.start)
      return `${gap}${this.guarded(`${target} = ${this.raw(node)};`)}${this.gap(node.end, to)}`
    }
    switch (node.type) {
      case 'YieldExpression': {
        const { start, end } = node.argument!
        return this.gap(from, start) + this.step(target, node) + this.gap(end, to)
      }
      case 'ConditionalExpression': {
        const { test, consequent, alternate } = node
        if (this.takesSteps(test)) return this.unfit()
        const first = this.steps + 1
        const taken = this.assign(target, consequent, test.end, consequent.end)
        const branch = `if (${this.chosen(this.raw(test), first)}) {${taken}}`
        return `${this.gap(from, test.start)}${branch} else {${this.assign(target, alternate, consequent.end, to)}}`
      }
      case 'LogicalExpression': {
        const { left, right, operator } = node
        if (operator === '??') return this.unfit()
        const first = this.steps + 1
        const before = this.assign(target, left, from, left.end)
        const rest = this.takesSteps(left) ? this.steps + 1 : first
        const after = this.assign(target, right, left.end, to)
        return `${before} if (${this.chosen(operator === '&&' ? target : `!${target}`, rest)}) {${after}}`
      }
      case 'BinaryExpression': {
        const { left, right, operator } = node
        if (left.type === 'PrivateIdentifier' || this.takesSteps(right)) return this.unfit()
        const before = this.assign('$t', left, from, left.end)
        const gap = this.gap(left.end, right.start)
        return `${before}${gap}${this.guarded(`${target} = $t ${operator} ${this.raw(right)};`)}${this.gap(right.end, to)}`
      }
      case 'UnaryExpression':
        return this.assign('$t', node.argument, from, to) + this.guarded(`${target} = ${node.operator} $t;`)
      default:
        return this.unfit()
    }
  }

  /** A step whose value, if it is used, is assigned to `target`. */
  protected step(target: string, node: YieldExpression): string {
    const call = this.#call(node)
    this.steps += 1
    const asked = isInstruction(call)
    const to = target === '' ? '' : `${target} = `
    const done = asked ? this.raw(call) : `${to}${this.raw(call)}`
    const value = asked && target !== '' ? ` ${to}cpu.value;` : ''
    const given = target === '' ? '' : ` ${to}cpu.given;`
    return (
      `if ($k === 0) { ${done}; if (cpu.fate !== 0) { $k = ${this.steps}; break $; }${value} } ` +
      `else if ($k === ${this.steps}) { $k = 0;${given} }`
    )
  }

  #call(node: YieldExpression): CallExpression {
    const call = node.argument as CallExpression
    if (!isOfCpu(call) || this.takesSteps(call)) this.unfit()
    return call
  }

  /** The test of a branch, or that a step within is the one that is entered. */
  protected chosen(test: string, first: number): string {
    if (this.locals === undefined) return test
    return first > this.steps ? `$k === 0 && (${test})` : `$k === 0 ? (${test}) : $k >= ${first} && $k <= ${this.steps}`
  }

  protected guarded(code: string): string {
    return this.locals === undefined ? code : `if ($k === 0) { ${code} }`
  }

  protected raw(node: Node): string {
    if (this.takesSteps(node)) return this.unfit()
    return this.continues === '' ? this.text.slice(node.start, node.end) : this.#withoutContinue(node as AnyNode)
  }

  #withoutContinue(node: AnyNode): string {
    let written = ''
    let at = node.start
    for (const { start, end } of continuesOf(node)) {
      written += `${this.text.slice(at, start)}${this.continues};`
      at = end
    }
    return written + this.text.slice(at, node.end)
  }

  protected takesSteps(node: Node): boolean {
    return this.stepped.has(node)
  }

  protected gap(from: number, to: number): string {
    return '\n'.repeat(lines(this.text.slice(from, to)))
  }

  /** With as many lines as there were. */
  protected filled(written: string, from: number, to: number): string {
    return written + '\n'.repeat(lines(this.text.slice(from, to)) - lines(written))
  }
}

const lines = (text: string): number => text.split('\n').length - 1
