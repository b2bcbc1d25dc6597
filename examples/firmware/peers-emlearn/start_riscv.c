// Start-up, semihosting and counter of a RISC-V core.

#include "start.h"

// Not compressed, and not across the end of a page: or it is a breakpoint of another kind.
int host(int operation, const void *argument) {
    register int a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".balign 16\n"
                     ".option push\n"
                     ".option norvc\n"
                     "slli zero, zero, 0x1f\n"
                     "ebreak\n"
                     "srai zero, zero, 7\n"
                     ".option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

uint32_t ticks(void) {
    uint32_t count;
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop"
                     : "=r"(count));
    return count;
}

uint32_t ticks_since(uint32_t start) {
    return ticks() - start;
}

void run_instructions(uint32_t number) {
    uint32_t count = number / 2;
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(count));
}

// Where exceptions lead; the lowest two bits of its address are a mode, and 0.
__attribute__((aligned(4))) static void trap(void) {
    fault();
}

// The first instructions of the memory, where the board starts.
__attribute__((section(".vectors"), used, naked)) void reset(void) {
    __asm__ volatile(".option push\n"
                     ".option norelax\n"
                     "la sp, stack_top\n"
                     "la t0, %0\n"
                     ".option arch, +zicsr\n"
                     "csrw mtvec, t0\n"
                     ".option pop\n"
                     "j %1"
                     :
                     : "i"(trap), "i"(start));
}
