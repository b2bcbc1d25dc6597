/* What ESP-IDF does: calls the program. */
#include "platform.h"

void app_main(void);

void run(void) {
    app_main();
    platform_exit(true);
}
