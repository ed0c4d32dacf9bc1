/* rounds3 of examples/check-a-lock/locks/peterson.js. One transition is one access to a shared word: an `atomic` holds that access and what
   the process makes of it. */
byte wants[CPUS], turn, inside;

proctype visit(byte me) {
  byte round;
again:
  wants[me] = 1;
  turn = 1 - me;
look:
  atomic { if :: wants[1 - me] == 0 -> goto taken :: else fi }
  atomic { if :: turn == me -> goto taken :: else -> goto look fi }
taken:
  atomic { assert(inside == 0); inside++ }
  inside--;
  atomic { wants[me] = 0; round++; if :: round < ROUNDS -> goto again :: else fi }
}

init { atomic { run visit(0); run visit(1) } }
