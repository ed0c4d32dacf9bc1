import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { observe } from './observe.ts'
import { parseLitmus } from './parse.ts'
import type { Expression, Statement } from './test.ts'

const REGISTERS = ['r0', 'r1']
const VARIABLES = ['x', 'y']

const number: fc.Arbitrary<Expression> = fc.nat(100).map((value) => ({ kind: 'number', value }))
const register: fc.Arbitrary<Expression> = fc.constantFrom(...REGISTERS).map((name) => ({ kind: 'register', name }))
const address: fc.Arbitrary<Expression> = fc.constantFrom(...VARIABLES).map((name) => ({ kind: 'address', name }))

const { value } = fc.letrec<{ value: Expression; call: Expression }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    register,
    address.map((from): Expression => ({ kind: 'read', from })),
    fc.record({ kind: fc.constant('unary' as const), sign: fc.constantFrom('!', '~'), operand: tie('value') }),
    fc.record({
      kind: fc.constant('binary' as const),
      sign: fc.constantFrom('||', '&&', '|', '^', '&', '==', '!=', '<', '>', '<=', '>=', '<<', '>>', '+', '-', '*'),
      left: tie('value'),
      right: tie('value'),
    }),
    tie('call'),
  ),
  call: fc.oneof(
    fc
      .tuple(fc.constantFrom('READ_ONCE', 'rcu_dereference', 'smp_load_acquire', 'atomic_read'), address)
      .map(([name, at]): Expression => ({ kind: 'call', name, operands: [at] })),
    fc
      .tuple(fc.constantFrom('xchg', 'xchg_acquire', 'atomic_xchg_release'), address, tie('value'))
      .map(([name, at, to]): Expression => ({ kind: 'call', name, operands: [at, to] })),
  ),
}))

const { statement } = fc.letrec<{ statement: Statement }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('assign' as const), register: fc.constantFrom(...REGISTERS), value }),
    fc.record({ kind: fc.constant('write' as const), to: address, value }),
    fc
      .tuple(address, value)
      .map(([at, to]): Statement => ({ kind: 'call', call: { kind: 'call', name: 'WRITE_ONCE', operands: [at, to] } })),
    fc
      .constantFrom('smp_mb', 'smp_wmb', 'barrier')
      .map((name): Statement => ({ kind: 'call', call: { kind: 'call', name, operands: [] } })),
    fc.record({
      kind: fc.constant('if' as const),
      condition: value,
      ifTrue: fc.array(tie('statement'), { maxLength: 2 }),
      ifFalse: fc.array(tie('statement'), { maxLength: 2 }),
    }),
  ),
}))

const POINTEE = ['READ_ONCE', 'WRITE_ONCE', 'rcu_dereference']

function textOf(one: Expression): string {
  switch (one.kind) {
    case 'number':
      return `${one.value}`
    case 'register':
    case 'address':
      return one.name
    case 'read':
      return `*${textOf(one.from)}`
    case 'unary':
      return `${one.sign}(${textOf(one.operand)})`
    case 'binary':
      return `((${textOf(one.left)}) ${one.sign} (${textOf(one.right)}))`
    case 'call': {
      const star = POINTEE.includes(one.name) ? '*' : ''
      return `${one.name}(${one.operands.map((operand, at) => (at === 0 ? star : '') + textOf(operand)).join(', ')})`
    }
  }
}

function lineOf(one: Statement): string {
  switch (one.kind) {
    case 'assign':
      return `${one.register} = ${textOf(one.value)};`
    case 'write':
      return `*${textOf(one.to)} = ${textOf(one.value)};`
    case 'call':
      return `${textOf(one.call)};`
    case 'if':
      return `if (${textOf(one.condition)}) { ${one.ifTrue.map(lineOf).join(' ')} } else { ${one.ifFalse.map(lineOf).join(' ')} }`
  }
}

