// A stand-in for what the sketch takes of an Arduino core. Nobody waits.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

class StandInSerial {
public:
  void begin(unsigned long) {}
  size_t print(const char *text);
  size_t println(const char *text);
  size_t println(long number);
  size_t write(const char *text, size_t length);
};

extern StandInSerial Serial;

inline void delay(unsigned long) {}

void setup();
void loop();

#endif
