/* Between what all boards have in common (platform_board.c) and what a kind of core adds. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* From the linker script. */
extern uint32_t link_stack_top, link_data_load, link_data_start, link_data_end, link_bss_start,
    link_bss_end;

/* A semihosting operation; its result. A kind of core has it. */
uintptr_t board_semihost(uintptr_t operation, const void *arguments);

/* Sets up variables: nothing may use them before. */
void board_start(void);

/* Runs the program and ends it. */
void board_run(void);

/* Ends the program after a fault. */
void board_fault(void);

#endif
