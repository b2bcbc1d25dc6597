// Console and exit through semihosting, and a counter of instructions.

#ifndef START_H
#define START_H

#include <stdint.h>

void print(const char *text);
void print_number(uint32_t number);
// Ends the program: exit status 0 on the host if `success`, else 1.
_Noreturn void stop(int success);

// The counter, and its ticks since it stood at `start`.
uint32_t ticks(void);
uint32_t ticks_since(uint32_t start);
// Runs this even number of instructions.
void run_instructions(uint32_t number);

// What a kind of core also has (start_cortex_m.c, start_riscv.c): a semihosting operation, and its result.
int host(int operation, const void *argument);
// What it calls: after its first instructions, and after a fault.
_Noreturn void start(void);
_Noreturn void fault(void);

#endif
