/* A node in C, as `examples/firmware/node` is one in Rust: it decides on each row of `rows.bin`, asks
 * experts over the serial port of an MPS2 board, and says how the resolution of each input ended,
 * `row NUMBER BY ANSWER HOW SENT MICROSECONDS`, then `governor DECISIONS DEFERRED WITHHELD` and `done`.
 *
 * The file has the number of rows and of features, how often the node was started, the milliseconds
 * between rows, and the budget in 2^-16 (65536 and more: no governor); then for each row its number,
 * what the node's own predictor says, and the features. The image is in the flash slot.
 * `cargo xtask path` runs it. */
#include "mild.h"
#include "platform.h"
#include "stop.h"

enum { MAX_INPUTS = 256, MAX_SCRATCH = 1024, NODE = 1, NO_BUDGET = 1 << 16 };

/* The serial port: a CMSDK UART. */
#define REGISTER(offset) (*(volatile uint32_t *)(uintptr_t)(0x40004000u + (offset)))
#define UART_DATA REGISTER(0u)
#define UART_STATE REGISTER(4u)
#define UART_CONTROL REGISTER(8u)
#define UART_DIVIDER REGISTER(16u)
enum { TX_FULL = 1, RX_FULL = 2, ENABLE_BOTH = 3, FASTEST = 16 };

/* The clock of the MPS2 boards. */
enum { TICKS_PER_US = 25, TICKS = 0x00FFFFFF };

static mild_image image;
static mild_client client;
static mild_retry_policy policy;
static mild_governor_settings settings;
static mild_governor governor;
static uint32_t scratch[MAX_SCRATCH];
static float features[MAX_INPUTS];

static uint32_t take(void) {
    uint32_t word = 0;
    if (platform_read(&word, sizeof word) != sizeof word) {
        stop("rows.bin ends early");
    }
    return word;
}

/* SysTick goes round in less than a second; who waits asks more often than half of that. */
static uint64_t now_us(void) {
    static uint64_t ticks;
    static uint32_t last;
    const uint32_t now = platform_ticks();
    const uint32_t passed = (now - last) & TICKS;
    /* Where it goes round the emulated timer may seem to run back, which is no round forward. */
    if (passed <= TICKS / 2) {
        ticks += passed;
        last = now;
    }
    return ticks / TICKS_PER_US;
}

static uint64_t clock_now(void *context) {
    (void)context;
    return now_us() / 1000u;
}

static size_t line_read(void *context, uint8_t *into, size_t size) {
    size_t arrived = 0;
    (void)context;
    while (arrived < size && (UART_STATE & RX_FULL) != 0) {
        into[arrived++] = (uint8_t)UART_DATA;
    }
    return arrived;
}

static bool line_write(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    for (size_t i = 0; i < size; i++) {
        while ((UART_STATE & TX_FULL) != 0) {
        }
        UART_DATA = bytes[i];
    }
    return true;
}

static void print_next(uint32_t number) {
    platform_print(" ");
    platform_print_number(number);
}

static const char *how(int32_t failure) {
    switch (failure) {
    case MILD_CLIENT_FAILURE_NONE:
        return " chosen";
    case MILD_CLIENT_FAILURE_TIMED_OUT:
        return " timed-out";
    case MILD_CLIENT_FAILURE_REFUSED:
        return " status";
    default:
        return " line";
    }
}

static void resolve_row(size_t inputs, size_t words, bool governed) {
    mild_scores scores;
    mild_governor_input input;
    mild_outcome outcome;
    const uint32_t row = take(), local = take();
    const uint8_t number[4] = {(uint8_t)row, (uint8_t)(row >> 8), (uint8_t)(row >> 16),
                               (uint8_t)(row >> 24)};
    const mild_client_input asked = {
        {MILD_ANSWER_KIND_LABEL, local, 0.0f}, MILD_PAYLOAD_KIND_BYTES, number, sizeof number};
    if (platform_read(features, inputs * sizeof *features) != inputs * sizeof *features) {
        stop("rows.bin ends early");
    }
    must(mild_scores_f32(&image, features, inputs, scratch, words, &scores));
    const uint64_t begun = now_us();
    if (governed) {
        must(mild_governor_begin(&governor, &scores, &input));
        must(mild_client_resolve_governed(&client, &asked, &input, &outcome));
    } else {
        must(mild_client_resolve(&client, &asked, &scores, &outcome));
    }
    const uint32_t took = (uint32_t)(now_us() - begun);
    platform_print("row");
    print_next(row);
    print_next(outcome.by);
    print_next(outcome.answer.kind == MILD_ANSWER_KIND_LABEL ? outcome.answer.label : UINT32_MAX);
    platform_print(how(outcome.failure));
    print_next(outcome.sent);
    print_next(took);
    platform_print("\n");
}

void run(void) {
    const mild_port port = {NULL, line_read, line_write, clock_now, NULL};
    /* Impatient, so that a run with outages does not take long; without any, a busy machine is
     * given time. */
    const mild_retries impatient = {600, 250, 10, 300, 1200, 2, 2};
    const mild_retries patient = {8000, 4000, 10, 300, 1200, 2, 2};
    mild_governor_counters counters;
    size_t slot = 0;
    const void *bytes = platform_image(&slot);
    UART_DIVIDER = FASTEST;
    UART_CONTROL = ENABLE_BOTH;
    must(mild_image_open_slot(&image, bytes, slot, NULL));
    const size_t inputs = mild_image_inputs(&image), words = mild_image_scratch_words(&image);
    if (inputs > MAX_INPUTS || words > MAX_SCRATCH) {
        stop("the image is too large for this program");
    }
    if (!platform_open("rows.bin")) {
        stop("cannot open rows.bin");
    }
    const uint32_t rows = take(), width = take();
    if (width != inputs) {
        stop("rows.bin has another number of features than the image takes");
    }
    /* The host counts the starts, as a board's flash would. */
    const uint32_t starts = take(), pause = take(), budget = take();
    must(mild_retry_policy_init(&policy, budget < NO_BUDGET ? &impatient : &patient));
    must(mild_client_init(&client, &policy, &port, NODE, NULL, 0, (uint64_t)starts << 32));
    must(mild_governor_settings_init(&settings, -20000, 20000, 400,
                                     budget < NO_BUDGET ? budget : NO_BUDGET, 0, false));
    must(mild_governor_init(&governor, &settings));
    for (uint32_t row = 0; row < rows; row++) {
        const uint64_t next = now_us() + pause * 1000u;
        while (now_us() < next) {
        }
        resolve_row(inputs, words, budget < NO_BUDGET);
    }
    must(mild_governor_get_counters(&governor, &counters));
    platform_print("governor");
    print_next(counters.decisions);
    print_next(counters.deferred);
    print_next(counters.withheld);
    platform_print("\ndone");
    print_next(rows);
    platform_print("\n");
    platform_exit(true);
}
