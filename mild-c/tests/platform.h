/* What a test program needs of the machine it runs on: a board (platform_board.c) or this host
 * (platform_host.c). */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The flash slot or file with the image; its size. Starts at a multiple of four. */
const void *platform_image(size_t *size);

/* Opens a file for reading. One file at a time. */
bool platform_open(const char *name);

/* Reads up to `size` bytes; fewer only at the end of the file. */
size_t platform_read(void *into, size_t size);

/* Prints a string, or a number. */
void platform_print(const char *text);
void platform_print_number(uint32_t number);

/* Ticks of the processor's clock, modulo 2^24; stands still where there is none. */
uint32_t platform_ticks(void);

/* Runs this even number of instructions, to learn what a tick is. */
void platform_run_instructions(uint32_t number);

/* The bytes of stack that `work` takes, its own frame included; 0 where they are not counted. */
uint32_t platform_stack_of(void (*work)(void));

/* Ends the program: exit status 0 or 1. */
void platform_exit(bool good);

/* The program. */
void run(void);

#endif
