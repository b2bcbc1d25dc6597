/* The output of a program on a board: `%d` of a number that is not negative, `%s` and `%.*s`. */
#include <stdarg.h>
#include <stdio.h>

#include "platform.h"

static int print_string(const char *text, size_t most) {
    char piece[2] = {0, 0};
    size_t printed = 0;
    while (printed < most && text[printed] != '\0') {
        piece[0] = text[printed++];
        platform_print(piece);
    }
    return (int)printed;
}

int printf(const char *format, ...) {
    va_list arguments;
    int printed = 0;
    va_start(arguments, format);
    while (*format != '\0') {
        size_t most = SIZE_MAX;
        if (*format != '%') {
            printed += print_string(format++, 1);
            continue;
        }
        format++;
        if (format[0] == '.' && format[1] == '*') {
            most = (size_t)va_arg(arguments, int);
            format += 2;
        }
        if (*format == 's') {
            printed += print_string(va_arg(arguments, const char *), most);
        } else if (*format == 'd') {
            platform_print_number((uint32_t)va_arg(arguments, int));
            printed++;
        } else {
            platform_print("printf: unknown format\n");
            platform_exit(false);
        }
        format++;
    }
    va_end(arguments);
    return printed;
}
