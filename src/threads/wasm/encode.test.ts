import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { signed, signedWide, unsigned } from './encode.ts'

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
