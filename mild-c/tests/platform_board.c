/* What boards have in common: the image's slot, and semihosting (Arm IHI 0085, which RISC-V takes over)
 * for files and output. */
#include "board.h"
#include "platform.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ_BINARY = 1, OPEN_WRITE = 4, APPLICATION_EXIT = 0x20026 };

static uintptr_t handle;

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
    return board_semihost(SYS_OPEN, arguments);
}

bool platform_open(const char *name) {
    handle = open(name, OPEN_READ_BINARY);
    return handle != UINTPTR_MAX;
}

size_t platform_read(void *into, size_t size) {
    const uintptr_t arguments[3] = {handle, (uintptr_t)into, size};
    const uintptr_t missing = board_semihost(SYS_READ, arguments);
    return missing <= size ? size - missing : 0;
}

void platform_print(const char *text) {
    static uintptr_t output;
    if (output == 0) {
        output = open(":tt", OPEN_WRITE); /* The host's standard output. */
    }
    const uintptr_t arguments[3] = {output, (uintptr_t)text, length(text)};
    (void)board_semihost(SYS_WRITE, arguments);
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
        (void)board_semihost(SYS_EXIT_EXTENDED, arguments);
    }
}

void board_start(void) {
    const uint32_t *from = &link_data_load;
    for (uint32_t *to = &link_data_start; to < &link_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &link_bss_start; to < &link_bss_end; to++) {
        *to = 0;
    }
}

void board_run(void) {
    run();
    platform_exit(false); /* `run` ends the program itself. */
}

void board_fault(void) {
    platform_print("the program took a fault\n");
    platform_exit(false);
}
