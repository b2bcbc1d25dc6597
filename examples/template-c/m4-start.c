/* Start-up of an emulated Cortex-M4. A board's own comes with its vendor's files. */
#include <stdint.h>

extern void _start(void); /* newlib's: clears .bss and calls main. */

static void reset(void) {
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* The float unit on. */
    _start();
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[] = {
    0x20400000u, /* The end of RAM: the stack grows down from here. */
    (uintptr_t)reset,
};
