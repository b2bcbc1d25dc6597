// Console and exit through semihosting.

#ifndef START_H
#define START_H

#include <stdint.h>

void print(const char *text);
void print_number(uint32_t number);
// Ends the program: exit status 0 on the host if `success`, else 1.
_Noreturn void stop(int success);

#endif
