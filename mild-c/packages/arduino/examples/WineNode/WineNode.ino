// A node in a wine tank: it answers itself, or says which expert to ask.
//
// `rejector.h` and `rejector.c` are what `mild export rejector.mild --format c --out rejector` writes. For
// your own rejector, replace both, and the readings. An image without `[raw]` takes `float`: mild_decide_f32.
#include <mild.h>

#include "rejector.h"

static mild_image image;
static uint32_t scratch[REJECTOR_SCRATCH_WORDS];

// What the three probes gave: gravity above water in 0.01 g/L, pH and alcohol in 0.01. Yours come from
// analogRead().
static const int16_t readings[][REJECTOR_INPUTS] = {
    {-220, 351, 940},
    {-150, 330, 1050},
    {50, 316, 980},
    {-400, 338, 1280},
};
static size_t reading = 0;

static void stopUnlessOk(mild_status status) {
  if (status == MILD_STATUS_OK) {
    return;
  }
  Serial.println(mild_status_string(status));
  for (;;) {
    delay(1000);
  }
}

void setup() {
  Serial.begin(115200);
  stopUnlessOk(mild_image_open(&image, rejector_image, sizeof rejector_image));
}

void loop() {
  if (reading == sizeof readings / sizeof readings[0]) {
    return;
  }
  mild_decision decision = {0, MILD_LOCAL};
  stopUnlessOk(mild_decide_i16(&image, readings[reading], REJECTOR_INPUTS, MILD_REACHABLE_ALL, scratch,
                               REJECTOR_SCRATCH_WORDS, &decision));
  const char *name = nullptr;
  size_t length = 0;
  stopUnlessOk(mild_image_expert_name(&image, decision.expert, &name, &length));
  // MILD_LOCAL (0) is the board itself: answer with its own model.
  Serial.print("ask ");
  Serial.write(name, length);
  Serial.print(", margin ");
  Serial.println(decision.margin);
  reading++;
  delay(1000);
}