const bodies = fc.array(fc.array(statement, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
const blank = fc.constantFrom(' ', '\n', '\t', ' /* a\ncomment */ ', ' // to the end\n')

const programText = (all: readonly (readonly Statement[])[]) =>
  [
    'C random',
    '{ x=0; int y=0; }',
    ...all.map((body, at) => `P${at}(int *x, int *y) { int r0; int r1; ${body.map(lineOf).join('\n')} }`),
    '(* a comment\nbetween *) exists (x=0 /\\ ~(0:r0=1 \\/ y=2))',
  ].join('\n')

test('a litmus test that is printed and parsed is the same, with any blanks and comments', () => {
  fc.assert(
    fc.property(bodies, blank, (all, between) => {
      const [header, ...rest] = programText(all).split('\n')
      const text = `${header}\n${rest.join('\n').replaceAll('; ', `;${between}`)}`
      assert.deepEqual(
        parseLitmus(text, 'random.litmus').processes.map(({ body }) => body),
        JSON.parse(JSON.stringify(all)),
      )
    }),
    { numRuns: 150 },
  )
})

test('a damaged text is either read, or refused with a position', () => {
  const damage = fc.record({
    at: fc.nat(400),
    cut: fc.nat(8),
    put: fc.constantFrom('', '(', '}', ';', '@', 'x', '/*', '"', '9'),
  })
  fc.assert(
    fc.property(bodies, damage, (all, { at, cut, put }) => {
      const text = programText(all)
      const damaged = text.slice(0, at) + put + text.slice(at + cut)
      try {
        parseLitmus(damaged, 'random.litmus')
      } catch (error) {
        assert.ok(error instanceof FaultlineError, String(error))
        const [, line, column] = /^random\.litmus:(\d+):(\d+): ./.exec(error.message)!
        const lines = damaged.split('\n')
        assert.ok(Number(line) <= lines.length && Number(column) <= lines[Number(line) - 1]!.length + 1, error.message)
      }
    }),
    { numRuns: 300 },
  )
})

const process = (body: string) => `C t\n{}\nP0(int *x, int **p)\n{\n\tint r0;\n${body}\n}\nexists (0:r0=1)\n`

for (const [body, why, hint] of [
  ['\tr0 = READ_ONEC(*x);', "t:6:7: there is no 'READ_ONEC'", /Did you mean 'READ_ONCE'\?/],
  ['\tr1 = READ_ONCE(*x);', "t:6:2: 'r1' is not declared", /Did you mean 'r0'\?/],
  ['\tr0 = READ_ONCE(x);', "t:6:17: a variable is expected here, such as '*x', instead of 'x'", /./],
  ['\tr0 = READ_ONCE(*z);', "t:6:18: 'z' is neither a parameter nor declared before", /./],
  ['\tr0 = 1', "t:7:1: ';' is expected before '}'", /./],
  ['\tsynchronize_rcu();', "t:6:2: 'synchronize_rcu' is a grace period of RCU, which is not supported here", /./],
  ['\twhile (1) {}', "t:6:2: 'while' is a loop, which is not supported here", /./],
  ['\tr0 = smp_mb();', "t:6:7: 'smp_mb' returns nothing", /./],
  ['\tr0 = 99999999999;', 't:6:7: 99999999999 does not fit into 32 bits', /./],
  ['\tr0 = @;', "t:6:7: '@' means nothing here", /./],
  ['\t/* never', 't:6:2: the text that begins with /* has no end', /./],
] as const) {
  test(`${why} is said`, () => {
    assert.throws(
      () => parseLitmus(process(body), 't'),
      (error) => error instanceof FaultlineError && error.message === why && hint.test(error.hint),
    )
  })
}

for (const [text, why] of [
  ['', "t:1:1: a litmus test in C begins with 'C' and its name"],
  ['X86 SB\n{}', "t:1:1: a litmus test in C begins with 'C' and its name, and this is one in X86"],
  ['C t\n{}\nexists (x=1)', "t:3:1: a process, P0(...), is expected before 'exists'"],
  ['C t\n{}\nP1() {}\nexists (x=1)', "t:3:1: P0 is expected before 'P1'"],
  ['C t\n{}\nP0(int *x) {}\n', "t:4:1: 'exists', '~exists' or 'forall' is expected before the end of the file"],
  ['C t\n{}\nP0(int *x) {}\nexists (1:r0=1)', 't:4:9: there is no process P1'],
  ['C t\n{}\nP0(int *x) {}\nexists (0:r0=1)', "t:4:11: P0 has no register 'r0'"],
  ['C t\n{}\nP0(int *x) {}\nexists (y=1)', "t:4:9: there is no shared variable 'y'"],
  ['C t\n{}\nP0(int *x) {}\nexists (x=1) z', "t:4:14: nothing may follow the condition, but there is 'z'"],
] as const) {
  test(`${why} is said`, () => {
    assert.throws(
      () => parseLitmus(text, 't'),
      (error) => error instanceof FaultlineError && error.message === why,
    )
  })
}

const observed = (body: string, condition: string) =>
  observe(parseLitmus(`C t\n{ x=5; *p=x; }\nP0(int *x, int **p) {\n${body}\n}\n${condition}`, 't'), 'sc')

for (const [body, condition] of [
  ['int r0 = 2 + 3 * 4 - -1;', 'forall (0:r0=15)'],
  ['int r0 = 1 << 4 | 3; int r1 = !r0; int r2 = ~0;', 'forall (0:r0=19 /\\ 0:r1=0 /\\ 0:r2=-1)'],
  ['int r0 = 0 && READ_ONCE(*x); int r1 = 1 || 0;', 'forall (0:r0=0 /\\ 0:r1=1)'],
  ['int *r0 = READ_ONCE(*p); int r1 = READ_ONCE(*r0);', 'forall (0:r0=x /\\ 0:r1=5)'],
  [
    'int r0 = cmpxchg(x, 5, 7); int r1 = atomic_add_return(3, x); int r2 = atomic_fetch_sub(1, x);',
    'forall (0:r0=5 /\\ 0:r1=10 /\\ 0:r2=10 /\\ x=9)',
  ],
  ['atomic_inc(x); atomic_inc(x); atomic_dec(x);', 'forall (x=6)'],
  ['int r0; if (*x == 5) { *x = 1; } else *x = 2; r0 = *x;', 'forall (0:r0=1 \\/ false)'],
  ['*x = 3;', '~exists (x=5)'],
  ['(void)atomic_add_unless(x, 2, 5); int r0 = atomic_add_unless(x, 2, 6);', 'forall (0:r0=1 /\\ x=7)'],
  ['rcu_read_lock(); int *r0 = rcu_dereference(*p); *r0 = 8; rcu_read_unlock();', 'forall (0:r0=x /\\ x=8)'],
  [
    '*x = 0; int r0 = spin_trylock(x); int r1 = spin_trylock(x); int r2 = spin_is_locked(x);',
    'forall (0:r0=1 /\\ 0:r1=0 /\\ 0:r2=1)',
  ],
  ['int r0 = (int)READ_ONCE(*x) + 1;', 'forall (0:r0=6)'],
] as const) {
  test(`${body} gives ${condition}`, () => {
    const { isOk, outcomes } = observed(body, condition)
    assert.ok(isOk, outcomes.map(({ text }) => text).join('; '))
  })
}
