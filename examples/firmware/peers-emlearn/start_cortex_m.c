// Start-up, semihosting and counter of a Cortex-M core.

#include "start.h"

extern uint32_t stack_top;

#define RELOAD 0xffffffu

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;

int host(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

uint32_t ticks(void) {
    return systick[2];
}

// SysTick runs down and has 24 bits.
uint32_t ticks_since(uint32_t start) {
    return (start - ticks()) & RELOAD;
}

void run_instructions(uint32_t number) {
    uint32_t count = number / 2;
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(count) : : "cc");
}

_Noreturn void reset(void) {
#ifdef __ARM_FP
    // Coprocessors 10 and 11, the FPU, for all.
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    // Enable, the processor's clock, no interrupt.
    systick[1] = RELOAD;
    systick[2] = 0;
    systick[0] = 5;
    start();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, fault,
    fault,      fault, fault, fault, fault, fault, fault, fault,
};
