/* A Cortex-M core under an emulator or debugger: vector table, start-up, SysTick. */
#include "board.h"
#include "platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_COUNT REGISTER(0xE000E018u)
#define COPROCESSORS REGISTER(0xE000ED88u)

uintptr_t board_semihost(uintptr_t operation, const void *arguments) {
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

uint32_t platform_ticks(void) {
    return (0x00FFFFFFu - SYSTICK_COUNT) & 0x00FFFFFFu;
}

void platform_run_instructions(uint32_t number) {
    uint32_t rounds = number / 2u;
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(rounds) : : "cc");
}

static void reset(void) {
    board_start();
#ifdef __ARM_FP
    COPROCESSORS |= 0xFu << 20;
    __asm__ volatile("dsb\n isb" ::: "memory");
#endif
    SYSTICK_RELOAD = 0x00FFFFFFu;
    SYSTICK_COUNT = 0;
    SYSTICK_CONTROL = 5; /* Enabled, counting the processor's clock. */
    board_run();
}

/* Sixteen entries; those of the system that can go wrong here lead to `board_fault`. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)&link_stack_top, (uintptr_t)reset, (uintptr_t)board_fault, (uintptr_t)board_fault,
    (uintptr_t)board_fault,           (uintptr_t)board_fault, (uintptr_t)board_fault, (uintptr_t)board_fault,
};
