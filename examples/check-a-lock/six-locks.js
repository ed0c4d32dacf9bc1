// Six locks and queues, each as it should be and with its usual mistake: what the checker says of them, and how it happens.
// node examples/check-a-lock/six-locks.js
import { explore } from 'faultline/checker'

const LOCKS = ['peterson', 'mcs', 'dekker', 'seqlock', 'spsc-queue', 'treiber-stack']

for (const lock of LOCKS) {
  for (const name of ['right', 'wrong']) {
    const module = new URL(`locks/${lock}.js`, import.meta.url)
    const { verdict, because, memory, findings, witness, counts } = await explore({ module, name })
    console.log(`${lock}, ${name}: ${verdict}, ${counts.states} states, memory ${memory}`)
    if (because !== null) console.log(because)
    for (const { name: found, says } of findings) console.log(`${found}: ${says}`)
    if (witness !== null) console.log(witness)
  }
}
