import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeModule, signed, signedWide, unsigned } from './encode.ts'
import { constant, DROP, getLocal, when, whenUnlikely } from './instructions.ts'
import { compileModule } from './memory.ts'

/** Little-endian base 128, as the specification reads it. */
function decoded(bytes: readonly number[], isSigned: boolean): number {
  const sum = bytes.reduce((value, byte, at) => value + BigInt(byte & 0x7f) * (1n << BigInt(7 * at)), 0n)
  const isNegative = isSigned && (bytes.at(-1)! & 0x40) !== 0
  return Number(isNegative ? sum - (1n << BigInt(7 * bytes.length)) : sum)
}

test('numbers are written in as many bytes as are needed, and read back as they were', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(0xffff_ffff), (number, index) => {
      assert.equal(decoded(signed(number), true), number)
      assert.equal(decoded(unsigned(index), false), index)
      for (const bytes of [signed(number), unsigned(index)]) {
        assert.ok(bytes.length <= 5)
        assert.ok(bytes.every((byte, at) => byte >= 0x80 === at < bytes.length - 1))
      }
    }),
  )
})

test('numbers of 64 bits too', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (number) => assert.equal(decoded(signedWide(number), true), number)))
})

test('a hint says where an `if` is whose test is seldom true', () => {
  const isZero = [...getLocal(0), 0x45]
  const then = [...constant(300), ...DROP]
  const code = [when(isZero, then), whenUnlikely(isZero, then), whenUnlikely(isZero, whenUnlikely(isZero, then))]
  const functions = [{ params: 1, hasResult: false, locals: 1, code }]
  const bytes = encodeModule({ imports: [], functions, exports: [{ name: 'f', index: 0 }], pages: 1 })
  assert.ok(compileModule(bytes))
  const name = Buffer.from('metadata.code.branch_hint')
  const hints = [...bytes.subarray(Buffer.from(bytes).indexOf(name) + name.length)]
  const [functionCount, index, count, ...rest] = hints
  assert.deepEqual([functionCount, index, count], [1, 0, 3])
  // The code section is the last: its number and length, one function, and the length of that.
  const ifs = [0, 1, 2].map((hint) => rest.slice(hint * 3, hint * 3 + 3))
  const length = bytes.length - bytes.lastIndexOf(0x0a) - 4
  const body = bytes.subarray(bytes.length - length)
  for (const [offset, size, isLikely] of ifs) assert.deepEqual([body[offset!], size, isLikely], [0x04, 1, 0])
  assert.equal(new Set(ifs.map(([offset]) => offset)).size, 3)
})
