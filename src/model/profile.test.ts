import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProfileError } from '../errors/faultline-error.ts'
import { loadProfile, profileHash, profileNames, withValues } from './profile.ts'
import { drawn, scaled } from './scaling.ts'

const parameter = { value: 60, unit: 'ns', low: 50, high: 70, class: 'M', source: 'a test' }

function written(profile: object, name = 'my.json'): string {
  const path = join(mkdtempSync(join(os.tmpdir(), 'faultline-')), name)
  writeFileSync(path, JSON.stringify(profile))
  return path
}

const mine = (change: object) => {
  return {
    schema: 'faultline.profile',
    version: 1,
    name: 'mine',
    cpu: 'x',
    inherit: 'altra-64',
    parameters: {},
    ...change,
  }
}

const refusal = (name: string): string => {
  try {
    loadProfile(name)
  } catch (error) {
    assert.ok(error instanceof ProfileError, `${error}`)
    return error.message
  }
  return 'none'
}

test('every shipped profile is complete, with a source for each figure', () => {
  for (const name of profileNames()) {
    const { parameters } = loadProfile(name)
    for (const [key, { source, low, value, high }] of Object.entries(parameters)) {
      assert.ok(source.length > 3 && low <= value && value <= high, `${name} ${key}`)
    }
  }
})

test("a user's machine changes another one", () => {
  const profile = loadProfile(written(mine({ parameters: { c2c_socket_ns: parameter } })))
  assert.equal(profile.parameters.c2c_socket_ns?.value, 60)
  assert.deepEqual(profile.parameters.cpus, loadProfile('altra-64').parameters.cpus)
  assert.notEqual(profileHash(profile), profileHash(loadProfile('altra-64')))
})

test('a shipped profile has the name of its file', () => {
  assert.deepEqual(
    profileNames().map((name) => loadProfile(name).name),
    profileNames(),
  )
})

test('an error in a profile names the parameter', () => {
  const of = (parameters: object) => refusal(written(mine({ parameters }))).replace(/^profile \S+: /, '')
  assert.equal(of({ c2c_sokcet_ns: parameter }), 'c2c_sokcet_ns is no parameter of a machine')
  assert.equal(of({ c2c_socket_ns: { ...parameter, unit: 'us' } }), 'c2c_socket_ns is in us, not in ns')
  assert.equal(
    of({ c2c_socket_ns: { ...parameter, value: 80 } }),
    'c2c_socket_ns is 80, outside of its own range of 50 to 70',
  )
  assert.equal(
    of({ c2c_socket_ns: { ...parameter, class: 'X' } }),
    'c2c_socket_ns has class X, which is not one of M P D E R F',
  )
  assert.equal(of({ c2c_socket_ns: { ...parameter, source: '' } }), 'c2c_socket_ns has no source')
  assert.equal(
    of({ cpus: { ...parameter, value: 1.5, low: 1, high: 2, unit: '1' } }),
    'cpus is 1.5, which is not a whole number',
  )
  assert.match(refusal('altra-46'), /there is no machine 'altra-46'/)
  assert.match(refusal('./nowhere.json'), /cannot be read/)
  assert.match(refusal(written(mine({ inherit: undefined }))), /does not say cpus/)
})

test('a profile that inherits itself is refused', () => {
  const path = written(mine({ inherit: './my.json' }))
  assert.match(refusal(path), /inherits itself/)
})

test('a draw stays within the ranges and follows from its seed', () => {
  const profile = loadProfile('altra-64')
  const one = drawn(profile, 1)
  assert.deepEqual(drawn(profile, 1), one)
  assert.notDeepEqual(drawn(profile, 2), one)
  for (const [name, { value, low, high }] of Object.entries(one.parameters))
    assert.ok(low <= value && value <= high, name)
})

test('scaling a cost scales each parameter that it covers', () => {
  const profile = scaled(loadProfile('altra-64'), [{ cost: 'flush', scale: 0 }])
  assert.equal(profile.parameters['cost.ipi_ns']?.value, 0)
  assert.equal(profile.parameters.c2c_socket_ns?.value, 48)
  assert.throws(() => scaled(profile, [{ cost: 'flash', scale: 0 }]), ProfileError)
  assert.throws(() => withValues(profile, { cpus: 0 }, 'x'), {
    message: 'machine.cpus is 0, less than 1',
    hint: /`faultline list machines`/,
  })
})
