/* A Cortex-M board under an emulator or debugger: vector table, start-up, and semihosting (Arm IHI
 * 0085) for files and output. */
#include "platform.h"

/* From the linker script. */
extern uint32_t link_stack_top, link_data_load, link_data_start, link_data_end, link_bss_start,
    link_bss_end;

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ_BINARY = 1, OPEN_WRITE = 4, APPLICATION_EXIT = 0x20026 };

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_COUNT REGISTER(0xE000E018u)
#define COPROCESSORS REGISTER(0xE000ED88u)

static uintptr_t handle;

static uintptr_t semihost(uintptr_t operation, const void *arguments) {
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

const void *platform_image(size_t *size) {
    *size = SLOT_BYTES;
    return (const void *)(uintptr_t)SLOT_ADDRESS;
}

static uintptr_t length(const char *text) {
    uintptr_t bytes = 0;
    while (text[bytes] != '\0') {
        bytes++;
    }
    return bytes;
}

static uintptr_t open(const char *name, uintptr_t mode) {
    const uintptr_t arguments[3] = {(uintptr_t)name, mode, length(name)};
    return semihost(SYS_OPEN, arguments);
}

bool platform_open(const char *name) {
    handle = open(name, OPEN_READ_BINARY);
    return handle != UINTPTR_MAX;
}

size_t platform_read(void *into, size_t size) {
    const uintptr_t arguments[3] = {handle, (uintptr_t)into, size};
    const uintptr_t missing = semihost(SYS_READ, arguments);
    return missing <= size ? size - missing : 0;
}

void platform_print(const char *text) {
    static uintptr_t output;
    if (output == 0) {
        output = open(":tt", OPEN_WRITE); /* The host's standard output. */
    }
    const uintptr_t arguments[3] = {output, (uintptr_t)text, length(text)};
    (void)semihost(SYS_WRITE, arguments);
}

void platform_print_number(uint32_t number) {
    char digits[11];
    char *first = &digits[sizeof digits - 1];
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0u);
    platform_print(first);
}

uint32_t platform_ticks(void) {
    return (0x00FFFFFFu - SYSTICK_COUNT) & 0x00FFFFFFu;
}

void platform_run_instructions(uint32_t number) {
    uint32_t rounds = number / 2u;
    __asm__ volatile(".syntax unified\n1: subs %0, %0, #1\n bne 1b" : "+l"(rounds) : : "cc");
}

uint32_t platform_stack_of(void (*work)(void)) {
    enum { BELOW = 1024, MARGIN = 32 };
    const uint32_t paint = 0x5AC35AC3u;
    uint32_t *const here = __builtin_frame_address(0);
    /* This function's own frame stays as it is. */
    uint32_t *const top = here - MARGIN, *const bottom = here - BELOW;
    for (volatile uint32_t *word = bottom; word < top; word++) {
        *word = paint;
    }
    work();
    uint32_t *lowest = bottom;
    while (lowest < top && *(volatile uint32_t *)lowest == paint) {
        lowest++;
    }
    return (uint32_t)(here - lowest) * (uint32_t)sizeof *here;
}

void platform_exit(bool good) {
    const uintptr_t arguments[2] = {APPLICATION_EXIT, good ? 0u : 1u};
    for (;;) {
        (void)semihost(SYS_EXIT_EXTENDED, arguments);
    }
}

static void fault(void) {
    platform_print("the program took a fault\n");
    platform_exit(false);
}

static void reset(void) {
    const uint32_t *from = &link_data_load;
    for (uint32_t *to = &link_data_start; to < &link_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &link_bss_start; to < &link_bss_end; to++) {
        *to = 0;
    }
#ifdef __ARM_FP
    COPROCESSORS |= 0xFu << 20;
    __asm__ volatile("dsb\n isb" ::: "memory");
#endif
    SYSTICK_RELOAD = 0x00FFFFFFu;
    SYSTICK_COUNT = 0;
    SYSTICK_CONTROL = 5; /* Enabled, counting the processor's clock. */
    run();
    platform_exit(false); /* `run` ends the program itself. */
}

/* Sixteen entries; those of the system that can go wrong here lead to `fault`. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)&link_stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,           (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};
