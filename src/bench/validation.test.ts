import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProfile, profileHash } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { freeParameters, TARGETS } from './targets/rows.ts'
import { validate } from './validation.ts'

const costs = [...WORK, ...BROADCAST].map(({ name, source }) => ({ name: `cost.${name}_ns`, source }))
const machines = [...new Set(TARGETS.map(({ machine }) => machine))]

test('every published figure that the profiles know comes out within its tolerance, twice the same', async () => {
  const known = TARGETS.filter(({ basis }) => basis.kind !== 'held out')
  const all = await validate(known)
  const outside = all.filter(({ isWithin }) => !isWithin).map(({ target, error }) => `${target.id} ${error}`)
  assert.deepEqual(outside, [])
  const again = await validate(known)
  assert.deepEqual(
    again.map(({ modelled }) => modelled),
    all.map(({ modelled }) => modelled),
  )
})

test('a queued spinlock whose owner stores a byte comes within 6 % of the published rate, on one socket and on four', async () => {
  const known = await validate(TARGETS.filter(({ id }) => id === 'T22'))
  for (const { target, error } of known) assert.ok(Math.abs(error) < 0.06, target.says)
})

test('a row that is fitted or derived names a parameter that there is, and a row held out names none', () => {
  for (const { id, machine, basis } of TARGETS) {
    assert.equal(basis.parameters.length === 0, basis.kind === 'held out', id)
    const known = [...Object.keys(loadProfile(machine).parameters), ...costs.map(({ name }) => name)]
    for (const name of basis.parameters) assert.ok(known.includes(name), `${id}: ${name}`)
  }
})

test('every parameter that a profile or a cost calls fitted is named in a row', () => {
  const sourceOf = (machine: string, name: string) => loadProfile(machine).parameters[name]?.source
  const named = TARGETS.flatMap(({ machine, basis }) =>
    basis.parameters.map((name) => `${name}: ${sourceOf(machine, name)}`),
  )
  const silent = machines.flatMap((machine) =>
    Object.entries(loadProfile(machine).parameters)
      // A machine that inherits a parameter has not fitted it again.
      .filter(([name, parameter]) => parameter.class === 'F' && !named.includes(`${name}: ${parameter.source}`))
      // Without clusters a core of the cluster is one of the socket.
      .filter(([name]) => name !== 'c2c_cluster_ns')
      .map(([name]) => `${machine} ${name}`),
  )
  assert.deepEqual(silent, [])
  const fittedCosts = costs.filter(({ source }) => /\bfitted\b/.test(source)).map(({ name }) => name)
  assert.deepEqual(
    fittedCosts.filter((name) => !named.some((each) => each.startsWith(`${name}: `))),
    [],
  )
})

test('a parameter counts once for each machine that says it itself, whatever number of rows it was computed from', () => {
  const free = freeParameters((machine, name) => loadProfile(machine).parameters[name] !== undefined)
  const ivau = free.filter(({ name }) => name === 'cost.ic_ivau_ns').map((each) => each.of)
  assert.deepEqual(ivau, ['altra-max-128', 'altra-64'])
  assert.equal(free.length, new Set(free.map(({ of, name }) => `${of} ${name}`)).size)
})

test('a band holds what machines of the profile say, and tells whether the published figure is one of them', async () => {
  const row = TARGETS.find(({ id, run }) => id === 'T19' && run.variant === 'write-lock')!
  const [one] = await validate([row], 5)
  const { band, modelled } = one!
  assert.ok(band !== null && band.low < band.high)
  assert.ok(band.low < modelled * 1.5 && band.high > modelled / 1.5)
  const [far] = await validate([{ ...row, published: row.published * 100 }], 5)
  assert.equal(far!.band!.holdsPublished, false)
})

test('one CPU and 64 are of the same profile', () => {
  const hashes = TARGETS.filter(({ run, machine }) => run.scenario === 'icache' && machine === 'altra-max-128')
  assert.deepEqual(
    hashes.map(({ run }) => run.vcpus),
    [1, 64],
  )
  assert.equal(new Set(hashes.map(({ machine }) => profileHash(loadProfile(machine)))).size, 1)
})
