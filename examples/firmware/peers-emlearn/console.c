// Console and exit of the program, and its variables: what the crate `board` is for Rust.

#include "start.h"
#include <stdint.h>

extern uint32_t data_start, data_end, data_load, bss_start, bss_end;
int main(void);

// Semihosting operations.
enum { OPEN = 0x01, WRITE = 0x05, EXIT = 0x18 };
// A mode of OPEN: writing text.
enum { TEXT_OUT = 4 };
// Reasons to exit: all is well, and anything else.
enum { APPLICATION_EXIT = 0x20026, RUN_TIME_ERROR = 0x20023 };

void print(const char *text) {
    static int console;
    // Handles are positive.
    if (console == 0) {
        const uintptr_t open[] = { (uintptr_t)":tt", TEXT_OUT, 3 };
        console = host(OPEN, open);
    }
    uintptr_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    const uintptr_t write[] = { (uintptr_t)console, (uintptr_t)text, length };
    host(WRITE, write);
}

void print_number(uint32_t number) {
    char text[12];
    char *at = text + sizeof text - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print(at);
}

_Noreturn void stop(int success) {
    host(EXIT, (const void *)(uintptr_t)(success ? APPLICATION_EXIT : RUN_TIME_ERROR));
    for (;;) {
    }
}

_Noreturn void fault(void) {
    print("fault\n");
    stop(0);
}

_Noreturn void start(void) {
    for (uint32_t *to = &data_start, *from = &data_load; to < &data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &bss_start; to < &bss_end;) {
        *to++ = 0;
    }
    stop(main());
}
