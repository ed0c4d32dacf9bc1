/* mcs() of examples/check-a-lock/locks/mcs.js: CPUs that go in ROUNDS times each. One transition is one access to a shared word: an
   `atomic` holds that access and what the process makes of it. */
byte tail, inside, next[CPUS], wait[CPUS];

proctype visit(byte me) {
  byte round, other;
again:
  next[me] = 0;
  wait[me] = 1;
  atomic { other = tail; tail = me + 1; if :: other == 0 -> goto taken :: else fi }
  atomic { next[other - 1] = me + 1; other = 0 }
  wait[me] == 0;
taken:
  atomic { assert(inside == 0); inside++ }
  inside--;
  atomic { other = next[me]; if :: other != 0 -> goto hand_on :: else fi }
  atomic {
    if
    :: tail == me + 1 -> tail = 0; round++; if :: round == ROUNDS -> goto end :: else -> goto again fi
    :: else
    fi
  }
  atomic { next[me] != 0 -> other = next[me] }
hand_on:
  atomic { wait[other - 1] = 0; other = 0; round++; if :: round < ROUNDS -> goto again :: else fi }
end: skip
}

init { atomic { byte cpu = 0; do :: cpu < CPUS -> run visit(cpu); cpu++ :: else -> break od } }
