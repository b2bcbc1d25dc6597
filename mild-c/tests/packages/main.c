/* What a start-up code does: calls the program. */
#include "platform.h"

int main(void);

void run(void) {
    platform_exit(main() == 0);
}
