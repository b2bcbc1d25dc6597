/* The host: files of the working directory, standard output. */
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *file;
static uint32_t image[64 * 1024];

const void *platform_image(size_t *size) {
    FILE *source = fopen("rejector.mild", "rb");
    *size = 0;
    if (source != NULL) {
        *size = fread(image, 1, sizeof image, source);
        (void)fclose(source);
    }
    return image;
}

bool platform_open(const char *name) {
    file = fopen(name, "rb");
    return file != NULL;
}

size_t platform_read(void *into, size_t size) {
    return fread(into, 1, size, file);
}

void platform_print(const char *text) {
    (void)fputs(text, stdout);
}

void platform_print_number(uint32_t number) {
    (void)printf("%lu", (unsigned long)number);
}

uint32_t platform_ticks(void) {
    return 0;
}

void platform_run_instructions(uint32_t number) {
    (void)number;
}

uint32_t platform_stack_of(void (*work)(void)) {
    work();
    return 0;
}

void platform_exit(bool good) {
    exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}

int main(void) {
    run();
    return EXIT_FAILURE; /* `run` ends the program itself. */
}
