// What an Arduino core does: `setup` once, `loop` again and again; here until long after the last reading.
#include <Arduino.h>
#include <stdio.h>

extern "C" {
#include "platform.h"
}

StandInSerial Serial;

size_t StandInSerial::print(const char *text) {
  return static_cast<size_t>(printf("%s", text));
}

size_t StandInSerial::println(const char *text) {
  return static_cast<size_t>(printf("%s\n", text));
}

size_t StandInSerial::println(long number) {
  return static_cast<size_t>(printf("%d\n", static_cast<int>(number)));
}

size_t StandInSerial::write(const char *text, size_t length) {
  return static_cast<size_t>(printf("%.*s", static_cast<int>(length), text));
}

extern "C" void run(void) {
  setup();
  for (int i = 0; i < 16; i++) {
    loop();
  }
  platform_exit(true);
}
