/* A stand-in for the C library's output on a board: `%d`, `%s` and `%.*s` alone. */
#ifndef STDIO_H
#define STDIO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int printf(const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
