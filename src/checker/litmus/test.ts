/** A litmus test, read. */
export type LitmusTest = {
  readonly name: string
  /** The shared variables, in the order of their first use, with their initial values: a number, or the address of a variable. */
  readonly variables: ReadonlyMap<string, Value>
  readonly processes: readonly Process[]
  readonly quantifier: 'exists' | '~exists' | 'forall'
  readonly condition: Condition
  /** The condition as it is written. */
  readonly asks: string
}

export type Value = { readonly number: number } | { readonly address: string }

export type Process = {
  readonly name: string
  readonly parameters: readonly string[]
  readonly body: readonly Statement[]
}

export type Statement =
  | { readonly kind: 'assign'; readonly register: string; readonly value: Expression }
  | { readonly kind: 'write'; readonly to: Expression; readonly value: Expression }
  | { readonly kind: 'call'; readonly call: Expression }
  | {
      readonly kind: 'if'
      readonly condition: Expression
      readonly ifTrue: readonly Statement[]
      readonly ifFalse: readonly Statement[]
    }

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'register'; readonly name: string }
  /** The address of a shared variable. */
  | { readonly kind: 'address'; readonly name: string }
  /** A plain read through an address. */
  | { readonly kind: 'read'; readonly from: Expression }
  | { readonly kind: 'unary'; readonly sign: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Expression[] }

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'constant'; readonly value: boolean }
  /** The value of a register of a process, or of a shared variable at the end. */
  | { readonly kind: 'equals'; readonly process: number | undefined; readonly name: string; readonly value: Value }
